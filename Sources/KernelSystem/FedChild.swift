import CLinux

/// A program that reads what we give it, and writes where we do.
public enum FedChild {
  /// Runs `arguments` (looked for in PATH) to its end with `input` as its standard input.
  ///
  /// - Returns: its exit status; 128 and more by a signal.
  /// - Throws: `ENOENT` when there is no such program.
  public static func run(_ arguments: [String], input: Span<UInt8>) throws(SystemError) -> Int32 {
    precondition(!arguments.isEmpty, "a command has a name")
    let file = try self.file(holding: input)
    var strings = unsafe arguments.map { unsafe strdup($0) }
    unsafe strings.append(nil)
    defer { unsafe strings.forEach { unsafe free($0) } }
    var pid: pid_t = 0
    // SAFETY: terminated strings in a terminated list, which outlive the call; the child has copies.
    let error = file.borrow { unsafe clinux_spawn_reading(&pid, strings, $0) }
    if error != 0 { throw SystemError("posix_spawnp", on: arguments[0], Errno(rawValue: error)) }
    var status: Int32 = 0
    do throws(Errno) { _ = try retryingOnInterrupt { unsafe waitpid(pid, &status, 0) } } catch {
      throw SystemError("waitpid", on: arguments[0], error)
    }
    return status & 0x7f == 0 ? status >> 8 & 0xff : 128 + status & 0x7f
  }

  /// A file without a name, to be read from its beginning.
  private static func file(holding bytes: Span<UInt8>) throws(SystemError) -> OwnedDescriptor {
    let number = unsafe clinux_memfd("sockeye")
    guard number >= 0 else { throw SystemError("memfd_create", on: "input", .current) }
    let file = OwnedDescriptor(owning: number)
    do throws(Errno) {
      try StandardStream.write(bytes, to: number)
    } catch { throw SystemError("write", on: "input", error) }
    guard lseek(number, 0, SEEK_SET) == 0 else { throw SystemError("lseek", on: "input", .current) }
    return file
  }
}

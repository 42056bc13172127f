import CLinux
import KernelSystem

/// The kernel's tracing directory (Documentation/trace/ftrace.rst), where it is mounted, else on a mount of our own that
/// stands nowhere and goes with this value.
public struct TraceDirectory: ~Copyable {
  private static let places = ["/sys/kernel/tracing", "/sys/kernel/debug/tracing"]

  /// Without a slash at its end.
  public let path: String
  private let mount: OwnedDescriptor?

  /// Needs root where nothing is mounted (CAP_SYS_ADMIN; fsmount(2), since 5.2).
  public init() throws(SystemError) {
    for place in Self.places where FileStatus(of: place + "/trace_clock", in: AT_FDCWD) != nil {
      path = place
      mount = nil
      return
    }
    let mount = try Self.privateMount()
    path = mount.borrow { "/proc/self/fd/\($0)" }
    self.mount = consume mount
  }

  private static func privateMount() throws(SystemError) -> OwnedDescriptor {
    func call(_ name: StaticCallName, _ body: () -> Int32) throws(SystemError) -> Int32 {
      do throws(Errno) { return try retryingOnInterrupt(body) } catch {
        throw SystemError(name, on: "tracefs", error)
      }
    }
    // SAFETY: the name outlives the call.
    let context = OwnedDescriptor(owning: try call("fsopen") { unsafe clinux_fsopen("tracefs") })
    return try context.borrow { (number) throws(SystemError) in
      _ = try call("fsconfig") { clinux_fsconfig_create(number) }
      return OwnedDescriptor(owning: try call("fsmount") { clinux_fsmount(number) })
    }
  }

  /// The text of a file, without the newline at its end.
  public borrowing func text(_ name: String) throws(SystemError) -> String {
    let bytes = try TextFile.read("\(path)/\(name)", atMost: 1 << 24)
    return String(decoding: bytes.last == UInt8(ascii: "\n") ? bytes.dropLast() : bytes[...], as: UTF8.self)
  }

  /// The first bytes of a file, at most 4096.
  borrowing func head(_ name: String) throws(SystemError) -> String {
    let path = "\(path)/\(name)"
    let file = try OwnedDescriptor.open(path)
    var bytes = [UInt8](repeating: 0, count: 4096)
    do throws(Errno) { return String(decoding: bytes[..<(try file.read(into: &bytes))], as: UTF8.self) } catch
    {
      throw SystemError("read", on: path, error)
    }
  }

  /// Writes to a file, instead of what it says, or besides. An empty text empties a list.
  public borrowing func write(_ text: String, to name: String, appends: Bool = false) throws(SystemError) {
    let path = "\(path)/\(name)"
    let file = try OwnedDescriptor.open(path, flags: O_WRONLY | (appends ? O_APPEND : O_TRUNC))
    do throws(Errno) {
      try file.borrow { (number) throws(Errno) in
        try StandardStream.write(Array(text.utf8).span, to: number)
      }
    } catch { throw SystemError("write", on: path, error) }
  }
}

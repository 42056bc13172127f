import CLinux

/// A directory whose files only the effective user, or root, can have written.
///
/// Ownership and mode are asked of the open descriptor (fstat(2)), so no rename between check and use can mislead.
/// The write bit of the group also stands for what an access control list grants (acl(5)).
public struct PrivateDirectory: ~Copyable {
  private let descriptor: OwnedDescriptor
  private let path: String

  /// Opens `path`, whose last component must not be a symbolic link; with `creating`, makes it with mode 0700 first.
  ///
  /// The parent must exist and is trusted: it decides who may make the directory.
  public init(at path: String, creating: Bool = false) throws(PrivateFileError) {
    if creating { do throws(SystemError) { try Self.make(at: path) } catch { throw .system(error) } }
    let directory = try Self.opened(path)
    _ = try Self.checked(directory, path)
    descriptor = directory
    self.path = path
  }

  /// Makes `path` with mode 0700, unless something of that name is there. The parent must exist.
  public static func make(at path: String) throws(SystemError) {
    // SAFETY: the name is a string that outlives the call.
    if unsafe mkdir(path, 0o700) == 0 { return }
    let errno = Errno.current
    if errno.rawValue != EEXIST { throw SystemError("mkdir", on: path, errno) }
  }

  private static func opened(_ path: String) throws(PrivateFileError) -> OwnedDescriptor {
    do throws(SystemError) {
      return try OwnedDescriptor.open(path, flags: O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
    } catch { throw .system(error) }
  }

  /// The bytes of the regular file `name`, `limit` at most; throws for a longer one, a link, a pipe, a foreign owner.
  public borrowing func contents(of name: String, limit: Int) throws(PrivateFileError) -> [UInt8] {
    let file: OwnedDescriptor
    do throws(SystemError) {
      // O_NONBLOCK: a pipe put there must not hold us up.
      file = try OwnedDescriptor.open(name, flags: O_RDONLY | O_NOFOLLOW | O_NONBLOCK, in: descriptor)
    } catch { throw .system(error) }
    let subject = "\(path)/\(name)"
    let status = try Self.checked(file, subject)
    guard status.st_mode & UInt32(S_IFMT) == UInt32(S_IFREG) else { throw .notRegular(path: subject) }
    guard status.st_size <= limit else { throw .tooLong(path: subject) }
    var bytes = [UInt8](repeating: 0, count: Int(status.st_size))
    do throws(Errno) {
      let count = try file.read(into: &bytes)
      // Nobody shortens a file that is replaced by rename; if one did, the reader of the bytes finds out.
      bytes.removeLast(bytes.count - count)
    } catch { throw .system(SystemError("read", on: subject, error)) }
    return bytes
  }

  /// Replaces the file `name` in one step (rename(2)): a reader sees the old bytes or the new ones, never a part.
  ///
  /// Mode 0600. Not synced to disk.
  public borrowing func replace(_ name: String, with bytes: [UInt8]) throws(PrivateFileError) {
    let temporary = ".\(name).\(String(UInt64.random(in: .min ... .max), radix: 36))"
    do throws(SystemError) {
      try descriptor.borrow { (directory) throws(SystemError) in
        let number = unsafe clinux_create_at(directory, temporary, O_WRONLY | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard number >= 0 else { throw SystemError("openat", on: "\(path)/\(temporary)", .current) }
        let file = OwnedDescriptor(owning: number)
        do throws(SystemError) {
          try write(bytes, to: file, temporary)
          guard unsafe renameat(directory, temporary, directory, name) == 0 else {
            throw SystemError("renameat", on: "\(path)/\(name)", .current)
          }
        } catch {
          _ = unsafe unlinkat(directory, temporary, 0)
          throw error
        }
      }
    } catch { throw .system(error) }
  }

  private borrowing func write(
    _ bytes: [UInt8], to file: borrowing OwnedDescriptor, _ name: String
  ) throws(SystemError) {
    do throws(Errno) {
      let count = try file.borrow { (number) throws(Errno) in
        try retryingOnInterrupt {
          // SAFETY: the buffer is valid for the call, and the kernel is told its length.
          unsafe bytes.withUnsafeBytes { unsafe CLinux.write(number, $0.baseAddress, $0.count) }
        }
      }
      // A regular file takes all of a small write, or as much as there is room for.
      guard count == bytes.count else { throw Errno(rawValue: ENOSPC) }
    } catch { throw SystemError("write", on: "\(path)/\(name)", error) }
  }

  private static func checked(_ file: borrowing OwnedDescriptor, _ path: String) throws(PrivateFileError)
    -> stat
  {
    try file.borrow { (number) throws(PrivateFileError) in
      var status = stat()
      // SAFETY: fstat(2) fills the structure.
      guard unsafe fstat(number, &status) == 0 else {
        throw .system(SystemError("fstat", on: path, .current))
      }
      guard status.st_uid == geteuid() else { throw .foreignOwner(path: path, userID: status.st_uid) }
      guard status.st_mode & 0o022 == 0 else { throw .writableByOthers(path: path) }
      return status
    }
  }
}

/// Why a file of a `PrivateDirectory` cannot be read, trusted or written.
public enum PrivateFileError: Error, Hashable, Sendable, CustomStringConvertible {
  case system(SystemError)
  case foreignOwner(path: String, userID: UInt32)
  case writableByOthers(path: String)
  case notRegular(path: String)
  case tooLong(path: String)

  public var description: String {
    switch self {
    case .system(let error): "\(error)"
    case .foreignOwner(let path, let userID): "\(path) belongs to uid \(userID)"
    case .writableByOthers(let path): "\(path) is writable by its group or by others"
    case .notRegular(let path): "\(path) is not a regular file"
    case .tooLong(let path): "\(path) is too long"
    }
  }

  /// There is no such file: it was never written.
  public var meansAbsent: Bool {
    if case .system(let error) = self { error.errno == .noSuchFile } else { false }
  }
}

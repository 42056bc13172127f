import CLinux

/// An error number of the kernel (`errno(3)`), kept apart from other integers.
public struct Errno: Error, Hashable, Sendable, RawRepresentable, CustomStringConvertible {
  public let rawValue: Int32
  public init(rawValue: Int32) { self.rawValue = rawValue }

  /// The calling thread's `errno`: read it on the line after the call.
  public static var current: Errno { unsafe Errno(rawValue: __errno_location().pointee) }

  public static let notPermitted = Errno(rawValue: EPERM)
  public static let noSuchFile = Errno(rawValue: ENOENT)
  public static let noSuchProcess = Errno(rawValue: ESRCH)
  public static let interrupted = Errno(rawValue: EINTR)
  public static let badDescriptor = Errno(rawValue: EBADF)
  public static let tryAgain = Errno(rawValue: EAGAIN)
  public static let accessDenied = Errno(rawValue: EACCES)
  public static let badAddress = Errno(rawValue: EFAULT)
  public static let invalidArgument = Errno(rawValue: EINVAL)
  public static let notSupported = Errno(rawValue: EOPNOTSUPP)
  public static let tooLarge = Errno(rawValue: EFBIG)
  public static let brokenPipe = Errno(rawValue: EPIPE)
  public static let connectionRefused = Errno(rawValue: ECONNREFUSED)
  public static let noBufferSpace = Errno(rawValue: ENOBUFS)

  /// The process or the thing asked for no longer exists: an expected race, not a failure.
  public var meansGone: Bool { self == .noSuchProcess || self == .noSuchFile }
  /// This kernel has no such family, type or protocol.
  public var meansUnsupported: Bool {
    rawValue == EAFNOSUPPORT || rawValue == EPROTONOSUPPORT || rawValue == ESOCKTNOSUPPORT
  }
  /// The kernel refused for want of privilege.
  public var meansDenied: Bool { self == .notPermitted || self == .accessDenied }

  /// The symbolic name where one is known, else the number: `ECONNREFUSED`.
  public var name: String {
    guard let text = unsafe clinux_errno_name(rawValue) else { return "errno \(rawValue)" }
    return unsafe String(cString: text)
  }

  /// The text of `strerror(3)`.
  public var description: String {
    guard let text = unsafe clinux_errno_text(rawValue) else { return "error \(rawValue)" }
    return unsafe String(cString: text)
  }
}

/// A system call that failed: which call, on what, and why.
public struct SystemError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The C name of the call: `openat`.
  public let call: StaticCallName
  /// What it was done to: a path, `netns 4026531840`.
  public let subject: String
  public let errno: Errno

  public init(_ call: StaticCallName, on subject: String, _ errno: Errno) {
    // These two are our bugs, never the host's state.
    precondition(errno != .badDescriptor && errno != .badAddress, "\(call.text) on \(subject): \(errno)")
    self.call = call
    self.subject = subject
    self.errno = errno
  }

  public var description: String { "\(call.text) \(subject): \(errno) (\(errno.name))" }
}

/// The name of a C function, known when the program is compiled.
public struct StaticCallName: Hashable, Sendable, ExpressibleByStringLiteral {
  public let text: String
  public init(stringLiteral text: String) { self.text = text }
}

/// Calls `body` until it ends with something other than EINTR; -1 becomes the error.
@inlinable
public func retryingOnInterrupt<Result: SignedInteger>(_ body: () -> Result) throws(Errno) -> Result {
  while true {
    let result = body()
    if result != -1 { return result }
    let errno = Errno.current
    if errno != .interrupted { throw errno }
  }
}

import CLinux
import KernelSystem

/// What came of asking `/proc`: races and refusals are answers, not failures.
public enum ProcAnswer<Value: ~Copyable>: ~Copyable {
  case value(Value)
  /// The process does not exist any more (ESRCH, or ENOENT with its directory dead).
  case gone
  /// The kernel refused for want of privilege (EACCES, EPERM).
  case denied
  /// The process or host is there, and has no such thing: `exe` of a kernel thread, a table of a module
  /// that is not loaded.
  case absent
  /// Anything else; `EBADMSG` is text that we could not read.
  case failed(Errno)
}

extension ProcAnswer: Copyable where Value: Copyable {}
extension ProcAnswer: Sendable where Value: Sendable & ~Copyable {}
extension ProcAnswer: Equatable where Value: Equatable {}

extension ProcAnswer where Value: Copyable {
  /// The value, where there is one.
  public var value: Value? {
    if case .value(let value) = self { value } else { nil }
  }

  /// The same outcome with another value; nil from `transform` becomes `.failed(EBADMSG)`.
  func parsed<Result>(_ transform: (Value) -> Result?) -> ProcAnswer<Result> {
    switch self {
    case .value(let value): transform(value).map { .value($0) } ?? .failed(Errno(rawValue: EBADMSG))
    case .gone: .gone
    case .denied: .denied
    case .absent: .absent
    case .failed(let errno): .failed(errno)
    }
  }
}

extension ProcAnswer where Value: ~Copyable {
  /// Gives the value to the caller, where there is one.
  public consuming func take() -> Value? {
    switch consume self {
    case .value(let value): return value
    default: return nil
    }
  }

  /// The answer that `errno` amounts to; `absent` is what ENOENT means here.
  init(_ errno: Errno, noSuchFile absent: consuming ProcAnswer<Value>) {
    // These two are our bugs, never the host's state.
    precondition(errno != .badDescriptor && errno != .badAddress, "/proc: \(errno)")
    if errno == .noSuchFile {
      self = absent
    } else if errno == .noSuchProcess {
      self = .gone
    } else if errno.meansDenied {
      self = .denied
    } else {
      self = .failed(errno)
    }
  }
}

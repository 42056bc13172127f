import Model

/// What is to be traced.
public struct CreationRequest: Sendable {
  public enum Subject: Sendable, Equatable {
    case command([String])
    case process(Int32)
    case wholeHost
  }
  public var subject: Subject
  /// Watch the places on the way to `main` too (uprobes in the loader and the libc, seen by the whole host).
  public var watchesPlaces = true
  /// What happens in the kernel inside each call, too: the calls take several times as long.
  public var isDetailed = false
  /// For that, function_graph where it can be had: it slows the kernel of the whole host while the trace runs.
  public var usesFunctionGraph = true
  /// nil for the best that this host allows: probes, else perf, else ptrace.
  public var way: CreationReport.Way?
  /// ns, from when everything has begun; nil until the end.
  public var duration: UInt64?

  public init(_ subject: Subject) { self.subject = subject }
}

/// A step that failed, with a message that is complete in itself.
public struct CreationError: Error, CustomStringConvertible {
  public let description: String
  init(_ description: String) { self.description = description }
}

import CLinux
import KernelSystem

/// Why the function_graph tracer cannot be had.
public struct FunctionGraphRefusal: Error, CustomStringConvertible, Sendable {
  public let description: String
}

/// The kernel's function_graph tracer (Documentation/trace/ftrace.rst), running; what was set before comes back when this
/// value goes.
///
/// There is one for the whole host: it is left alone while anybody else uses it. While it runs, every function of the
/// kernel passes it, whomever the function serves.
public struct FunctionGraph: ~Copyable {
  /// Each CPU's buffer, in KiB. An entry has some 50 bytes.
  private static let bufferKibibytes = 16_384
  /// At most so much is read at once, so that the reader of a busy host comes back.
  private static let mostBytesAtOnce = 1 << 24
  /// Times, tasks and names, and nothing that interrupts.
  private static let options = [
    ("function-fork", "1"), ("funcgraph-abstime", "1"), ("funcgraph-proc", "1"), ("funcgraph-tail", "1"),
    ("funcgraph-duration", "1"), ("funcgraph-cpu", "0"), ("funcgraph-irqs", "0"), ("funcgraph-overhead", "0"),
    ("funcgraph-overrun", "0"), ("latency-format", "0"),
  ]

  /// Whom it follows, by thread.
  public enum Subject: Sendable {
    /// These, and what they make.
    case only([Int32])
    case everybodyBut([Int32])
  }

  /// Before the settings, so that it is closed before the tracer is changed back.
  private let pipe: OwnedDescriptor
  private let settings: TraceSettings
  private var chunk = [UInt8](repeating: 0, count: 1 << 16)
  /// A line that is not whole yet.
  private var rest: [UInt8] = []
  /// Entries that were overwritten before they were read.
  public private(set) var lost = 0

  /// Why it cannot be had now; nil if it can.
  public static func obstacle() -> String? {
    do throws(FunctionGraphRefusal) { _ = try unusedSettings() } catch { return "\(error)" }
    return nil
  }

  /// - Parameter roots: only what happens inside these functions; those that the kernel has not are left out.
  /// - Parameter excluded: patterns of functions that are left out, with all that they call.
  public static func start(
    roots: [String], excluded: [String], of subject: Subject
  ) throws(FunctionGraphRefusal) -> FunctionGraph {
    var settings = try unusedSettings()
    let followed: TraceSettings.Change =
      switch subject {
      case .only(let threads): .list("set_ftrace_pid", threads.map { "\($0)" })
      case .everybodyBut(let threads): .list("set_ftrace_notrace_pid", threads.map { "\($0)" })
      }
    do throws(SystemError) {
      try settings.apply(
        [.value("tracing_on", "0"), .value("trace_clock", "boot")]
          + options.map { .value("options/\($0)", $1) } + [
            .value("buffer_size_kb", "\(bufferKibibytes)"), .list("set_graph_function", roots),
            .list("set_graph_notrace", excluded), followed, .value("current_tracer", "function_graph"),
            .value("tracing_on", "1"),
          ])
      if try settings.directory.text("set_graph_function").hasPrefix("#") {
        throw SystemError("write", on: "set_graph_function", .noSuchFile)
      }
      // Not sooner: the tracer cannot be changed while its pipe is open.
      let pipe = try OwnedDescriptor.open(
        "\(settings.directory.path)/trace_pipe", flags: O_RDONLY | O_NONBLOCK)
      return FunctionGraph(pipe: pipe, settings: settings)
    } catch { throw FunctionGraphRefusal(description: "\(error)") }
  }

  private static func unusedSettings() throws(FunctionGraphRefusal) -> TraceSettings {
    var obstacle: String?
    do throws(SystemError) {
      let settings = try TraceSettings(try TraceDirectory())
      obstacle = try Self.obstacle(settings.directory)
      if obstacle == nil { return settings }
    } catch {
      obstacle = error.errno == .tryAgain ? "another sockeye uses the kernel's tracer" : "\(error)"
    }
    throw FunctionGraphRefusal(description: obstacle ?? "")
  }

  private init(pipe: consuming OwnedDescriptor, settings: consuming TraceSettings) {
    self.pipe = pipe
    self.settings = settings
  }

  private static func obstacle(_ directory: borrowing TraceDirectory) throws(SystemError) -> String? {
    if try !directory.text("available_tracers").split(separator: " ").contains("function_graph") {
      return "the kernel has no function_graph tracer"
    }
    let untouched = [
      ("current_tracer", "nop"), ("set_event", ""), ("set_graph_function", "#"), ("set_graph_notrace", "#"),
      ("set_ftrace_filter", "#"), ("set_ftrace_pid", "no pid"), ("set_ftrace_notrace_pid", "no pid"),
    ]
    for (file, start) in untouched {
      let text = try directory.text(file)
      if start.isEmpty ? !text.isEmpty : !text.hasPrefix(start) {
        return
          "the kernel's tracer is in use by somebody else (\(directory.path)/\(file) says \(text.prefix(40)))"
      }
    }
    // # entries-in-buffer/entries-written: 0/0   #P:2
    if try !directory.head("trace").contains("entries-written: 0/0 ") {
      return "\(directory.path)/trace holds somebody's trace, which would be lost"
    }
    return nil
  }

  /// Hands on what is there.
  public mutating func drain(_ body: (FunctionGraphLine) -> Void) {
    var read = 0
    while read < Self.mostBytesAtOnce {
      // EAGAIN: nothing more for now. Any other error ends the trace's text as well.
      guard let count = try? pipe.read(into: &chunk), count > 0 else { return }
      read += count
      rest += chunk[..<count]
      take(body)
    }
  }

  private mutating func take(_ body: (FunctionGraphLine) -> Void) {
    var start = 0
    while let end = rest[start...].firstIndex(of: UInt8(ascii: "\n")) {
      let line = rest[start..<end]
      start = end + 1
      if let call = FunctionGraphLine(line) {
        body(call)
      } else if let count = FunctionGraphLine.lostCount(line) {
        lost += count
      }
    }
    rest.removeFirst(start)
  }
}

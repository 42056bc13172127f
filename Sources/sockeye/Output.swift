import KernelSystem
import Model
import ViewTerminal
import ViewText

/// The reader of standard output has gone: `sockeye | head`.
struct OutputClosed: Error {}

/// Standard output or error, written in large pieces; remembers the first failure.
final class Output {
  private let descriptor: Int32
  private var failure: Errno?

  private init(_ descriptor: Int32) { self.descriptor = descriptor }
  static func standard() -> Output { Output(1) }
  static func error() -> Output { Output(2) }

  var isTerminal: Bool { Terminal.isTerminal(descriptor) }
  var width: Int? { Terminal.width(descriptor) }

  /// Where views write; after a failure it says that they should stop.
  func sink(_ chunk: Span<UInt8>) -> Bool {
    guard failure == nil else { return false }
    do throws(Errno) {
      try StandardStream.write(chunk, to: descriptor)
      return true
    } catch {
      failure = error
      return false
    }
  }

  func write(_ text: consuming TextBuffer) {
    _ = text.flush(to: sink)
  }

  func write(_ text: String) {
    var buffer = TextBuffer()
    buffer.append(Array(text.utf8))
    write(buffer)
  }

  /// Throws what writing ran into: `OutputClosed`, or a failure such as a full disk.
  func finish() throws {
    guard let failure else { return }
    if failure == .brokenPipe { throw OutputClosed() }
    throw Failure("cannot write the output: \(failure)")
  }
}

extension Output {
  /// What was not seen, on standard error: one line each.
  static func tell(_ gaps: [Gap], _ color: ColorChoice) {
    guard !gaps.isEmpty else { return }
    let output = Output.error()
    var text = TextBuffer()
    GapLines.append(gaps, isColored: color.isOn(for: output), to: &text)
    output.write(text)
  }
}

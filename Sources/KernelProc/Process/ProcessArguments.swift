/// The arguments in `/proc/PID/cmdline`: what the process has there now, not surely what it was started with.
public struct ProcessArguments: Hashable, Sendable {
  /// None for a kernel thread or a zombie. One, with blanks, if the process wrote a title over them.
  public var arguments: [[UInt8]]
  /// The process wrote a title over its arguments (setproctitle(3)), as far as can be told.
  public var isTitle: Bool
  /// Longer than the limit that we read: the last argument may be cut.
  public var isTruncated: Bool

  /// Every text is some command line.
  public init(parsing text: Span<UInt8>, isTruncated: Bool = false) {
    self.isTruncated = isTruncated
    arguments = []
    isTitle = false
    guard text.count > 0 else { return }
    let endsInNUL = text[text.count - 1] == 0
    let firstEnd = text.firstIndex(of: 0, from: 0) ?? text.count
    if Self.isTitle(text, firstEnd: firstEnd, endsInNUL: endsInNUL || isTruncated) {
      isTitle = true
      arguments = [text.copy(0..<firstEnd)]
      return
    }
    var start = 0
    while start < text.count {
      let end = text.firstIndex(of: 0, from: start) ?? text.count
      arguments.append(text.copy(start..<end))
      start = end + 1
    }
  }

  /// A title has no NUL at its end (`nginx: master process`), or it has a blank and only padding follows.
  private static func isTitle(_ text: Span<UInt8>, firstEnd: Int, endsInNUL: Bool) -> Bool {
    if !endsInNUL { return true }
    guard firstEnd + 1 < text.count, (text.firstIndex(of: 0x20, from: 0) ?? firstEnd) < firstEnd
    else { return false }
    for index in firstEnd..<text.count where text[index] != 0 { return false }
    return true
  }
}

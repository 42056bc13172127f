/// The users of one passwd(5) file, by number.
public struct UserTable: Sendable {
  private var names: [UInt32: [UInt8]] = [:]
  private var homes: [UInt32: [UInt8]] = [:]

  /// Lines that are no entries (comments, NIS `+` and `-`) are left out; the first of several with a number
  /// counts.
  public init(parsing text: Span<UInt8>) {
    let colon = UInt8(ascii: ":")
    var scanner = ByteScanner(bytes: text)
    while !scanner.isAtEnd {
      // root:x:0:0:root:/root:/bin/bash
      let start = scanner.position
      let end = scanner.lineEnd
      var ends: [Int] = []
      while ends.count < 6, let next = text.firstIndex(of: colon, from: scanner.position, to: end) {
        ends.append(next)
        scanner.position = next + 1
      }
      if ends.count >= 3, ends[0] > start, !"#+-".utf8.contains(text[start]) {
        scanner.position = ends[1] + 1
        if let id = scanner.decimal().flatMap({ UInt32(exactly: $0) }), scanner.position == ends[2],
          names[id] == nil
        {
          names[id] = text.copy(start..<ends[0])
          if ends.count == 6 { homes[id] = text.copy(ends[4] + 1..<ends[5]) }
        }
      }
      scanner.skipLine()
    }
  }

  public var count: Int { names.count }
  /// The login name of `id`; nil if this file has none.
  public func name(of id: UInt32) -> [UInt8]? { names[id] }
  /// The home directory of `id`.
  public func home(of id: UInt32) -> [UInt8]? { homes[id] }
}

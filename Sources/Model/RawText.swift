/// Bytes that somebody who is being watched may have chosen: a command name, a path, an argument.
///
/// Not known to be UTF-8, and never safe to print as it is: a view escapes it for its own format.
public struct RawText: Hashable, Sendable, ExpressibleByStringLiteral {
  public let bytes: [UInt8]
  @inlinable public init(_ bytes: [UInt8]) { self.bytes = bytes }
  @inlinable public init(_ string: String) { bytes = Array(string.utf8) }
  @inlinable public init(stringLiteral string: String) { self.init(string) }
  /// A unix socket's name as the kernel counts it: a path with its NUL, an abstract name with NUL in front and no end.
  public init(socketName bytes: [UInt8]) {
    let isPath = bytes.first != 0
    self.bytes = isPath ? Array(bytes.prefix { $0 != 0 }) : bytes
  }
  @inlinable public var isEmpty: Bool { bytes.isEmpty }

  /// Text for comparison and messages; invalid UTF-8 becomes U+FFFD. Not escaped.
  public var lossyString: String { String(decoding: bytes, as: UTF8.self) }

  /// The part after the last `/`.
  public var lastPathComponent: RawText {
    guard let slash = bytes.lastIndex(of: UInt8(ascii: "/")) else { return self }
    return RawText(Array(bytes[(slash + 1)...]))
  }
}

extension RawText {
  /// Eight bytes at a time: an array's own hash takes each by itself.
  public func hash(into hasher: inout Hasher) {
    var word: UInt64 = 0
    for index in bytes.indices {
      word = word << 8 | UInt64(bytes[index])
      if index & 7 == 7 {
        hasher.combine(word)
        word = 0
      }
    }
    hasher.combine(word)
    hasher.combine(bytes.count)
  }
}

extension RawText: Comparable {
  public static func < (left: RawText, right: RawText) -> Bool {
    left.bytes.lexicographicallyPrecedes(right.bytes)
  }
}

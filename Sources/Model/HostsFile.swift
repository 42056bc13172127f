/// The text of hosts(5): `127.0.0.1 localhost loopback  # by itself`.
public struct HostsFile: Sendable {
  private let text: [UInt8]

  public init(_ text: [UInt8]) { self.text = text }

  /// Every address that has this name, in the order of the lines; upper and lower case are one.
  public func addresses(of name: String) -> [IPAddress] {
    let name = name.lowercased()
    return text.split { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") }.compactMap { line in
      let words = line.prefix { $0 != UInt8(ascii: "#") }
        .split { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
      guard words.dropFirst().contains(where: { String(decoding: $0, as: UTF8.self).lowercased() == name })
      else { return nil }
      return IPAddress(utf8: words[0])
    }
  }
}

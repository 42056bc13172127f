extension SSFilterParser {
  private static let families: [(prefix: String, family: AddressFamily)] = [
    ("unix:", .unix), ("link:", .packet), ("netlink:", .netlink), ("vsock:", .vsock), ("inet:", .inet),
    ("inet6:", .inet6),
  ]

  /// The value of `src`, `dst`, or (`isPort`) of `sport` and `dport`.
  mutating func host(_ word: String, isPort: Bool) throws(SSNameFailure) -> SSHost {
    var text = Substring(word)
    var family = self.family
    if let (prefix, named) = Self.families.first(where: { word.hasPrefix($0.prefix) }) {
      text = text.dropFirst(prefix.count)
      family = named
    }
    var host = SSHost()
    host.family = family
    switch family {
    case .unix: host.name = RawText(String(text))
    case .packet: try packet(text, isPort, &host)
    case .netlink: try netlink(text, isPort, &host)
    case .vsock: try vsock(text, isPort, &host)
    default: try internet(text, isPort, &host)
    }
    if family != .unspecified {
      self.family = family
      narrowsFamily = true
    }
    return host
  }

  private static let failure = SSNameFailure([])

  /// `address:port`, or for a port all of it; a `:` in front is left out. nil where there is no port.
  private func split(
    _ text: Substring, _ isPort: Bool
  ) -> (address: Substring, port: Substring?) {
    if isPort { return ("", text.first == ":" ? text.dropFirst() : text) }
    guard let colon = text.firstIndex(of: ":") else { return (text, nil) }
    return (text[..<colon], text[text.index(after: colon)...])
  }

  private static func isAny(_ text: Substring) -> Bool { text.isEmpty || text == "*" }

  private func packet(_ text: Substring, _ isPort: Bool, _ host: inout SSHost) throws(SSNameFailure) {
    let (address, port) = split(text, isPort)
    if let port, !Self.isAny(port) {
      if let number = CNumber.integer(port) {
        host.port = number
      } else if let index = names.interface(String(port)) {
        host.port = Int32(truncatingIfNeeded: index)
      } else {
        throw Self.failure
      }
    }
    if !Self.isAny(address) {
      guard let number = names.ethernetProtocol(String(address)) else { throw Self.failure }
      host.number = UInt32(number)
    }
  }

  private func netlink(_ text: Substring, _ isPort: Bool, _ host: inout SSHost) throws(SSNameFailure) {
    let (address, port) = split(text, isPort)
    if let port, !Self.isAny(port) {
      guard let number = CNumber.integer(port) ?? (port == "kernel" ? 0 : nil) else { throw Self.failure }
      host.port = number
    }
    if !Self.isAny(address) {
      guard let number = names.netlinkProtocol(String(address)) else { throw Self.failure }
      host.number = number
    }
  }

  private func vsock(_ text: Substring, _ isPort: Bool, _ host: inout SSHost) throws(SSNameFailure) {
    let (address, port) = split(text, isPort)
    func number(_ text: Substring) throws(SSNameFailure) -> UInt32 {
      guard let number = CNumber.unsigned(text).flatMap({ UInt32(exactly: $0) }) else { throw Self.failure }
      return number
    }
    if let port, port != "*" { host.port = Int32(bitPattern: try number(port)) }
    if !Self.isAny(address) { host.number = try number(address) }
  }

  private func internet(_ text: Substring, _ isPort: Bool, _ host: inout SSHost) throws(SSNameFailure) {
    var address = text
    var port: Substring?
    if isPort {
      (address, port) = ("", text)
    } else if text.first == "[" {
      guard let end = text.firstIndex(of: "]") else { throw Self.failure }
      address = text[text.index(after: text.startIndex)..<end]
      port = text[text.index(after: end)...]
    } else if text.first == "*" {
      (address, port) = ("", text.dropFirst())
    } else if let colon = text[(text.firstIndex(of: "/") ?? text.startIndex)...].lastIndex(of: ":") {
      address = text[..<colon]
      port = text[colon...]
    }
    if var port, !port.isEmpty {
      if port.first == ":" { port = port.dropFirst() }
      if !port.isEmpty, port.first != "*" { host.port = try self.port(port) }
    }
    guard !address.isEmpty, address.first != "*" else { return }
    if let prefix = Self.prefix(address, host.family) {
      host.addresses = prefix.length == 0 && Self.isEvery(address) ? [] : [prefix]
      if host.family == .unspecified { host.family = prefix.address.version == .v4 ? .inet : .inet6 }
      // The family of the address binds this condition only.
      return
    }
    if Self.isEvery(address) { return }
    let found = names.host(String(address), host.family)
    guard !found.isEmpty else {
      throw SSNameFailure(["Error: an inet prefix is expected rather than \"\(address)\"."])
    }
    host.addresses = found.map { AddressPrefix($0) }
  }

  private static func isEvery(_ text: Substring) -> Bool {
    text == "default" || text == "all" || text == "any"
  }

  private func port(_ text: Substring) throws(SSNameFailure) -> Int32? {
    // -1 is any port there.
    if let number = CNumber.integer(text) { return number == -1 ? nil : number }
    let name = String(text)
    let found = transports.compactMap { names.service(name, $0) }
    guard let first = found.first else {
      throw SSNameFailure(["Error: \"\(name)\" does not look like a port."])
    }
    guard found.allSatisfy({ $0 == first }) else {
      throw SSNameFailure(["Error: ambiguous port \"\(name)\"."])
    }
    return Int32(first)
  }

  /// `10.1`, which is 10.1.0.0 with all 32 bits; `10.0.0.0/8`, `10.0.0.0/255.0.0.0`; an IPv6 address.
  private static func prefix(_ text: Substring, _ family: AddressFamily) -> AddressPrefix? {
    let slash = text.firstIndex(of: "/")
    let head = text[..<(slash ?? text.endIndex)]
    let address: IPAddress
    if head.contains(":") {
      guard family != .inet, let parsed = IPAddress.parse(utf8: Array(head.utf8)[...]), parsed.zone == nil,
        parsed.address.version == .v6
      else { return nil }
      address = parsed.address
    } else {
      guard family != .inet6, let parsed = v4(head) else { return nil }
      address = IPAddress(v4: parsed)
    }
    guard let slash else { return AddressPrefix(address) }
    let tail = text[text.index(after: slash)...]
    let length: UInt64
    if let number = CNumber.unsigned(tail) {
      length = number
    } else if let mask = v4(tail), (~mask &+ 1).nonzeroBitCount <= 1 || mask == 0 {
      length = UInt64(mask.nonzeroBitCount)
    } else {
      return nil
    }
    guard length <= UInt64(address.version.bitCount) else { return nil }
    return AddressPrefix(address, length: UInt8(length))
  }

  private static func v4(_ text: Substring) -> UInt32? {
    var address: UInt32 = 0
    var rest = text
    for index in 0..<4 {
      guard let (isNegative, value, after) = CNumber.prefix(rest), value <= 255, !isNegative || value == 0
      else {
        return nil
      }
      address |= UInt32(value) << UInt32(24 - 8 * index)
      if after.isEmpty { return address }
      guard after.first == ".", index < 3 else { return nil }
      rest = after.dropFirst()
    }
    return nil
  }
}

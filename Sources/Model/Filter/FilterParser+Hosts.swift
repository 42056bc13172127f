extension FilterParser {
  // MARK: Ports

  /// `= :22`, `>= 1024`, `!= :http`, `= 80,443`, `= 8000-8100`.
  mutating func ports(_ side: SocketSide, _ word: String) throws(FilterError) -> FilterExpression {
    let (comparison, range) = comparison()
    guard let (relation, isNegated) = Self.relation(comparison) else {
      throw FilterError(message: "'\(word)' is a number: globs compare text only", range: range)
    }
    let value = try value(word, "a port such as :22 or 22")
    var parts: [FilterExpression] = []
    for item in value.text.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false) {
      parts.append(try ports(side, relation, item, value.range))
    }
    if relation != .equal, parts.count > 1 { throw listNeedsEquality(range) }
    return isNegated ? .not(Self.any(parts)) : Self.any(parts)
  }

  private func ports(
    _ side: SocketSide, _ relation: FilterComparison, _ text: ArraySlice<UInt8>, _ range: Range<Int>
  ) throws(FilterError) -> FilterExpression {
    let bare = text.first == UInt8(ascii: ":") ? text.dropFirst() : text
    let bounds = bare.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
    guard bounds.count == 2, let low = Quantity.parseInteger(bounds[0]),
      let high = Quantity.parseInteger(
        bounds[1].first == UInt8(ascii: ":") ? bounds[1].dropFirst() : bounds[1])
    else { return .test(.port(side, relation, try port(bare, range))) }
    guard relation == .equal, low <= high, let first = UInt16(exactly: low), let last = UInt16(exactly: high)
    else {
      throw FilterError(
        message: "a range of ports goes up, ends by 65535, and compares with = and !=", range: range)
    }
    // One port of the socket has to lie inside, so a range on either side is a range on one of both.
    let sides: [SocketSide] = side == .either ? [.local, .peer] : [side]
    return Self.any(
      sides.map {
        .and([.test(.port($0, .greaterOrEqual, first)), .test(.port($0, .lessOrEqual, last))])
      })
  }

  private func port(_ text: ArraySlice<UInt8>, _ range: Range<Int>) throws(FilterError) -> UInt16 {
    if let number = Quantity.parseInteger(text) {
      guard let port = UInt16(exactly: number) else {
        throw FilterError(message: "port \(number) is too great: ports end at 65535", range: range)
      }
      return port
    }
    let isName = !text.isEmpty && text.allSatisfy { $0 > 32 && $0 < 127 && $0 != UInt8(ascii: ":") }
    guard isName, text.first.map({ $0 &- UInt8(ascii: "0") >= 10 }) == true || text.count > 5 else {
      throw FilterError(
        message: "expected a port such as :22, found \(DisplayText.quoted(text))", range: range)
    }
    guard let service = names.service else { throw noNames("service", "port number", range) }
    guard let port = service(String(decoding: text, as: UTF8.self)) else {
      throw FilterError(message: "there is no service \(DisplayText.quoted(text))", range: range)
    }
    return port
  }

  // MARK: Hosts

  /// `10.0.0.0/8`, `[::1]:443`, `fe80::1%eth0`, `*:80`, `:80`, `unix:/run/*`, `/run/*`, `@name`, `vsock:2:1024`.
  mutating func host(_ side: SocketSide, _ word: String) throws(FilterError) -> FilterExpression {
    let value = try value(word, "an address such as 10.0.0.0/8, [::1]:443, *:80 or unix:/run/*")
    let text = value.pattern
    if let first = text.first, first == UInt8(ascii: "/") || first == UInt8(ascii: "@") {
      return .test(.host(side, .unix(RawText(text))))
    }
    guard let colon = text.firstIndex(of: UInt8(ascii: ":")) else {
      return try internet(side, text[...], value.range)
    }
    let rest = text[(colon + 1)...]
    switch String(decoding: text[..<colon], as: UTF8.self) {
    case "unix": return .test(.host(side, .unix(RawText(Array(rest)))))
    case "vsock": return .test(.host(side, try vsock(rest, value.range)))
    case "inet": return .and([.test(.family(.inet)), try internet(side, rest, value.range)])
    case "inet6": return .and([.test(.family(.inet6)), try internet(side, rest, value.range)])
    case "netlink", "link":
      throw FilterError(
        message: "netlink and link addresses are not compared here; use 'family', 'dev' and 'pid'",
        range: value.range)
    default: return try internet(side, text[...], value.range)
    }
  }

  private func vsock(_ text: ArraySlice<UInt8>, _ range: Range<Int>) throws(FilterError) -> HostPattern {
    let parts = text.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
    var numbers: [UInt32?] = []
    for part in parts {
      let number = Quantity.parseInteger(part).flatMap { UInt32(exactly: $0) }
      guard number != nil || part.elementsEqual([UInt8(ascii: "*")]) else { break }
      numbers.append(number)
    }
    guard (1...2).contains(parts.count), numbers.count == parts.count else {
      throw FilterError(message: "expected vsock:CID:PORT, each a number or *", range: range)
    }
    return .vsock(contextID: numbers[0], port: numbers.count == 2 ? numbers[1] : nil)
  }

  private func internet(
    _ side: SocketSide, _ text: ArraySlice<UInt8>, _ range: Range<Int>
  ) throws(FilterError) -> FilterExpression {
    var (address, port) = splitPort(text)
    if address.first == UInt8(ascii: "[") {
      guard let end = address.firstIndex(of: UInt8(ascii: "]")) else {
        throw FilterError(message: "this '[' is never closed", range: range)
      }
      address = Array(address[(address.startIndex + 1)..<end] + address[(end + 1)...])[...]
    }
    let number: UInt16? =
      if let port, !port.isEmpty, !port.elementsEqual([UInt8(ascii: "*")]) { try self.port(port, range) } else
      { nil }
    if address.isEmpty ? port != nil : address.elementsEqual([UInt8(ascii: "*")]) {
      return .test(.host(side, .internet(nil, port: number)))
    }
    let (prefix, zone) = try prefix(address, range)
    let host = FilterExpression.test(.host(side, .internet(prefix, port: number)))
    guard let zone else { return host }
    let index = try interfaceIndex(String(decoding: zone, as: UTF8.self), range)
    return .and([host, .test(.interface(index))])
  }

  /// `10.0.0.1:80` → address and port. An IPv6 address without brackets has no port: `::1:22` is an address.
  private func splitPort(
    _ text: ArraySlice<UInt8>
  ) -> (address: ArraySlice<UInt8>, port: ArraySlice<UInt8>?) {
    let colon = UInt8(ascii: ":")
    guard let last = text.lastIndex(of: colon) else { return (text, nil) }
    if text.first == UInt8(ascii: "[") {
      guard let end = text.lastIndex(of: UInt8(ascii: "]")), last > end else { return (text, nil) }
      return (text[..<last], text[(last + 1)...])
    }
    let isV6 = text.firstIndex(of: colon) != last
    return isV6 ? (text, nil) : (text[..<last], text[(last + 1)...])
  }

  /// An address with an optional zone and length; IPv4 with a length may leave out trailing zeros, `10/8`.
  private func prefix(
    _ text: ArraySlice<UInt8>, _ range: Range<Int>
  ) throws(FilterError) -> (AddressPrefix, zone: ArraySlice<UInt8>?) {
    let slash = text.firstIndex(of: UInt8(ascii: "/"))
    var head = text[..<(slash ?? text.endIndex)]
    let dots = head.reduce(0) { $0 + ($1 == UInt8(ascii: ".") ? 1 : 0) }
    if slash != nil, dots < 3, !head.contains(UInt8(ascii: ":")) {
      head = Array(head + Array(String(repeating: ".0", count: 3 - dots).utf8))[...]
    }
    guard let (address, zone) = IPAddress.parse(utf8: head) else { throw notAnAddress(text, range) }
    guard let slash else { return (AddressPrefix(address), zone) }
    guard let length = Quantity.parseInteger(text[(slash + 1)...]), length <= UInt64(address.version.bitCount)
    else {
      throw FilterError(
        message: "the prefix length of an IPv\(address.version.rawValue) address is a number from 0 to "
          + "\(address.version.bitCount)", range: range)
    }
    return (AddressPrefix(address, length: UInt8(length)), zone)
  }

  private func notAnAddress(_ text: ArraySlice<UInt8>, _ range: Range<Int>) -> FilterError {
    let isName = text.contains {
      hexDigit($0) == nil && ($0 | 0x20) >= UInt8(ascii: "g") && ($0 | 0x20) <= 122
    }
    let advice = isName ? "; host names are not looked up" : ""
    return FilterError(
      message: "expected an address such as 10.0.0.0/8, [::1]:443 or unix:/run/*, found "
        + "\(DisplayText.quoted(text))\(advice)", range: range)
  }
}

import Model
import ViewText

/// The routing tables of netstat -r.
public struct NetstatRoutes {
  let options: NetstatOptions
  let names: NetstatNames

  public init(_ options: NetstatOptions, names: NetstatNames) {
    self.options = options
    self.names = names
  }

  /// `-N` alone turns names of hosts off too.
  private var isNumeric: Bool { options.numericHosts || options.symbolic }

  /// Which columns: `-r` has those of segment sizes, `-re` those of metrics, `-ree` both.
  private enum Columns { case sizes, metrics, both }
  private var columns: Columns {
    switch options.extended {
    case 0: .sizes
    case 1: .metrics
    default: .both
    }
  }

  public func appendIPv4(_ routes: [Route], to text: inout TextBuffer) {
    text.append("Kernel IP routing table\n")
    text.append("Destination     Gateway         Genmask         Flags ")
    switch columns {
    case .sizes: text.append("  MSS Window  irtt Iface\n")
    case .metrics: text.append("Metric Ref    Use Iface\n")
    case .both: text.append("Metric Ref    Use Iface    MSS   Window irtt\n")
    }
    for route in routes where route.flags.contains(.up) { append(route, to: &text) }
  }

  /// What is left of the routing cache, which Linux gave up in 3.6: its header.
  public func appendIPv4CacheHeader(to text: inout TextBuffer) {
    text.append("Kernel IP routing cache\n")
    text.append("Source          Destination     Gateway         Flags ")
    switch columns {
    case .sizes: text.append("  MSS Window  irtt Iface\n")
    case .metrics: text.append("Metric Ref    Use Iface\n")
    case .both:
      text.append("Metric Ref    Use Iface    MSS   Window irtt  TOS HHRef HHUptod     SpecDst\n")
    }
  }

  private func append(_ route: Route, to text: inout TextBuffer) {
    let isRejected = route.flags.contains(.reject)
    column(15, &text) { appendDestination(of: route, to: &$0) }
    column(15, &text) { text in
      if isRejected { text.append("-") } else { appendGateway(of: route, to: &text) }
    }
    column(15, &text) { $0.append(IPAddress(v4: route.mask)) }
    column(5, &text, cut: false) { $0.append(Self.letters(route.flags)) }
    if isRejected { appendRejected(route, to: &text) } else { appendFigures(of: route, to: &text) }
    text.append("\n")
  }

  /// Text to the left of `width` bytes and a blank; netstat cuts addresses to it.
  private func column(
    _ width: Int, _ text: inout TextBuffer, cut: Bool = true, _ body: (inout TextBuffer) -> Void
  ) {
    let start = text.count
    body(&text)
    if cut && !options.better && text.count - start > width { text.truncate(to: start + width) }
    text.pad(from: start, to: width)
    text.append(byte: 0x20)
  }

  private func appendDestination(of route: Route, to text: inout TextBuffer) {
    let address = UInt32(truncatingIfNeeded: route.destination.low)
    if isNumeric { return text.append(route.destination) }
    if address == 0 { return text.append(route.mask == 0 ? "default" : "0.0.0.0") }
    let isHost = route.flags.contains(.host) || address & ~route.mask != 0
    let name = isHost ? names.hosts[route.destination] : names.networks[address]
    if let name { text.append(name: name) } else { text.append(route.destination) }
  }

  private func appendGateway(of route: Route, to text: inout TextBuffer) {
    if !isNumeric && !route.gateway.isUnspecified, let name = names.hosts[route.gateway] {
      text.append(name: name)
    } else {
      text.append(route.gateway)
    }
  }

  private func appendFigures(of route: Route, to text: inout TextBuffer) {
    switch columns {
    case .sizes:
      text.append(decimal: route.mtu, right: 5)
      text.append(" ")
      text.append(decimal: Int(route.window), left: 5)
      text.append(" ")
      text.append(decimal: route.initialRoundTrip, right: 6)
      text.append(" ")
      text.append(name: route.interface)
    case .metrics:
      text.append(decimal: Int(route.metric), left: 6)
      text.append(" ")
      text.append(decimal: Int(route.references), left: 2)
      text.append(" ")
      text.append(decimal: route.use, right: 7)
      text.append(" ")
      text.append(name: route.interface)
    case .both:
      text.append(decimal: Int(route.metric), left: 6)
      text.append(" ")
      text.append(decimal: Int(route.references), left: 3)
      text.append(" ")
      text.append(decimal: route.use, right: 6)
      text.append(" ")
      let start = text.count
      text.append(
        name: options.better ? route.interface : RawText(Array(route.interface.bytes.prefix(6))))
      text.pad(from: start, to: 6)
      text.append("   ")
      text.append(decimal: Int(route.mtu), left: 5)
      text.append(" ")
      text.append(decimal: Int(route.window), left: 6)
      text.append(" ")
      text.append(decimal: route.initialRoundTrip)
    }
  }

  private func appendRejected(_ route: Route, to text: inout TextBuffer) {
    if case .sizes = columns { return text.append("    - -          - -") }
    text.append(decimal: Int(route.metric), left: 6)
    text.append(" -  ")
    text.append(decimal: route.use, right: 7)
    if case .metrics = columns { text.append(" -") } else { text.append(" -        -     -      -") }
  }

  /// Letters for IPv4; `!` takes the place of those before it.
  private static func letters(_ flags: RouteFlags) -> [UInt8] {
    var letters: [UInt8] = []
    for (flag, letter) in ipv4Letters where flags.contains(flag) {
      if flag == .reject { letters = [] }
      letters += Array(letter.utf8)
    }
    return letters
  }

  private static let ipv4Letters: [(RouteFlags, String)] = [
    (.up, "U"), (.gateway, "G"), (.reject, "!"), (.host, "H"), (.reinstate, "R"), (.dynamic, "D"),
    (.modified, "M"), (.default, "d"), (.allOnLink, "a"), (.addressConfigured, "c"), (.noNextHop, "o"),
    (.expires, "e"), (.cache, "c"), (.flow, "f"), (.policy, "p"), (.local, "l"), (.mtu, "u"), (.window, "w"),
    (.initialRoundTrip, "i"), (.notCached, "n"),
  ]
}

extension NetstatRoutes {
  /// IPv6: `-C` shows the routes that were cached, without it the others.
  public func appendIPv6(_ routes: [Route], cached: Bool, to text: inout TextBuffer) {
    text.append(cached ? "Kernel IPv6 routing cache\n" : "Kernel IPv6 routing table\n")
    text.append("Destination                    Next Hop                   Flag Met Ref  Use If\n")
    for route in routes where route.flags.contains(.cache) == cached {
      let start = text.count
      appendIPv6(route.destination, to: &text)
      text.append("/")
      text.append(decimal: route.prefixLength)
      text.pad(from: start, to: 30)
      text.append(" ")
      let gateway = text.count
      appendIPv6(route.gateway, to: &text)
      text.pad(from: gateway, to: 26)
      text.append(" ")
      let flags = text.count
      for (flag, letter) in Self.ipv6Letters where route.flags.contains(flag) {
        text.append(Array(letter.utf8))
      }
      text.pad(from: flags, to: 4)
      text.append(" ")
      text.append(decimal: Int(route.metric), left: 3)
      text.append(" ")
      text.append(decimal: route.references)
      text.append(" ")
      text.append(decimal: route.use, right: 6)
      text.append(" ")
      text.append(name: route.interface)
      text.append("\n")
    }
  }

  private func appendIPv6(_ address: IPAddress, to text: inout TextBuffer) {
    if !isNumeric && address.isUnspecified {
      text.append("[::]")
    } else if !isNumeric, let name = names.hosts[address.unmapped] {
      text.append(name: name)
    } else {
      text.append(inetNtop: address.unmapped)
    }
  }

  private static let ipv6Letters: [(RouteFlags, String)] = [
    (.up, "U"), (.reject, "!"), (.gateway, "G"), (.host, "H"), (.default, "D"), (.addressConfigured, "A"),
    (.cache, "C"), (.allOnLink, "a"), (.expires, "e"), (.modified, "m"), (.noNextHop, "n"), (.flow, "f"),
  ]
}

extension TextBuffer {
  /// A number that may be negative, to the right of `width` bytes.
  mutating func append(decimal value: Int32, right width: Int) {
    if value >= 0 { return append(decimal: UInt64(value), right: width) }
    var digits = TextBuffer()
    digits.append(decimal: value)
    append(repeating: 0x20, count: width - digits.count)
    append(from: digits, 0..<digits.count)
  }
}

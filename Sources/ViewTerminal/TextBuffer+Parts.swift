import Model
import ViewText

// The small pieces that tables, trees and cards share. Those that may hold wide characters return their columns.
extension TextBuffer {
  /// `name:service` where they are known; the columns that it takes.
  mutating func append(endpoint: Endpoint, _ table: SocketTable, _ names: ResolvedNames) -> Int {
    let start = count
    var width = 0
    if let name = names.host(endpoint.address) {
      width = append(terminal: name)
    } else if endpoint.address.isUnspecified {
      append("*")
      width = 1
    } else {
      if endpoint.address.version == .v6 { append("[") }
      append(endpoint.address)
      if endpoint.address.version == .v6 { append("]") }
      width = count - start
    }
    append(":")
    if let service = names.service(endpoint.port, table) { return width + 1 + append(terminal: service) }
    let portStart = count
    append(decimal: endpoint.port)
    return width + 1 + count - portStart
  }

  /// A cell that has nothing to say.
  mutating func appendUnknown() -> Int {
    append("-")
    return 1
  }

  mutating func append(optional value: UInt64?) {
    if let value { append(decimal: value) } else { append("-") }
  }
  mutating func append(unlessZero value: UInt64) { append(optional: value == 0 ? nil : value) }
  mutating func append(optional value: String?) -> Int {
    if let value { append(terminal: value) } else { appendUnknown() }
  }
  mutating func append(optional value: RawText?) -> Int {
    if let value { append(terminal: value) } else { appendUnknown() }
  }

  mutating func append(table: SocketTable) {
    switch table {
    case .tcp: append("tcp")
    case .udp: append("udp")
    case .unix: append("unix")
    default: append(terminal: table.name)
    }
  }

  /// `10.0.0.1:443`, `[::1]:443`; port 0 is `*`.
  mutating func append(endpoint: Endpoint) {
    if endpoint.address.version == .v4 {
      append(endpoint.address)
    } else {
      append("[")
      append(endpoint.address)
      append("]")
    }
    append(":")
    if endpoint.port == 0 { append("*") } else { append(decimal: endpoint.port) }
  }

  /// `[fe80::1%eth0]:22`, `10.0.0.1%eth0:22`
  mutating func append(endpoint: Endpoint, interface index: UInt32, _ name: RawText?) -> Int {
    let start = count
    let isV6 = endpoint.address.version == .v6
    if isV6 { append("[") }
    append(endpoint.address)
    append("%")
    let before = count
    let width = append(interface: index, name)
    let nameBytes = count - before
    if isV6 { append("]") }
    append(":")
    if endpoint.port == 0 { append("*") } else { append(decimal: endpoint.port) }
    return count - start - nameBytes + width
  }

  mutating func append(interface index: UInt32, _ name: RawText?) -> Int {
    if let name { return append(terminal: name) }
    let start = count
    append(decimal: index)
    return count - start
  }

  /// A path, or `@name` for an abstract one; a path that begins with `@` begins with `\x40` here.
  mutating func append(socketName name: RawText) -> Int {
    let bytes = name.bytes.span
    guard bytes.count > 0 else { return appendUnknown() }
    switch bytes[0] {
    case 0:
      append("@")
      return 1 + append(terminal: bytes.extracting(1..<bytes.count))
    case UInt8(ascii: "@"):
      append("\\x40")
      return 4 + append(terminal: bytes.extracting(1..<bytes.count))
    default: return append(terminal: bytes)
    }
  }

  /// `NETLINK_*` of `linux/netlink.h`.
  mutating func append(netlinkProtocol number: UInt16) {
    switch number {
    case 0: append("route")
    case 4: append("sock_diag")
    case 6: append("xfrm")
    case 7: append("selinux")
    case 9: append("audit")
    case 10: append("fib_lookup")
    case 11: append("connector")
    case 12: append("netfilter")
    case 15: append("uevent")
    case 16: append("generic")
    case 18: append("scsi")
    case 21: append("crypto")
    default: append(decimal: number)
    }
  }

  mutating func append(user: User) -> Int {
    if let name = user.name { return append(terminal: name) }
    let start = count
    append(decimal: user.id)
    return count - start
  }

  /// `[812]`
  mutating func append(bracketed pid: ProcessID) {
    append("[")
    append(decimal: pid.rawValue)
    append("]")
  }

  /// `nginx[812]`
  mutating func append(nameOf process: Process) {
    append(terminal: process.shownName)
    append(bracketed: process.identity.pid)
  }

  /// `bash[4200] ← sshd[4190] ← systemd[1]`
  mutating func append(lineage ancestors: [Ancestor]) {
    for (index, ancestor) in ancestors.enumerated() {
      if index > 0 { append(" ← ") }
      append(terminal: ancestor.name)
      append(bracketed: ancestor.identity.pid)
    }
  }

  /// The command line, as it could be typed: an argument with a blank or quote in it stands in quotes.
  mutating func append(arguments: [RawText]) -> Int {
    var width = 0
    for (index, argument) in arguments.enumerated() {
      if index > 0 { append(" ") }
      let needsQuotes = argument.isEmpty || argument.bytes.contains { $0 == 0x20 || $0 == 0x22 || $0 == 0x27 }
      if needsQuotes { append("'") }
      width += append(terminal: argument) + (index > 0 ? 1 : 0) + (needsQuotes ? 2 : 0)
      if needsQuotes { append("'") }
    }
    return width
  }

  /// `docker:db`, or the first 12 digits of its id.
  mutating func append(container: Container) -> Int {
    var width = append(terminal: container.runtime)
    append(":")
    if let name = container.name {
      width += append(terminal: name)
    } else {
      width += append(terminal: String(container.id.prefix(12)))
    }
    return width + 1
  }

  /// `keepalive 1h59m`
  mutating func append(timer: SocketTimer?) {
    guard let timer, timer.kind != .none else {
      append("-")
      return
    }
    switch timer.kind {
    case .none: break
    case .retransmit: append("retransmit ")
    case .keepalive: append("keepalive ")
    case .timeWait: append("time-wait ")
    case .probe: append("probe ")
    }
    append(durationMicroseconds: UInt64(timer.expiresMilliseconds) * 1000)
    if timer.retransmits > 0 {
      append(" x")
      append(decimal: timer.retransmits)
    }
  }
}

import Model
import ViewText

/// The masqueraded connections of netstat -M, in the form that it had when Linux had `/proc/net/ip_masquerade`.
public struct NetstatMasquerade {
  let options: NetstatOptions
  let names: NetstatNames

  public init(_ options: NetstatOptions, names: NetstatNames) {
    self.options = options
    self.names = names
  }

  /// Connections whose addresses or ports are translated; nothing at all where there is none.
  public func append(_ connections: [TrackedConnection], to text: inout TextBuffer) {
    let translated = connections.filter(\.isTranslated)
    if translated.isEmpty { return }
    text.append("IP masquerading entries\n")
    text.append(
      options.extended == 0
        ? "prot   expire source               destination          ports\n"
        : "prot   expire    initseq delta prevd source               destination          ports\n")
    for connection in translated { append(connection, to: &text) }
  }

  private func append(_ connection: TrackedConnection, to text: inout TextBuffer) {
    let start = text.count
    appendProtocol(connection.protocolNumber, to: &text)
    text.pad(from: start, to: 4)
    // Minutes, seconds and hundredths, which the kernel does not tell any more.
    let seconds = UInt64(connection.timeoutSeconds ?? 0)
    text.append(decimal: seconds / 60, right: 3)
    text.append(":")
    text.append(decimal: seconds % 60, digits: 2)
    text.append(".00 ")
    if options.extended > 0 {
      text.append(decimal: UInt64(connection.sequencePosition), right: 10)
      text.append(" ")
      text.append(decimal: connection.sequenceOffsetAfter, right: 5)
      text.append(" ")
      text.append(decimal: connection.sequenceOffsetBefore, right: 5)
      text.append(" ")
    }
    let original = connection.original
    for endpoint in [original.source, original.destination] {
      let start = text.count
      if !options.numericHosts, let name = names.hosts[endpoint.address.unmapped] {
        text.append(name: name)
      } else {
        text.append(inetNtop: endpoint.address)
      }
      text.pad(from: start, to: 20)
      text.append(" ")
    }
    append(port: original.source.port, of: connection, to: &text)
    text.append(" -> ")
    append(port: original.destination.port, of: connection, to: &text)
    text.append(" (")
    append(port: connection.reply.destination.port, of: connection, to: &text)
    text.append(")\n")
  }

  private func appendProtocol(_ number: UInt8, to text: inout TextBuffer) {
    switch number {
    case 1: text.append("icmp")
    case 6: text.append("tcp")
    case 17: text.append("udp")
    case 47: text.append("gre")
    case 50: text.append("esp")
    default: text.append(decimal: number)
    }
  }

  private func append(port: UInt16, of connection: TrackedConnection, to text: inout TextBuffer) {
    let ports =
      connection.protocolNumber == 6 ? names.tcpPorts : connection.protocolNumber == 17 ? names.udpPorts : [:]
    if port == 0 {
      text.append("*")
    } else if !options.numericPorts, let name = ports[port] {
      text.append(name: name)
    } else {
      text.append(decimal: port)
    }
  }
}

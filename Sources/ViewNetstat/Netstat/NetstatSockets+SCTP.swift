import Model
import ViewText

extension NetstatSockets {
  /// Endpoints or associations of SCTP: a row, and one more for each further address. They are of the snapshot's own
  /// network namespace.
  public func appendSCTP(_ rows: [SCTPTableRow], of snapshot: Snapshot, to text: inout TextBuffer) {
    let netns = snapshot.namespaces.first { $0.isOwn }?.namespace
    for row in rows {
      if row.isAssociation {
        appendAssociation(row, to: &text)
      } else {
        appendEndpoint(row, to: &text)
      }
      finish(userID: row.userID, inode: row.inode, to: &text, timer: { _ in })
      if options.better {
        text.append(byte: 0x20)
        if let netns { append(netns, snapshot, to: &text) } else { text.append("-") }
      }
      text.append("\n")
    }
  }

  private func appendEndpoint(_ row: SCTPTableRow, to text: inout TextBuffer) {
    for (index, address) in row.localAddresses.enumerated() {
      text.append(index == 0 ? "sctp                " : "\n                    ")
      let start = text.count
      append(address, port: row.localPort, to: &text)
      text.pad(from: start, to: 47)
      appendState(of: row, isFirst: index == 0, to: &text)
    }
  }

  private func appendAssociation(_ row: SCTPTableRow, to text: inout TextBuffer) {
    for index in 0..<max(row.localAddresses.count, row.peerAddresses.count) {
      if index == 0 {
        text.append("sctp  ")
        text.append(decimal: UInt64(row.receiveQueue), right: 6)
        text.append(byte: 0x20)
        text.append(decimal: UInt64(row.sendQueue), right: 6)
        text.append(byte: 0x20)
      } else {
        text.append("\n                    ")
      }
      append(row.localAddresses, index, port: row.localPort, to: &text)
      text.append(byte: 0x20)
      append(row.peerAddresses, index, port: row.peerPort, to: &text)
      appendState(of: row, isFirst: index == 0, to: &text)
    }
  }

  /// A column of addresses; the port stands with the first.
  private func append(_ addresses: [IPAddress], _ index: Int, port: UInt16, to text: inout TextBuffer) {
    let start = text.count
    if index < addresses.count { append(addresses[index], port: index == 0 ? port : nil, to: &text) }
    text.pad(from: start, to: 23)
  }

  /// SCTP's addresses are never cut, and its ports never named.
  private func append(_ address: IPAddress, port: UInt16?, to text: inout TextBuffer) {
    append(host: address, to: &text)
    guard let port else { return }
    text.append(":")
    if port == 0 { text.append("*") } else { text.append(decimal: port) }
  }

  private func appendState(of row: SCTPTableRow, isFirst: Bool, to text: inout TextBuffer) {
    text.append(byte: 0x20)
    let start = text.count
    if isFirst, let state = SocketState(rawValue: row.state), row.state <= 11 {
      text.append(state.netstatName)
    } else if isFirst {
      text.append("UNKNOWN(")
      text.append(decimal: row.state)
      text.append(")")
    }
    text.pad(from: start, to: 11)
  }
}

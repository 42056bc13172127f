import Model
import ViewText

extension TextBuffer {
  /// Keys of TCP_MD5SIG, TLS, and the part in an MPTCP connection.
  mutating func append(tcpExtras extras: [SocketExtra]) {
    for extra in extras {
      switch extra {
      case .signatureKeys(let keys):
        append(" md5keys:")
        for (place, key) in keys.enumerated() {
          if place > 0 { append(",") }
          append(signature: key)
        }
      case .upperLayer(let first, let second):
        append(" tcp-ulp-")
        append(shortText: (first, second))
      case .tls(let tls): append(tls: tls)
      case .subflow(let subflow): append(subflow: subflow)
      default: break
      }
    }
  }

  private mutating func append(signature key: SignatureKey) {
    append(inetNtop: key.prefix.address)
    append("/")
    append(decimal: key.prefix.length)
    append("=")
    for byte in key.key {
      if byte > 32 && byte < 127 && byte != UInt8(ascii: "\\") && byte != UInt8(ascii: ",") {
        append(byte: byte)
      } else {
        append("\\")
        for shift: UInt8 in [6, 3, 0] { append(byte: 48 + (byte >> shift & 7)) }
      }
    }
  }

  private mutating func append(tls: TLSInternals) {
    switch tls.version {
    case nil: break
    case 0x0303: append(" version: 1.2")
    case 0x0304: append(" version: 1.3")
    case let version?:
      append(" version: unknown(")
      append(decimal: version)
      append(")")
    }
    if tls.cipher == 51 { append(" cipher: aes-gcm-128") }
    if tls.cipher == 52 { append(" cipher: aes-gcm-256") }
    append(" rxconf: ", configuration: tls.receiveConfiguration)
    append(" txconf: ", configuration: tls.sendConfiguration)
    if tls.sendsWithoutCopy { append(" zc_ro_tx") }
  }

  private mutating func append(_ label: StaticString, configuration: UInt16?) {
    guard let configuration else { return }
    append(label)
    switch configuration {
    case 1: append("none")
    case 2: append("sw")
    case 3: append("hw")
    case 4: append("hw-record")
    default:
      append("unknown(")
      append(decimal: configuration)
      append(")")
    }
  }

  private mutating func append(subflow: MPTCPSubflow) {
    if let flags = subflow.flags, flags != 0 {
      append(" flags:")
      for (bit, letter) in "MmJjBbecv".utf8.enumerated() where flags >> UInt32(bit) & 1 == 1 {
        append(byte: letter)
      }
    }
    if let remote = subflow.remoteToken, let local = subflow.localToken, let remoteID = subflow.remoteID,
      let localID = subflow.localID
    {
      append(" token:")
      append(hex: UInt64(remote), digits: 4)
      append("(id:")
      append(decimal: remoteID)
      append(")/")
      append(hex: UInt64(local), digits: 4)
      append("(id:")
      append(decimal: localID)
      append(")")
    }
    func number(_ label: StaticString, _ value: UInt64?) {
      guard let value else { return }
      append(label)
      append(hex: value)
    }
    number(" seq:", subflow.mapSequence)
    number(" sfseq:", subflow.mapSubflowSequence.map(UInt64.init))
    number(" ssnoff:", subflow.sequenceOffset.map(UInt64.init))
    number(" maplen:", subflow.mapLength.map(UInt64.init))
  }

  mutating func append(mptcp extras: [SocketExtra]) {
    for case .mptcp(let mptcp) in extras {
      part(" subflows:", mptcp.subflows)
      part(" add_addr_signal:", mptcp.addressSignals)
      part(" add_addr_accepted:", mptcp.addressesAccepted)
      part(" subflows_max:", mptcp.maximumSubflows)
      part(" add_addr_signal_max:", mptcp.maximumAddressSignals)
      part(" add_addr_accepted_max:", mptcp.maximumAddressesAccepted)
      if mptcp.flags & 1 != 0 { append(" fallback") }
      if mptcp.flags & 2 != 0 { append(" remote_key") }
      hex(" token:", UInt64(mptcp.token))
      hex(" write_seq:", mptcp.writeSequence)
      hex(" snd_una:", mptcp.unacknowledged)
      hex(" rcv_nxt:", mptcp.receiveNext)
    }
  }

  mutating func append(sctp extras: [SocketExtra]) {
    for case .addresses(let local, let peer) in extras {
      append(" locals:", addresses: local)
      append(" peers:", addresses: peer)
    }
    for case .sctp(let sctp) in extras {
      hex(" tag:", UInt64(sctp.tag))
      if sctp.state != 0 {
        append(" state:")
        append(SSTable.associationState(sctp.state))
      }
      signed(" rwnd:", sctp.receiveWindow)
      part(" unackdata:", sctp.unacknowledged)
      part(" penddata:", sctp.pending)
      part(" instrms:", sctp.streamsIn)
      part(" outstrms:", sctp.streamsOut)
      signed(" inqueue:", sctp.queuedIn)
      signed(" outqueue:", sctp.queuedOut)
      signed(" overerr:", sctp.errors)
      signed(" maxburst:", sctp.maximumBurst)
      signed(" maxseg:", sctp.maximumSegment)
      signed(" prwnd:", sctp.peerReceiveWindow)
      hex(" ptag:", UInt64(sctp.peerTag))
      part(" pcapable:", sctp.peerCapabilities)
      part(" psack:", sctp.peerSack)
      signed(" autoclose:", sctp.autoclose)
      signed(" adapind:", sctp.adaptation)
      signed(" pdpoint:", sctp.partialDeliveryPoint)
      part(" nodelay:", sctp.noDelay)
      part(" nofrag:", sctp.disablesFragments)
      part(" v4mapped:", sctp.mapsV4)
      part(" fraginl:", sctp.interleavesFragments)
    }
  }

  private mutating func append(_ label: StaticString, addresses: [IPAddress]) {
    for (place, address) in addresses.enumerated() {
      append(place == 0 ? label : ",")
      append(inetNtop: address)
    }
  }
}

// The words for kernel numbers: one spelling for tables, records and the filter language.

extension SocketState {
  /// ss's spelling, which JSON has too: `established`, `time-wait`.
  public var name: String {
    switch self {
    case .established: "established"
    case .synSent: "syn-sent"
    case .synReceived, .newSynReceived: "syn-recv"
    case .finWait1: "fin-wait-1"
    case .finWait2: "fin-wait-2"
    case .timeWait: "time-wait"
    case .close: "unconnected"
    case .closeWait: "close-wait"
    case .lastAck: "last-ack"
    case .listen: "listening"
    case .closing: "closing"
    case .boundInactive: "bound-inactive"
    }
  }
}

extension SocketTable {
  public var name: String {
    switch self {
    case .tcp: "tcp"
    case .udp: "udp"
    case .udplite: "udplite"
    case .raw: "raw"
    case .icmp: "icmp"
    case .mptcp: "mptcp"
    case .sctp: "sctp"
    case .unix: "unix"
    case .packet: "packet"
    case .netlink: "netlink"
    case .vsock: "vsock"
    case .xdp: "xdp"
    case .other: "other"
    }
  }
}

extension AddressFamily {
  /// `inet`, `inet6`, `unix` …; `family-N` for one we have no word for.
  public var name: String {
    switch self {
    case .unix: "unix"
    case .inet: "inet"
    case .inet6: "inet6"
    case .netlink: "netlink"
    case .packet: "packet"
    case .vsock: "vsock"
    case .xdp: "xdp"
    default: "family-\(rawValue)"
    }
  }
}

extension SocketType {
  public var name: String {
    switch self {
    case .stream: "stream"
    case .datagram: "dgram"
    case .raw: "raw"
    case .sequencedPacket: "seqpacket"
    case .dccp: "dccp"
    case .packet: "packet"
    default: "type-\(rawValue)"
    }
  }
}

extension SocketOrigin {
  public var name: String? {
    switch self {
    case .unknown: nil
    case .connect: "connect"
    case .accept: "accept"
    case .listen: "listen"
    }
  }
}

extension HolderAbsence {
  /// Stable word in records; nil when the socket has holders.
  public var name: String? {
    switch self {
    case .none: nil
    case .timeWait: "time_wait"
    case .orphaned: "orphaned"
    case .notYetAccepted: "not_yet_accepted"
    case .kernelOwned: "kernel_owned"
    case .refused: "refused"
    case .inFlight: "in_flight"
    case .vanished: "vanished"
    }
  }
}

extension TCPInternals {
  /// `cubic`, `bbr` …
  public var congestionControl: String {
    var bytes: [UInt8] = []
    for word in [congestionName.0, congestionName.1] {
      for shift in stride(from: UInt64(0), to: 64, by: 8) {
        let byte = UInt8(truncatingIfNeeded: word >> shift)
        if byte == 0 { return String(decoding: bytes, as: UTF8.self) }
        bytes.append(byte)
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}

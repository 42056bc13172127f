import Model

/// The names that ss shows for numbers; each closure gives nil where there is none.
public struct SSNames {
  /// Of a port, for `tcp`, `udp` or any transport.
  public var service: (_ port: UInt16, _ transport: String?) -> [UInt8]?
  public var host: (IPAddress) -> [UInt8]?
  public var interface: (UInt32) -> [UInt8]?
  /// Of an `IPPROTO_*`, by protocols(5).
  public var internetProtocol: (UInt16) -> [UInt8]?
  public var controlGroup: (UInt64) -> [UInt8]?
  /// `comm` of a process.
  public var process: (UInt32) -> [UInt8]?
  /// Of `NETLINK_*`.
  public var netlinkProtocol: (UInt16) -> [UInt8]?
  /// SELinux context of a process; 0 is the kernel.
  public var context: (UInt32) -> [UInt8]?
  /// From where the kernel takes ports that nobody chose.
  public var ephemeral: ClosedRange<UInt16>

  public init(
    service: @escaping (UInt16, String?) -> [UInt8]? = { _, _ in nil },
    host: @escaping (IPAddress) -> [UInt8]? = { _ in nil },
    interface: @escaping (UInt32) -> [UInt8]? = { _ in nil },
    internetProtocol: @escaping (UInt16) -> [UInt8]? = { _ in nil },
    controlGroup: @escaping (UInt64) -> [UInt8]? = { _ in nil },
    process: @escaping (UInt32) -> [UInt8]? = { _ in nil },
    netlinkProtocol: @escaping (UInt16) -> [UInt8]? = { _ in nil },
    context: @escaping (UInt32) -> [UInt8]? = { _ in nil },
    ephemeral: ClosedRange<UInt16> = 32768...60999
  ) {
    self.service = service
    self.host = host
    self.interface = interface
    self.internetProtocol = internetProtocol
    self.controlGroup = controlGroup
    self.process = process
    self.netlinkProtocol = netlinkProtocol
    self.context = context
    self.ephemeral = ephemeral
  }
}

/// What ss calls a protocol of its own accord.
public enum SSProtocolNames {
  /// `NETLINK_*`, unless `/etc/iproute2/nl_protos` says otherwise.
  public static let netlink: [UInt16: String] = [
    0: "rtnl", 1: "unused", 2: "usersock", 3: "fw", 4: "tcpdiag", 5: "nflog", 6: "xfrm", 7: "selinux",
    8: "iscsi", 9: "audit", 10: "fiblookup", 11: "connector", 12: "nft", 13: "ip6fw", 14: "dec-rt",
    15: "uevent", 16: "genl", 18: "scsi-trans", 19: "ecryptfs", 20: "rdma", 21: "crypto",
  ]

  /// `ETH_P_*`. Of two names of a number the first is shown, and both are read.
  static let ethernet: [(number: UInt16, name: String)] = [
    (0x0060, "loop"), (0x0200, "pup"), (0x0201, "pupat"), (0x0800, "ip"), (0x0805, "x25"), (0x0806, "arp"),
    (0x08ff, "bpq"), (0x0a00, "ieeepup"), (0x0a01, "ieeepupat"), (0x6000, "dec"), (0x6001, "dna_dl"),
    (0x6002, "dna_rc"), (0x6003, "dna_rt"), (0x6004, "lat"), (0x6005, "diag"), (0x6006, "cust"),
    (0x6007, "sca"), (0x8035, "rarp"), (0x809b, "atalk"), (0x80f3, "aarp"), (0x8137, "ipx"),
    (0x86dd, "ipv6"), (0x8863, "ppp_disc"), (0x8864, "ppp_ses"), (0x884c, "atmmpoa"), (0x8884, "atmfate"),
    (0x0001, "802_3"), (0x0002, "ax25"), (0x0003, "all"), (0x0004, "802_2"), (0x0005, "snap"),
    (0x0006, "ddcmp"), (0x0007, "wan_ppp"), (0x0008, "ppp_mp"), (0x0009, "localtalk"), (0x000c, "can"),
    (0x0010, "ppptalk"), (0x0011, "tr_802_2"), (0x0015, "mobitex"), (0x0016, "control"), (0x0017, "irda"),
    (0x0018, "econet"), (0x88ca, "tipc"), (0x8892, "profinet"), (0x88a2, "aoe"), (0x88a4, "ethercat"),
    (0x8100, "802.1Q"), (0x88a8, "802.1ad"), (0x8847, "mpls_uc"), (0x8848, "mpls_mc"), (0x6558, "teb"),
    (0x88cc, "LLDP"), (0x0800, "ipv4"),
  ]

  /// The number of an ethertype's name, or of a number as text in base 0.
  public static func ethernetProtocol(_ text: String) -> UInt16? {
    if let found = ethernet.first(where: { $0.name.lowercased() == text.lowercased() }) {
      return found.number
    }
    if text.hasPrefix("0x") { return UInt16(text.dropFirst(2), radix: 16) }
    return UInt16(text)
  }
}

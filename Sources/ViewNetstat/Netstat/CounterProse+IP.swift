// What netstat says for each counter: `%` is its value. The order is netstat's, for its search depends on it.

extension CounterProse {
  /// `Ip` of `/proc/net/snmp`.
  static let ip: [CounterProse] = [
    .hidden("DefaultTTL"),
    .hidden("Forwarding"),
    .always("ForwDatagrams", "% forwarded"),
    .nonzero("FragCreates", "% fragments created"),
    .nonzero("FragFails", "% outgoing packets failed fragmentation"),
    .nonzero("FragOKs", "% outgoing packets fragmented ok"),
    .nonzero("InAddrErrors", "% with invalid addresses"),
    .always("InDelivers", "% incoming packets delivered"),
    .always("InDiscards", "% incoming packets discarded"),
    .nonzero("InHdrErrors", "% with invalid headers"),
    .always("InReceives", "% total packets received"),
    .nonzero("InUnknownProtos", "% with unknown protocol"),
    .nonzero("OutDiscards", "% outgoing packets dropped"),
    .nonzero("OutNoRoutes", "% dropped because of missing route"),
    .always("OutRequests", "% requests sent out"),
    .nonzero("ReasmFails", "% packet reassemblies failed"),
    .nonzero("ReasmOKs", "% packets reassembled ok"),
    .nonzero("ReasmReqds", "% reassemblies required"),
    .nonzero("ReasmTimeout", "% fragments dropped after timeout"),
  ]

  /// `Ip6` of `/proc/net/snmp6`.
  static let ip6: [CounterProse] = [
    .nonzero("Ip6FragCreates", "% fragments created"),
    .nonzero("Ip6FragFails", "% outgoing packets failed fragmentation"),
    .nonzero("Ip6FragOKs", "% outgoing packets fragmented ok"),
    .nonzero("Ip6InAddrErrors", "% with invalid addresses"),
    .always("Ip6InDelivers", "% incoming packets delivered"),
    .always("Ip6InDiscards", "% incoming packets discarded"),
    .nonzero("Ip6InHdrErrors", "% with invalid headers"),
    .nonzero("Ip6InMcastPkts", "% incoming multicast packets"),
    .nonzero("Ip6InNoRoutes", "% incoming packets with no route"),
    .always("Ip6InReceives", "% total packets received"),
    .nonzero("Ip6InTooBigErrors", "% with packets too big"),
    .nonzero("Ip6InTruncatedPkts", "% with truncated packets"),
    .nonzero("Ip6InUnknownProtos", "% with unknown protocol"),
    .nonzero("Ip6OutDiscards", "% outgoing packets dropped"),
    .always("Ip6OutForwDatagrams", "% forwarded"),
    .nonzero("Ip6OutMcastPkts", "% outgoing multicast packets"),
    .nonzero("Ip6OutNoRoutes", "% dropped because of missing route"),
    .always("Ip6OutRequests", "% requests sent out"),
    .nonzero("Ip6ReasmFails", "% packet reassemblies failed"),
    .nonzero("Ip6ReasmOKs", "% packets reassembled ok"),
    .nonzero("Ip6ReasmReqds", "% reassemblies required"),
    .nonzero("Ip6ReasmTimeout", "% fragments dropped after timeout"),
  ]
}

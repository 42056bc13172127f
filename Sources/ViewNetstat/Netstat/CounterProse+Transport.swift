// What netstat says for each counter: `%` is its value. The order is netstat's, for its search depends on it.

extension CounterProse {
  /// `Tcp` of `/proc/net/snmp`.
  static let tcp: [CounterProse] = [
    .always("ActiveOpens", "% active connection openings"),
    .always("AttemptFails", "% failed connection attempts"),
    .always("CurrEstab", "% connections established"),
    .always("EstabResets", "% connection resets received"),
    .always("InErrs", "% bad segments received"),
    .always("InSegs", "% segments received"),
    .hidden("MaxConn"),
    .always("OutRsts", "% resets sent"),
    .always("OutSegs", "% segments sent out"),
    .always("PassiveOpens", "% passive connection openings"),
    .always("RetransSegs", "% segments retransmitted"),
    .hidden("RtoAlgorithm"),
    .hidden("RtoMax"),
    .hidden("RtoMin"),
  ]

  /// `Udp` of `/proc/net/snmp`.
  static let udp: [CounterProse] = [
    .always("InDatagrams", "% packets received"),
    .always("InErrors", "% packet receive errors"),
    .always("NoPorts", "% packets to unknown port received"),
    .always("OutDatagrams", "% packets sent"),
    .always("RcvbufErrors", "% receive buffer errors"),
    .always("SndbufErrors", "% send buffer errors"),
  ]

  /// `Udp6` of `/proc/net/snmp6`.
  static let udp6: [CounterProse] = [
    .always("Udp6InDatagrams", "% packets received"),
    .always("Udp6InErrors", "% packet receive errors"),
    .always("Udp6NoPorts", "% packets to unknown port received"),
    .always("Udp6OutDatagrams", "% packets sent"),
  ]

  /// `/proc/net/sctp/snmp`
  static let sctp: [CounterProse] = [
    .always("SctpAborteds", "% Number of Aborteds "),
    .always("SctpActiveEstabs", "% Active Associations"),
    .always("SctpChecksumErrors", "% Number of Packets with invalid Checksum"),
    .always("SctpCurrEstab", "% Current Associations"),
    .always("SctpFragUsrMsgs", "% Number of messages fragmented"),
    .always("SctpInCtrlChunks", "% Number of control chunks received"),
    .always("SctpInOrderChunks", "% Number of ordered chunks received"),
    .always("SctpInSCTPPacks", "% Number of SCTP packets received"),
    .always("SctpInUnorderChunks", "% Number of Unordered chunks received"),
    .always("SctpOutCtrlChunks", "% Number of control chunks sent"),
    .always("SctpOutOfBlues", "% Number of Out of Blue packets"),
    .always("SctpOutOrderChunks", "% Number of ordered chunks sent"),
    .always("SctpOutSCTPPacks", "% Number of SCTP packets sent"),
    .always("SctpOutUnorderChunks", "% Number of Unordered chunks sent"),
    .always("SctpPassiveEstabs", "% Passive Associations"),
    .always("SctpReasmUsrMsgs", "% Number of messages reassembled "),
    .always("SctpShutdowns", "% Number of Graceful Terminations"),
  ]
}

import Foundation
import Testing

/// What the suites about ss share.
enum SSCases {
  static let needsRoot: Comment = "needs root: it makes a network namespace"

  /// Rows as they are printed: the kernel hands out an unchanged table in the same order.
  static let plain = Conformance(personality: .ss)

  /// The usage that follows an error is our own.
  static let usage = Conformance(
    personality: .ss, masks: [Mask(#"(?s)(^|\n)Usage: ss.*"#, "$1usage"), Mask(#"(Sorry\.\n)(?s).*"#, "$1")])

  /// Clocks that run: timers, times since, and the inodes of the reading itself are kept apart from everything else.
  static let timers = Conformance(
    personality: .ss, masks: [Mask(#"(timer:\(\w+,)[^,]*"#, "$1…")])

  /// What `-i` shows of a connection at rest, but for the time since.
  static let internals = Conformance(
    personality: .ss,
    masks: [
      Mask(#"(timer:\(\w+,)[^,]*"#, "$1…"), Mask(#" (lastsnd|lastrcv|lastack):\d+"#, " $1:…"),
      Mask(" +$", ""),
    ])

  /// The tool that asks is itself on a list of netlink sockets, by another pid and with another peer.
  static let netlink = Conformance(
    personality: .ss,
    masks: [Mask(#"^.* (tcpdiag:ss/|4:)[1-9].*\n"#, ""), Mask(" +", " ")])
}

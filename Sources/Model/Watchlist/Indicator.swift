/// One entry of a watch-list.
public struct Indicator: Sendable, Hashable {
  /// By the words of ECS `threat.indicator.type`.
  public enum Kind: String, Sendable, CaseIterable {
    case ipv4 = "ipv4-addr"
    case ipv6 = "ipv6-addr"
    case domain = "domain-name"
    case file
  }
  public var kind: Kind
  /// In one form: `203.0.113.0/24`, `example.org`, 64 hexadecimal digits in lower case.
  public var text: String
  /// What stands behind it in its line; empty without.
  public var note: String
  /// The name of the list.
  public var list: String

  public init(kind: Kind, text: String, note: String, list: String) {
    (self.kind, self.text, self.note, self.list) = (kind, text, note, list)
  }
}

/// What hit an indicator.
public struct WatchlistHit: Sendable, Hashable {
  public enum Subject: String, Sendable {
    case peerAddress = "network.peer.address"
    case peerName = "network.peer.name"
    case question = "dns.question.name"
    case executable = "process.hash.sha256"
  }
  public var indicator: Indicator
  public var subject: Subject
  /// The address, name or hash itself. Names are chosen by others: escape them.
  public var matched: RawText

  public init(_ indicator: Indicator, _ subject: Subject, _ matched: RawText) {
    (self.indicator, self.subject, self.matched) = (indicator, subject, matched)
  }
}

/// A hit with whose it is, for whoever must be told at once.
public struct NoticedHit: Sendable {
  public var hit: WatchlistHit
  /// nil where nobody is known.
  public var process: Process?
  /// nil when the process itself is meant, or what it asked a name server.
  public var connection: EventSocketFacts?

  public init(hit: WatchlistHit, process: Process?, connection: EventSocketFacts?) {
    (self.hit, self.process, self.connection) = (hit, process, connection)
  }
}

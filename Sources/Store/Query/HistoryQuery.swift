import Model

/// Which recorded connections are asked for. What is nil or empty does not restrict; all that is given must hold.
public struct HistoryQuery: Sendable {
  public enum Order: Sendable, Equatable { case newest, oldest, longest, mostSent, mostReceived }

  /// Alive at some moment from here to `until`, µs since 1970. The same value twice asks for one moment.
  public var since: Int64?
  public var until: Int64?
  /// Either end in one of these.
  public var addresses: [AddressPrefix] = []
  public var localAddresses: [AddressPrefix] = []
  public var peerAddresses: [AddressPrefix] = []
  /// Either end has it.
  public var port: UInt16?
  public var localPort: UInt16?
  public var peerPort: UInt16?
  public var bounds: [HistoryBound] = []
  public var `protocol`: SocketProtocol?
  public var direction: StoredDirection?
  public var outcome: StoredOutcome?
  /// Neither failed nor ended.
  public var isOpen: Bool?
  public var processes = ProcessQuery()
  /// Only what this may mean: `StoreReader.hunt`.
  public var hunt: HistoryHunt?
  public var order = Order.newest
  /// Rows of one page.
  public var limit = 100
  /// `HistoryPage.next` of the page before.
  public var after: HistoryCursor?

  public init() {}
}

/// A number that is compared; a connection of which it is not known is not left out.
public struct HistoryBound: Sendable, Equatable {
  public enum Column: Sendable { case sent, received, retransmits, localPort, peerPort, eitherPort }
  public let column: Column
  public let comparison: FilterComparison
  public let value: Int64

  public init(_ column: Column, _ comparison: FilterComparison, _ value: UInt64) {
    (self.column, self.comparison) = (column, comparison)
    self.value = Int64(clamping: value)
  }

  var condition: String {
    let word =
      switch comparison {
      case .equal: "="
      case .less: "<"
      case .lessOrEqual: "<="
      case .greater: ">"
      case .greaterOrEqual: ">="
      }
    func unlessNull(_ name: String) -> String { "(\(name) IS NULL OR \(name) \(word) \(value))" }
    switch column {
    case .sent: return unlessNull("sent")
    case .received: return unlessNull("received")
    case .retransmits: return unlessNull("retransmits")
    case .localPort: return "local_port \(word) \(value)"
    case .peerPort: return "peer_port \(word) \(value)"
    case .eitherPort: return "(local_port \(word) \(value) OR peer_port \(word) \(value))"
    }
  }
}

/// Which processes are asked for.
public struct ProcessQuery: Sendable, Equatable {
  /// Rows of the process table.
  public var rows: [Int64]?
  public var pid: ProcessID?
  public var name: RawText?
  public var executable: RawText?
  public var userID: UInt32?
  public var unit: RawText?
  public var container: String?
  public init() {}

  var isEmpty: Bool { self == ProcessQuery() }
  /// Answered by `connection.program` alone.
  var isExecutableOnly: Bool {
    var other = self
    other.executable = nil
    return executable != nil && other.isEmpty
  }
}

/// Where the next page begins: after this row in the order asked for.
public struct HistoryCursor: Sendable, Equatable {
  public var id: Int64
  /// What was sorted by; 0 when by age.
  public var value: Int64
  public init(id: Int64, value: Int64) {
    self.id = id
    self.value = value
  }
}

/// One page of recorded connections.
public struct HistoryPage: Sendable {
  public var connections: [StoredConnection] = []
  /// nil when there are no more.
  public var next: HistoryCursor?
}

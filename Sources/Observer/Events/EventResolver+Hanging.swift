import Attribution
import KernelBPF
import Model

/// A connect whose first packet was sent.
struct BegunConnect {
  var time: UInt64
  var netns: UInt32
  var cookie: UInt64
}

/// In the order of time; those that find no room are told only when they are answered.
struct BegunConnects {
  private var list: [BegunConnect] = []
  private var first = 0

  var isEmpty: Bool { first == list.count }

  mutating func add(_ connect: BegunConnect) {
    if list.count - first < EventResolver.limit { list.append(connect) }
  }

  /// Takes out the first if it began at `limit` or before.
  mutating func take(upTo limit: UInt64) -> BegunConnect? {
    guard first < list.count, list[first].time <= limit else { return nil }
    defer {
      first += 1
      if first * 2 > list.count {
        list.removeFirst(first)
        first = 0
      }
    }
    return list[first]
  }
}

extension EventResolver {
  /// So long a connect waits for its answer before it is told without.
  static let hangNanoseconds: UInt64 = 1_000_000_000

  /// Tells of the connects that began `after` nanoseconds ago and have no answer.
  ///
  /// - Parameter time: of the events; no earlier event may come after it.
  mutating func tellHanging(at time: UInt64, after: UInt64 = hangNanoseconds) {
    while let begun = connecting.take(upTo: time &- min(after, time)) {
      guard let connection = table[begun.netns, begun.cookie], connection.isConnecting, connection.isOpen,
        connection.opened == begun.time
      else { continue }
      var facts = EventSocketFacts()
      facts.netns = NetworkNamespace(connection.netns)
      facts.cookie = SocketCookie(connection.cookie)
      facts.family = AddressFamily(rawValue: connection.family)
      facts.type = .stream
      facts.protocol = SocketProtocol(rawValue: connection.protocol)
      facts.state = .synSent
      facts.origin = .connect
      (facts.local, facts.peer) = (connection.local, connection.peer)
      facts.durationNanoseconds = time &- begun.time
      var event = event(.connect, at: time)
      event.outcome = .unknown
      event.socket = facts
      emit(event, by: connection.process)
    }
  }
}

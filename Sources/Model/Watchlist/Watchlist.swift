/// Addresses, networks, domains and SHA-256 hashes that somebody looks out for.
///
/// Pure. A look-up costs the same with one entry or a million: an address is looked for with each length of prefix that
/// occurs, the longest first, a name with each of its suffixes.
public struct Watchlist: Sendable {
  private struct Prefixes {
    /// First bits → index into `indicators`, by the length of the prefix.
    var tables: [UInt8: [IPAddress: Int32]] = [:]
    /// Those that occur, longest first.
    var lengths: [UInt8] = []

    /// False when it is there already.
    mutating func add(_ prefix: AddressPrefix, _ index: Int32) -> Bool {
      if tables[prefix.length] == nil {
        lengths.append(prefix.length)
        lengths.sort(by: >)
      }
      if tables[prefix.length]?[prefix.address] != nil { return false }
      tables[prefix.length, default: [:]][prefix.address] = index
      return true
    }
  }

  public private(set) var indicators: [Indicator] = []
  /// What `indicators` has of addresses and networks.
  public private(set) var prefixes: [AddressPrefix] = []
  private var v4 = Prefixes()
  private var v6 = Prefixes()
  private var domains: [ArraySlice<UInt8>: Int32] = [:]
  private var hashes: [String: Int32] = [:]

  public init() {}

  public var isEmpty: Bool { indicators.isEmpty }
  public var hasDomains: Bool { !domains.isEmpty }
  /// SHA-256, in lower case.
  public var sha256: some Collection<String> { hashes.keys }

  /// What is there already keeps its place and its note.
  mutating func add(_ prefix: AddressPrefix, _ indicator: Indicator) {
    let index = Int32(indicators.count)
    let isNew = prefix.address.version == .v4 ? v4.add(prefix, index) : v6.add(prefix, index)
    guard isNew else { return }
    indicators.append(indicator)
    prefixes.append(prefix)
  }

  /// - Parameter name: in lower case, without a dot at either end.
  mutating func add(domain name: [UInt8], _ indicator: Indicator) {
    if domains[name[...]] == nil { domains[name[...]] = add(indicator) }
  }

  mutating func add(sha256: String, _ indicator: Indicator) {
    if hashes[sha256] == nil { hashes[sha256] = add(indicator) }
  }

  private mutating func add(_ indicator: Indicator) -> Int32 {
    indicators.append(indicator)
    return Int32(indicators.count - 1)
  }

  // MARK: Looking up

  /// The longest prefix that holds the address. IPv4 is IPv4, whichever kind of socket holds it.
  public func indicator(of address: IPAddress) -> Indicator? {
    let address = address.unmapped
    let prefixes = address.version == .v4 ? v4 : v6
    for length in prefixes.lengths {
      if let index = prefixes.tables[length]?[AddressPrefix(address, length: length).address] {
        return indicators[Int(index)]
      }
    }
    return nil
  }

  /// The longest domain that the name is, or lies in.
  public func indicator(of name: RawText) -> Indicator? {
    if domains.isEmpty { return nil }
    let dot = UInt8(ascii: ".")
    var bytes = name.bytes.map { $0 >= UInt8(ascii: "A") && $0 <= UInt8(ascii: "Z") ? $0 | 0x20 : $0 }
    if bytes.last == dot { bytes.removeLast() }
    var rest = bytes[...]
    while true {
      if let index = domains[rest] { return indicators[Int(index)] }
      guard let next = rest.firstIndex(of: dot) else { return nil }
      rest = rest[(next + 1)...]
    }
  }

  public func indicator(ofSHA256 hash: String) -> Indicator? { hashes[hash].map { indicators[Int($0)] } }
}

extension Watchlist {
  /// What of an event is on the list; of its process, by the hash that is known of it.
  public func hits(of event: Event) -> [WatchlistHit] {
    var hits: [WatchlistHit] = []
    if let socket = event.socket {
      // What listens has no peer; packets of name servers are judged by the name that was asked for.
      if event.action != .dns {
        hits += self.hits(of: socket.peer.address, name: socket.peerName?.name, socket.family)
      }
    }
    if case .dns(let answer) = event.detail, let found = indicator(of: answer.question) {
      hits.append(WatchlistHit(found, .question, answer.question))
    }
    if let process = event.process { hits += self.hits(of: process) }
    return hits
  }

  /// What of a recorded connection is on the list.
  public func hits(of connection: StoredConnection) -> [WatchlistHit] {
    let socket = connection.socket
    return hits(of: socket.peer.address, name: connection.peerName, socket.family)
      + (connection.process.map { hits(of: $0.process) } ?? [])
  }

  public func hits(of process: Process) -> [WatchlistHit] {
    guard let hash = process.executableHash?.sha256, let found = indicator(ofSHA256: hash) else { return [] }
    return [WatchlistHit(found, .executable, RawText(hash))]
  }

  private func hits(of address: IPAddress, name: RawText?, _ family: AddressFamily) -> [WatchlistHit] {
    var hits: [WatchlistHit] = []
    if family.isInternet, !address.isUnspecified, let found = indicator(of: address) {
      hits.append(WatchlistHit(found, .peerAddress, RawText(address.unmapped.text)))
    }
    if let name, let found = indicator(of: name) { hits.append(WatchlistHit(found, .peerName, name)) }
    return hits
  }
}

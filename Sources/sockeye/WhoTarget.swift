import ArgumentParser
import KernelSystem
import Model

/// What `sockeye who` is asked about.
enum WhoTarget: Equatable {
  case port(UInt16)
  case address(IPAddress)
  case endpoint(Endpoint)
  case connection(Endpoint, Endpoint)
  case path(RawText)
  case pid(ProcessID)
  case inode(UInt64)
  case cookie(SocketCookie)

  /// Reads the words: `:8080`, `:ssh`, `10.0.0.5`, `10.0.0.5:443`, `A:p→B:q`, `A:p B:q`, a path, `@abstract`, `pid:N`,
  /// `inode:N`, `cookie:N`.
  init(_ words: [String]) throws {
    let separated = words.flatMap { $0.split(separator: "→").map(String.init) }
      .flatMap { $0.components(separatedBy: "->") }.map { String($0.drop { $0 == " " }) }
    switch separated.count {
    case 1: self = try Self.single(separated[0])
    case 2:
      guard let local = Self.endpoint(separated[0]), let peer = Self.endpoint(separated[1]) else {
        throw Self.unknown(words)
      }
      self = .connection(local, peer)
    default: throw Self.unknown(words)
    }
  }

  private static func single(_ word: String) throws -> WhoTarget {
    if let (kind, number) = tagged(word) {
      switch kind {
      case "pid":
        guard let pid = Int32(number), pid > 0 else { throw wrongNumber(word) }
        return .pid(ProcessID(pid))
      case "inode":
        guard let inode = UInt64(number), inode > 0 else { throw wrongNumber(word) }
        return .inode(inode)
      default:
        guard let cookie = UInt64(number), cookie > 0 else { throw wrongNumber(word) }
        return .cookie(SocketCookie(cookie))
      }
    }
    if word.hasPrefix("/") { return .path(RawText(word)) }
    if word.hasPrefix("@") { return .path(RawText([0] + word.utf8.dropFirst())) }
    let port = word.hasPrefix(":") ? String(word.dropFirst()) : word
    if let port = UInt16(port) ?? HostNames.port(ofService: port), port > 0 { return .port(port) }
    if let address = IPAddress(word) { return .address(address) }
    if let endpoint = endpoint(word) { return .endpoint(endpoint) }
    throw unknown([word])
  }

  private static func tagged(_ word: String) -> (kind: String, number: String)? {
    for kind in ["pid", "inode", "cookie"] where word.hasPrefix(kind + ":") {
      return (kind, String(word.dropFirst(kind.count + 1)))
    }
    return nil
  }

  /// `10.0.0.5:443`, `[::1]:443`.
  private static func endpoint(_ word: String) -> Endpoint? {
    guard let colon = word.lastIndex(of: ":"), let port = UInt16(word[word.index(after: colon)...]) else {
      return nil
    }
    var host = word[..<colon]
    if host.hasPrefix("["), host.hasSuffix("]") {
      host = host.dropFirst().dropLast()
    } else if host.contains(":") {
      return nil
    }
    return IPAddress(String(host)).map { Endpoint($0, port: port) }
  }

  private static func unknown(_ words: [String]) -> ValidationError {
    ValidationError(
      "'\(words.joined(separator: " "))' is none of :PORT, ADDRESS, ADDRESS:PORT, A:P→B:Q, /path, @name, pid:N, "
        + "inode:N, cookie:N.")
  }

  private static func wrongNumber(_ word: String) -> ValidationError {
    ValidationError("'\(word)': a number above 0 belongs behind the colon.")
  }
}

extension String {
  /// The parts between occurrences of `separator`.
  fileprivate func components(separatedBy separator: String) -> [String] {
    var parts: [String] = []
    var rest = self[...]
    while let range = rest.firstRange(of: separator) {
      parts.append(String(rest[..<range.lowerBound]))
      rest = rest[range.upperBound...]
    }
    return parts + [String(rest)]
  }
}

extension WhoTarget {
  /// Every answer has this port; nil for no such promise.
  var port: UInt16? {
    switch self {
    case .port(let port): port
    case .endpoint(let endpoint): endpoint.port
    case .connection(let local, _): local.port
    default: nil
    }
  }

  var tables: SocketTableSet {
    switch self {
    case .path: SocketTableSet(.unix)
    case .port, .address, .endpoint, .connection: .internet
    case .pid, .inode, .cookie: .all
    }
  }

  /// Whether a socket is what was asked about.
  func matches(_ socket: Socket, in snapshot: Snapshot) -> Bool {
    switch self {
    case .port(let port):
      return socket.family.isInternet && (socket.local.port == port || socket.peer.port == port)
    case .address(let address):
      return socket.family.isInternet
        && (socket.local.address.equals(address) || socket.peer.address.equals(address))
    case .endpoint(let endpoint):
      return socket.family.isInternet && (socket.local.equals(endpoint) || socket.peer.equals(endpoint))
    case .connection(let one, let other):
      guard socket.family.isInternet else { return false }
      return socket.local.equals(one) && socket.peer.equals(other)
        || socket.local.equals(other) && socket.peer.equals(one)
    case .path(let name): return snapshot.name(of: socket) == name
    case .pid(let pid):
      return snapshot.holdings(of: socket).contains {
        snapshot.processes[Int($0.process)].identity.pid == pid
      }
    case .inode(let inode): return socket.inode == inode
    case .cookie(let cookie): return socket.cookie == cookie
    }
  }
}

extension IPAddress {
  /// The same host: an IPv4-mapped address is its IPv4 address.
  fileprivate func equals(_ other: IPAddress) -> Bool { unmapped == other.unmapped }
}

extension Endpoint {
  fileprivate func equals(_ other: Endpoint) -> Bool { port == other.port && address.equals(other.address) }
}

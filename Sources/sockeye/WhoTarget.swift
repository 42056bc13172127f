import ArgumentParser
import KernelSystem
import Model

/// What `sockeye who` is asked about.
enum WhoTarget: Equatable {
  case port(UInt16)
  case address([IPAddress])
  case endpoint(Place)
  case connection(Place, Place)
  case path(RawText)
  case pid(ProcessID)
  case inode(UInt64)
  case cookie(SocketCookie)

  /// A port of a host: of the address that was written, or of each that a name of `/etc/hosts` has.
  struct Place: Equatable {
    let addresses: [IPAddress]
    let port: UInt16

    fileprivate func contains(_ endpoint: Endpoint) -> Bool {
      port == endpoint.port && addresses.contains(where: endpoint.address.equals)
    }
  }

  /// Reads the words: `:8080`, `:ssh`, `10.0.0.5`, `10.0.0.5:443`, `localhost:ssh`, `A:p→B:q`, `A:p B:q`, a path,
  /// `@abstract`, `pid:N`, `inode:N`, `cookie:N`.
  init(_ words: [String]) throws {
    let separated = words.flatMap { $0.split(separator: "→").map(String.init) }
      .flatMap { $0.components(separatedBy: "->") }.map { String($0.drop { $0 == " " }) }
    switch separated.count {
    case 1: self = try Self.single(separated[0])
    case 2:
      guard let local = Self.place(separated[0]), let peer = Self.place(separated[1]) else {
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
    if let port = port(word.hasPrefix(":") ? word.dropFirst() : word[...]), port > 0 { return .port(port) }
    if let place = place(word) { return .endpoint(place) }
    let addresses = addresses(word)
    if addresses.isEmpty { throw unknown([word]) }
    return .address(addresses)
  }

  private static func tagged(_ word: String) -> (kind: String, number: String)? {
    for kind in ["pid", "inode", "cookie"] where word.hasPrefix(kind + ":") {
      return (kind, String(word.dropFirst(kind.count + 1)))
    }
    return nil
  }

  private static func port(_ word: Substring) -> UInt16? {
    UInt16(word) ?? HostNames.port(ofService: String(word))
  }

  /// None for what is neither an address nor a name of hosts(5).
  private static func addresses(_ word: String) -> [IPAddress] {
    if let address = IPAddress(word) { return [address] }
    // No file: no names.
    return HostsFile((try? TextFile.read("/etc/hosts", atMost: 1 << 26)) ?? []).addresses(of: word)
  }

  /// `10.0.0.5:443`, `[::1]:443`, `localhost:https`.
  private static func place(_ word: String) -> Place? {
    guard let colon = word.lastIndex(of: ":"), let port = port(word[colon...].dropFirst()) else { return nil }
    var host = word[..<colon]
    if host.hasPrefix("["), host.hasSuffix("]") {
      host = host.dropFirst().dropLast()
    } else if host.contains(":") {
      return nil
    }
    let addresses = addresses(String(host))
    return addresses.isEmpty ? nil : Place(addresses: addresses, port: port)
  }

  private static func unknown(_ words: [String]) -> ValidationError {
    ValidationError(
      "'\(words.joined(separator: " "))' is none of :PORT, ADDRESS, ADDRESS:PORT, A:P→B:Q, /path, @name, pid:N, "
        + "inode:N, cookie:N. An address is a number or a name of /etc/hosts; name servers are not asked.")
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
    case .endpoint(let place): place.port
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
    case .address(let addresses):
      return socket.family.isInternet
        && addresses.contains { socket.local.address.equals($0) || socket.peer.address.equals($0) }
    case .endpoint(let place):
      return socket.family.isInternet && (place.contains(socket.local) || place.contains(socket.peer))
    case .connection(let one, let other):
      guard socket.family.isInternet else { return false }
      return one.contains(socket.local) && other.contains(socket.peer)
        || other.contains(socket.local) && one.contains(socket.peer)
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

import Foundation
import ProgramRuns

/// What `ss -O -H -a -n -e -p` printed: the second opinion.
///
/// Its rows break at newlines in names, and it cuts names at `)`; scenarios with such names are not cross-checked.
enum SocketStatistics {
  /// Sockets of TCP, UDP, MPTCP, unix and packet in the namespace of `fixture`.
  static func take(of fixture: Fixture) throws -> [Sighting] {
    let run = try ToolRun.run(
      ["nsenter", "--net=\(fixture.netnsPath)", "ss", "-O", "-H", "-a", "-n", "-e", "-p"])
    guard run.status == 0 else { throw RunFailure("ss: exit \(run.status): \(run.errors)") }
    let netns = try fixture.netns
    return sightings(in: String(decoding: run.output, as: UTF8.self)).map { socket in
      var socket = socket
      socket.netns = netns
      return socket
    }
  }

  static func sightings(in output: String) -> [Sighting] {
    output.split(separator: "\n").compactMap { sighting(of: String($0)) }
  }

  /// `after` without the queues that moved since `before`: window probes of a stalled connection carry data.
  static func steady(_ before: [Sighting], _ after: [Sighting]) -> [Sighting] {
    struct Queues: Hashable { let receive, send: Int? }
    let earlier = Dictionary(
      before.map { ("\($0)", Queues(receive: $0.receiveQueue, send: $0.sendQueue)) }, uniquingKeysWith: { $1 }
    )
    return after.map { socket in
      var socket = socket
      if earlier["\(socket)"] != Queues(receive: socket.receiveQueue, send: socket.sendQueue) {
        (socket.receiveQueue, socket.sendQueue) = (nil, nil)
      }
      return socket
    }
  }

  private static let tables = [
    "tcp": "tcp", "udp": "udp", "mptcp": "mptcp", "u_str": "unix", "u_dgr": "unix", "u_seq": "unix",
    "p_raw": "packet",
    "p_dgr": "packet",
  ]
  private static let states = [
    "ESTAB": "established", "LISTEN": "listening", "UNCONN": "unconnected",
  ]

  /// One row, such as
  /// `tcp ESTAB 0 0 127.0.0.1:80 127.0.0.1:34940 users:(("sf",pid=14023,fd=125)) ino:1114958 sk:151a cgroup:/ <->`.
  static func sighting(of row: String) -> Sighting? {
    let words = row.split(separator: " ").map(String.init)
    guard words.count >= 6, let table = tables[words[0]] else { return nil }
    var result = Sighting(label: "ss", table: table)
    result.state = states[words[1]] ?? words[1].lowercased()
    result.receiveQueue = Int(words[2])
    result.sendQueue = Int(words[3])
    if table == "unix" {
      // 0 is a connection in a listener's queue: nothing to tell it by.
      guard let inode = unixInode(words), inode != 0 else { return nil }
      result.inode = inode
      result.holders = holders(in: row)
      // Byte counts of unix and packet queues move while nobody touches them (truesize): not compared.
      (result.receiveQueue, result.sendQueue) = (nil, nil)
      return result
    }
    result.inode = words.first { $0.hasPrefix("ino:") }.flatMap { UInt64($0.dropFirst(4)) } ?? 0
    result.cookie = words.first { $0.hasPrefix("sk:") }.flatMap { UInt64($0.dropFirst(3), radix: 16) } ?? 0
    result.holders = holders(in: row)
    if table == "packet" {
      (result.receiveQueue, result.sendQueue, result.state) = (nil, nil, nil)
      return result
    }
    result.local = end(words[4])
    result.peer = end(words[5])
    return result
  }

  /// `PATH INODE PEERPATH PEERINODE users:…`: the inode is the number before the peer's two words.
  private static func unixInode(_ words: [String]) -> UInt64? {
    let end = words.firstIndex {
      $0.hasPrefix("users:") || $0 == "<->" || $0 == "-->" || $0 == "<--" || $0 == "---"
    }
    guard let end, end >= 7 else { return nil }
    return UInt64(words[end - 3])
  }

  /// `127.0.0.1:80`, `[::1]:80`, `*:80`, `0.0.0.0:*`, `127.0.0.1%lo:80`.
  static func end(_ text: String) -> End? {
    guard let colon = text.lastIndex(of: ":") else { return nil }
    let port = Int(text[text.index(after: colon)...]) ?? 0
    var address = String(text[..<colon].filter { $0 != "[" && $0 != "]" })
    if address == "*" { address = "::" }
    return End(address: address, port: port)
  }

  /// `users:(("sf",pid=14023,fd=125),("sf",pid=14024,fd=3))`.
  static func holders(in row: String) -> Set<Holder> {
    Set(
      row.matches(of: /,pid=(\d+),fd=(\d+)\)/).compactMap { match in
        guard let pid = Int(match.output.1), let descriptor = Int(match.output.2) else { return nil }
        return Holder(pid: pid, descriptor: descriptor)
      })
  }
}

import CLinux
import Glibc
import KernelSystem

@testable import KernelNetlink

/// Sockets of known ends, in the calling thread's namespace.
struct EndedSockets {
  let listener: TestSocket

  init() throws {
    listener = try TestSocket(AF_INET, SOCK_STREAM)
    try listener.bind(.v4(0x7f00_0001, port: 10007))
    try listener.listen(7)
  }

  /// Both ends of a connection: 23 bytes there, 7 bytes back, the client ends first. Cookies of client and server.
  @discardableResult
  func endConnection() throws -> (client: UInt64, server: UInt64) {
    let client = try TestSocket(AF_INET, SOCK_STREAM)
    try client.connect(.v4(0x7f00_0001, port: 10007))
    let server = try listener.accept()
    var bytes = [UInt8](repeating: 1, count: 23)
    precondition(send(client.number, bytes, 23, 0) == 23 && recv(server.number, &bytes, 23, 0) == 23)
    precondition(send(server.number, bytes, 7, 0) == 7 && recv(client.number, &bytes, 7, 0) == 7)
    return (client.cookie, server.cookie)
  }

  /// SO_LINGER of 0: the client's end forgets its peer and its counters.
  @discardableResult
  func abortConnection() throws -> UInt64 {
    let client = try TestSocket(AF_INET, SOCK_STREAM)
    try client.connect(.v4(0x7f00_0001, port: 10007))
    let server = try listener.accept()
    try client.set(SOL_SOCKET, SO_LINGER, linger(l_onoff: 1, l_linger: 0))
    return withExtendedLifetime(server) { client.cookie }
  }

  /// A connect that nobody answers, one that was never tried, and a UDP socket.
  @discardableResult
  func endUnconnected() throws -> [UInt64] {
    let refused = try TestSocket(AF_INET, SOCK_STREAM)
    let status = TestAddress.v4(0x7f00_0001, port: 9).withPointer { CLinux.connect(refused.number, $0, $1) }
    precondition(status == -1, "nobody listens there")
    let bound = try TestSocket(AF_INET, SOCK_STREAM)
    try bound.bind(.loopback4)
    let datagram = try TestSocket(AF_INET, SOCK_DGRAM)
    try datagram.bind(.loopback4)
    return [refused.cookie, bound.cookie, datagram.cookie]
  }

  func end() throws {
    try endConnection()
    try abortConnection()
    try endUnconnected()
  }
}

/// Starts a program that is looked for in PATH.
func spawn(_ arguments: [String]) throws -> Int32 {
  var pid: Int32 = 0
  let strings = arguments.map { strdup($0) } + [nil]
  defer { strings.forEach { free($0) } }
  let error = posix_spawnp(&pid, arguments[0], nil, nil, strings, environ)
  guard error == 0 else { throw SystemError("posix_spawnp", on: arguments[0], Errno(rawValue: error)) }
  return pid
}

/// waitpid(2): the status.
func wait(for pid: Int32) -> Int32 {
  var status: Int32 = -1
  while waitpid(pid, &status, 0) == -1 && errno == EINTR {}
  return status
}

extension ProcessNotice.Kind {
  /// Whom it is about; of a fork the child.
  var process: Int32? {
    switch self {
    case .acknowledged, .other: nil
    case .fork(_, let child): child.process
    case .exec(let task), .exit(let task, _), .rename(let task, _), .user(let task, _, _),
      .group(let task, _, _),
      .session(let task), .trace(let task, _), .coredump(let task):
      task.process
    }
  }
}

import Foundation

/// A TCP listener of this test process, on a loopback port that the kernel chose.
final class OwnListener: Sendable {
  let port: UInt16
  private let descriptor: Int32

  init() throws {
    let descriptor = try socketDescriptor()
    self.descriptor = descriptor
    var address = loopback(port: 0)
    guard withSocketAddress(&address, { bind(descriptor, $0, $1) }) == 0, listen(descriptor, 5) == 0 else {
      throw POSIXError(.init(rawValue: errno) ?? .EIO)
    }
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    guard withSocketAddress(&address, { address, _ in getsockname(descriptor, address, &length) }) == 0 else {
      throw POSIXError(.init(rawValue: errno) ?? .EIO)
    }
    port = UInt16(bigEndian: address.sin_port)
  }

  deinit { close(descriptor) }
}

/// A connection of this test process to a listener of its own, which does not accept it.
final class OwnConnection: Sendable {
  let listener: OwnListener
  private let client: Int32

  init() throws {
    listener = try OwnListener()
    let client = try socketDescriptor()
    self.client = client
    var address = loopback(port: listener.port)
    guard withSocketAddress(&address, { connect(client, $0, $1) }) == 0 else {
      throw POSIXError(.init(rawValue: errno) ?? .EIO)
    }
  }

  deinit { close(client) }
}

private func socketDescriptor() throws -> Int32 {
  let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
  guard descriptor >= 0 else { throw POSIXError(.init(rawValue: errno) ?? .EIO) }
  return descriptor
}

private func loopback(port: UInt16) -> sockaddr_in {
  var address = sockaddr_in()
  address.sin_family = sa_family_t(AF_INET)
  address.sin_addr.s_addr = in_addr_t(0x7f00_0001).bigEndian
  address.sin_port = port.bigEndian
  return address
}

private func withSocketAddress(
  _ address: inout sockaddr_in, _ body: (UnsafeMutablePointer<sockaddr>, socklen_t) -> Int32
) -> Int32 {
  withUnsafeMutablePointer(to: &address) {
    $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
      body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
    }
  }
}

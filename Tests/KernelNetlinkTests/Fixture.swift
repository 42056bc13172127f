import CLinux
import Glibc
import KernelSystem

/// Datagrams that a real kernel sent, kept under Fixtures/ as `NAME-KERNEL.bin`: a 32-bit little-endian length, then
/// the bytes, for each.
struct Fixture: CustomStringConvertible {
  let name: String
  let datagrams: [[UInt8]]
  var description: String { name }

  static let names = [
    "inet-tcp-6.18", "inet-tcp-details-6.18", "inet-udp-6.18", "inet-mptcp-6.18", "unix-6.18", "packet-6.18",
    "netlink-6.18",
    "unsupported-sctp-6.18", "unsupported-vsock-6.18", "proc-connector-6.18", "destroy-6.18",
  ]
  static let all = names.map { try! Fixture($0) }

  static var folder: String {
    String(#filePath.dropLast("Fixture.swift".count)) + "Fixtures/"
  }

  init(_ name: String) throws {
    self.name = name
    var datagrams: [[UInt8]] = []
    var rest = try TextFile.read(Self.folder + name + ".bin", atMost: 1 << 24)[...]
    while rest.count >= 4 {
      let length = rest.prefix(4).reversed().reduce(0) { $0 << 8 | Int($1) }
      rest = rest.dropFirst(4)
      datagrams.append(Array(rest.prefix(length)))
      rest = rest.dropFirst(length)
    }
    self.datagrams = datagrams
  }

  static func write(_ name: String, _ datagrams: [[UInt8]]) throws {
    var bytes: [UInt8] = []
    for datagram in datagrams {
      bytes += (0..<4).map { UInt8(truncatingIfNeeded: datagram.count >> ($0 * 8)) } + datagram
    }
    let number = creat(folder + name + ".bin", 0o644)
    guard number >= 0 else { throw SystemError("creat", on: name, .current) }
    let file = TestSocket(owning: number)
    guard CLinux.write(file.number, bytes, bytes.count) == bytes.count else {
      throw SystemError("write", on: name, .current)
    }
  }
}

import CLinux
import Glibc
import KernelSystem

/// A text that a real kernel wrote, kept under Fixtures/ as `NAME-KERNEL` by capture.py.
enum Fixture {
  static let names = [
    "boot_id", "cgroup", "cmdline", "file-nr", "maps",
    "maps-hostile", "mountinfo", "mountinfo-hostile", "net-icmp", "net-icmp6", "net-netlink",
    "net-packet", "net-protocols", "net-raw", "net-raw6", "net-sockstat", "net-sockstat6", "net-tcp",
    "net-tcp6", "net-udp",
    "net-route", "net-ipv6_route", "net-if_inet6", "net-igmp", "net-igmp6", "net-snmp", "net-snmp6",
    "net-netstat",
    "net-dev-wired", "net-udp6", "net-udplite", "net-udplite6", "net-unix", "passwd", "stat", "stat-hostile",
    "stat-kthread",
    "stat-zombie", "status", "status-hostile", "status-kthread",
  ]

  static func text(_ name: String) throws -> [UInt8] {
    let folder = String(#filePath.dropLast("Fixture.swift".count)) + "Fixtures/"
    return try TextFile.read(folder + name + "-6.18", atMost: 1 << 20)
  }
}

/// What `parse` makes of the whole golden text; throws where it makes nothing of it.
func golden<Value>(_ name: String, _ parse: (Span<UInt8>) -> Value?) throws -> Value {
  // Named: Swift 6.3.1 makes a broken module of a span of a temporary here.
  let text = try Fixture.text(name)
  guard let value = parse(text.span) else { throw Errno(rawValue: EBADMSG) }
  return value
}

/// What `parse` makes of the whole golden text, which is nothing that can fail.
func parsed<Value>(_ name: String, _ parse: (Span<UInt8>) -> Value) throws -> Value {
  let text = try Fixture.text(name)
  return parse(text.span)
}

/// The value of an ASCII or UTF-8 literal.
func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

/// readlink(2).
@discardableResult func linkText(_ path: String) throws(Errno) -> String {
  var text = [UInt8](repeating: 0, count: 4096)
  let length = readlink(path, &text, text.count)
  if length < 0 { throw .current }
  return String(decoding: text[..<length], as: UTF8.self)
}

import CLinux
import Glibc
import KernelSystem

/// A text that a real kernel wrote, kept under Fixtures/ as `NAME-KERNEL` by capture.py.
enum Fixture {
  static let names = [
    "boot_id", "cgroup", "cmdline", "fdinfo", "fdinfo-pidfd", "file-nr", "hoststat", "loginuid", "maps",
    "maps-hostile", "mountinfo", "mountinfo-hostile", "net-dev", "net-icmp", "net-icmp6", "net-netlink",
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
    return try contents(folder + name + "-6.18")
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

/// The whole file.
func contents(_ path: String) throws -> [UInt8] {
  let file = try OwnedDescriptor.open(path)
  var bytes: [UInt8] = []
  var chunk = [UInt8](repeating: 0, count: 65536)
  while true {
    let count = try file.read(into: &chunk)
    if count == 0 { return bytes }
    bytes += chunk[..<count]
  }
}

/// The value of an ASCII or UTF-8 literal.
func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

/// SplitMix64: the same numbers for the same seed on every machine.
struct SeededGenerator: RandomNumberGenerator {
  var state: UInt64
  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = state
    mixed = (mixed ^ mixed >> 30) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ mixed >> 27) &* 0x94d0_49bb_1331_11eb
    return mixed ^ mixed >> 31
  }
}

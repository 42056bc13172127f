import Foundation
import Testing

// Routes, interfaces, groups and counters.
extension NetstatTests {
  /// Two ends of a wire in one namespace, up, with addresses; no dummy devices, which not every kernel has.
  static func wired() throws -> Scene {
    let scene = try Scene()
    try scene.shell(
      """
      sysctl -qw net.ipv6.conf.all.disable_ipv6=0 net.ipv6.conf.default.accept_dad=0
      ip link add v0 type veth peer name v1
      ip link set v0 up; ip link set v1 up
      ip addr add 10.9.0.1/24 dev v0
      ip addr add 2001:db8::1/64 dev v0 nodad
      """)
    return scene
  }

  @Test(
    "IPv4 routes of each kind: unicast, via, metric, mtu, window, rtt, blackhole, unreachable, prohibit, host"
  )
  func routes() throws {
    let scene = try Self.wired()
    try scene.shell(
      """
      ip route add 10.10.0.0/16 via 10.9.0.3
      ip route add 10.11.1.1/32 via 10.9.0.3 metric 4711
      ip route add 10.32.0.0/12 dev v0 metric 4294967295
      ip route add 10.13.0.0/16 dev v0 mtu 1400 advmss 1300 window 16384 rtt 30
      ip route add blackhole 10.14.0.0/16
      ip route add unreachable 10.15.1.1
      ip route add prohibit 10.16.0.0/16 metric 5
      ip route add throw 10.17.0.0/16
      ip route add 127.0.0.0/8 dev lo
      ip route add 169.254.0.0/16 dev v0
      ip route add multicast 224.0.0.0/4 dev v0
      """)
    let reference = try Self.netstat.reference(scene, "-rn").output
    for word in ["!H", " UGH "] { #expect(reference.contains(word)) }
    for options in [
      ["-r"], ["-rn"], ["-rne"], ["-rnee"], ["-rN"], ["-rnv"], ["-rnF"], ["-rnC"], ["-rnFC"],
      ["-r4n"], ["-rnCee"],
      ["--route", "--numeric"], ["-rW"], ["-r", "--inet"], ["-rn", "-A", "inet,inet6"],
      ["-rn", "-A", "ip6,ip"],
    ] { try Self.netstat.expectSame(scene, options) }
    // Numeric only: with a default route, look-ups of names would wait for a server behind it.
    try scene.shell(
      "ip route add default via 10.9.0.2 dev v0 metric 17; ip route add default dev v0 metric 18")
    #expect(try Self.netstat.reference(scene, "-rn").output.contains("0.0.0.0         10.9.0.2"))
    for options in ["-rn", "-rnee"] { try Self.netstat.expectSame(scene, options) }
  }

  @Test("A long interface name, a long host name and the names of networks(5)")
  func routeNames() throws {
    let scene = try Scene()
    try scene.shell(
      """
      ip link add abcdefghijklmno type veth peer name v1; ip link set abcdefghijklmno up
      ip addr add 10.9.0.1/24 dev abcdefghijklmno; ip route add 127.0.0.0/8 dev lo
      ip route add 127.0.0.1 dev lo
      """)
    for options in [["-r"], ["-ree"], ["-i"], ["-g"], ["-ie"]] {
      var comparison = Self.netstat
      comparison.masks = Self.traffic
      try comparison.expectSame(scene, options)
    }
  }

  @Test("IPv6 routes of each kind")
  func routes6() throws {
    let scene = try Self.wired()
    try scene.shell(
      """
      ip -6 route add default via 2001:db8::2 dev v0
      ip -6 route add 2001:db8:1::/48 via 2001:db8::3 metric 4711
      ip -6 route add 2001:db8:2::/48 dev v0 mtu 1400
      ip -6 route add blackhole 2001:db8:3::/48
      ip -6 route add unreachable 2001:db8:4::1
      ip -6 route add prohibit 2001:db8:5::/48
      ip -6 route add 2001:db8:1111:2222:3333:4444:5555:6666/128 via 2001:db8::3
      """)
    var comparison = Self.netstat
    // The kernel holds a route for each packet that is on its way, and counts each look-up.
    comparison.masks = [Mask(#"^(.{58} \S+ +\S+ +)\d+ +\d+ "#, "$1… … ")]
    #expect(try comparison.reference(scene, "-rn6").output.contains("2001:db8:3::/48"))
    for options in [
      ["-r6"], ["-rn6"], ["-rn", "-A", "inet6"], ["-6rC"], ["-6rFC"], ["-r46n"], ["-rN6"], ["-6ree"],
    ] {
      try comparison.expectSame(scene, options)
    }
  }

  /// Numbers of packets and bytes on wires that the kernel itself uses: neighbour discovery, multicast reports.
  static let traffic = [
    Mask(#"^((?:v|d|abc)\S+ +\d+) +\d+ (.*) +\d+ ( +0 +0 +0 \S+)$"#, "$1 … $2 … $3"),
    Mask(#"([RT]X packets) \d+  bytes \d+ \([^)]*\)"#, "$1 …"),
    Mask(#"(errors \d+  dropped) \d+ "#, "$1 … "),
  ]

  @Test("Interfaces: loopback, veth up and down, bridge, tun, labels; flags and MTU; in netstat's order")
  func interfaces() throws {
    let scene = try Self.wired()
    try scene.shell(
      """
      ip link add v10 type veth peer name v2
      ip link set v10 up mtu 1400 promisc on; ip link set v2 up allmulticast on
      ip link add br0 type bridge; ip link set v2 master br0; ip link set br0 up
      ip tuntap add t0 mode tun; ip link set t0 up txqueuelen 17
      ip addr add 10.8.0.1 peer 10.8.0.2 dev t0
      ip addr add 10.9.0.9/24 dev v0 label v0:1
      ip addr add 10.9.0.10/24 dev v0 label v0:10
      ip link set lo mtu 1280
      ip link set v1 arp off
      """)
    var comparison = Self.netstat
    comparison.masks = Self.traffic
    let reference = try comparison.reference(scene, "-ia").output
    for word in ["no statistics available", "BMPRU", "t0 "] { #expect(reference.contains(word)) }
    for options in [["-i"], ["-ia"], ["-ie"], ["-iae"], ["-ine"], ["--interfaces"], ["-iv"]] {
      try comparison.expectSame(scene, options)
    }
  }

  @Test("Dummy and VLAN devices")
  func virtualInterfaces() throws {
    let scene = try Scene()
    try scene.shell(
      "ip link add d0 type dummy; ip link add link d0 name d0.5 type vlan id 5", orCancelFor: "VLAN")
    try scene.shell("ip link set d0 up; ip link set d0.5 up; ip addr add 10.9.0.1/24 dev d0.5")
    var comparison = Self.netstat
    comparison.masks = Self.traffic
    for options in [["-i"], ["-ie"], ["-rn"], ["-gn"]] { try comparison.expectSame(scene, options) }
  }

  @Test("Loopback counts what is sent through it, in packets, bytes and units, to the last digit")
  func volumes() throws {
    let scene = try Scene()
    try scene.python(
      """
      u = udp(port=4711); c = keep(socket(AF_INET, SOCK_DGRAM))
      for _ in range(23): c.sendto(b'x' * 1009, u.getsockname()); u.recv(2000)
      """)
    #expect(
      try Self.netstat.reference(scene, "-ie").output.contains("RX packets 23  bytes \(23 * 1037) (23.2 KiB)")
    )
    try Self.netstat.expectSame(scene, "-ie")
    try Self.netstat.expectSame(scene, "-i")
    try scene.python(
      """
      u = udp(port=4712); c = keep(socket(AF_INET, SOCK_DGRAM)); u.setsockopt(SOL_SOCKET, SO_RCVBUF, 1)
      for _ in range(50): c.sendto(b'x' * 60000, u.getsockname())
      """)
    #expect(try Self.netstat.reference(scene, "-ie").output.contains("MiB)"))
    try Self.netstat.expectSame(scene, "-ie")
  }

  @Test("Multicast groups that sockets joined, IPv4 and IPv6, on several interfaces")
  func groups() throws {
    let scene = try Self.wired()
    try scene.python(
      """
      import socket as s
      for address in ['10.9.0.1', '127.0.0.1']:
          for group in ['239.1.2.3', '224.0.0.251']:
              u = udp('0.0.0.0')
              u.setsockopt(IPPROTO_IP, IP_ADD_MEMBERSHIP, inet_aton(group) + inet_aton(address))
      again = udp('0.0.0.0')
      again.setsockopt(IPPROTO_IP, IP_ADD_MEMBERSHIP, inet_aton('239.1.2.3') + inet_aton('10.9.0.1'))
      six = udp('::', family=AF_INET6)
      for name in ['lo', 'v0']:
          six.setsockopt(IPPROTO_IPV6, IPV6_JOIN_GROUP, inet_pton(AF_INET6, 'ff15::4711') + struct.pack('i', if_nametoindex(name)))
      """)
    let reference = try Self.netstat.reference(scene, "-gn").output
    #expect(reference.contains("v0              2      239.1.2.3") && reference.contains("ff15::4711"))
    for options in [["-gn"], ["-g"], ["-gn4"], ["-gn6"], ["-gtn"], ["--groups", "-4", "--numeric-hosts"]] {
      try Self.netstat.expectSame(scene, options)
    }
  }
}

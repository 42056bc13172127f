import CLinux

extension HostNames {
  /// The port of a service by services(5), of `tcp` or `udp`.
  public static func port(ofService name: String, transport: String) -> UInt16? {
    // SAFETY: getservbyname(3) keeps its answer until the next call; this program makes it on one thread.
    guard let entry = unsafe getservbyname(name, transport) else { return nil }
    return unsafe UInt16(truncatingIfNeeded: entry.pointee.s_port).bigEndian
  }

  /// The name of a port by services(5), of whichever transport comes first.
  public static func service(atPort port: UInt16) -> [UInt8]? {
    // SAFETY: as above, getservbyport(3).
    guard let entry = unsafe getservbyport(Int32(port.bigEndian), nil), let name = unsafe entry.pointee.s_name
    else { return nil }
    return unsafe bytes(name)
  }

  /// The addresses of a host name by getaddrinfo(3), of one version or both; 128 bits in network order as host integers,
  /// IPv4 in the low 32. Blocks on DNS.
  public static func addresses(
    ofHost name: String, v4: Bool, v6: Bool
  ) -> [(high: UInt64, low: UInt64, isIPv6: Bool)] {
    var hints = unsafe addrinfo()
    unsafe hints.ai_family = v4 && v6 ? AF_UNSPEC : v4 ? AF_INET : AF_INET6
    unsafe hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    var list: UnsafeMutablePointer<addrinfo>?
    guard unsafe getaddrinfo(name, nil, &hints, &list) == 0 else { return [] }
    defer { unsafe freeaddrinfo(list) }
    var found: [(high: UInt64, low: UInt64, isIPv6: Bool)] = []
    var entry = unsafe list
    while let current = unsafe entry {
      // SAFETY: an entry's address is as long as its family says, and lives until freeaddrinfo(3).
      if unsafe current.pointee.ai_family == AF_INET {
        unsafe current.pointee.ai_addr.withMemoryRebound(to: sockaddr_in.self, capacity: 1) {
          unsafe found.append((0, UInt64($0.pointee.sin_addr.s_addr.bigEndian), false))
        }
      } else if unsafe current.pointee.ai_family == AF_INET6 {
        unsafe current.pointee.ai_addr.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) {
          let halves = unsafe unsafeBitCast($0.pointee.sin6_addr, to: (UInt64, UInt64).self)
          found.append((halves.0.bigEndian, halves.1.bigEndian, true))
        }
      }
      unsafe entry = current.pointee.ai_next
    }
    return found
  }
}

import CLinux

/// Small look-ups in the host's name databases.
public enum HostNames {
  /// The port of a service by services(5), of any protocol: `https` → 443.
  public static func port(ofService name: String) -> UInt16? {
    // SAFETY: getservbyname(3) keeps its answer until the next call; this program makes it on one thread.
    guard let entry = unsafe getservbyname(name, nil) else { return nil }
    return unsafe UInt16(truncatingIfNeeded: entry.pointee.s_port).bigEndian
  }

  /// The name of a port by services(5): 443 of tcp → `https`. Thread-safe.
  public static func service(atPort port: UInt16, transport: String) -> [UInt8]? {
    var entry = unsafe servent()
    var found: UnsafeMutablePointer<servent>? = nil
    var strings = [CChar](repeating: 0, count: 4096)
    // SAFETY: the strings of `entry` lie in `strings`, which outlives their use.
    return unsafe strings.withUnsafeMutableBufferPointer { buffer in
      guard let start = buffer.baseAddress else { return nil }
      let status = unsafe getservbyport_r(
        Int32(port.bigEndian), transport, &entry, start, buffer.count, &found)
      guard status == 0, unsafe found != nil, let name = unsafe entry.s_name else { return nil }
      return unsafe bytes(name)
    }
  }

  /// Every service of services(5) with its transport; of several names of a port the last one counts to netstat.
  public static func services() -> [(name: [UInt8], port: UInt16, transport: [UInt8])] {
    var result: [(name: [UInt8], port: UInt16, transport: [UInt8])] = []
    setservent(1)
    // SAFETY: an entry and its strings are kept until the next call; this program makes it on one thread.
    while let entry = unsafe getservent() {
      guard let name = unsafe entry.pointee.s_name, let transport = unsafe entry.pointee.s_proto else {
        continue
      }
      let port = unsafe UInt16(truncatingIfNeeded: entry.pointee.s_port).bigEndian
      unsafe result.append((bytes(name), port, bytes(transport)))
    }
    endservent()
    return result
  }

  /// The name of an IP protocol by protocols(5): 1 → `icmp`.
  public static func ipProtocol(_ number: UInt16) -> [UInt8]? {
    // SAFETY: as above.
    guard let entry = unsafe getprotobynumber(Int32(number)), let name = unsafe entry.pointee.p_name else {
      return nil
    }
    return unsafe bytes(name)
  }

  /// The name of a network by networks(5), of its address in host order: 127.0.0.0 → `loopback`.
  public static func network(_ address: UInt32) -> [UInt8]? {
    // SAFETY: as above.
    guard let entry = unsafe getnetbyaddr(address, AF_INET), let name = unsafe entry.pointee.n_name else {
      return nil
    }
    return unsafe bytes(name)
  }

  static func bytes(_ text: UnsafePointer<CChar>) -> [UInt8] {
    // SAFETY: the C library terminates its strings.
    unsafe Array(UnsafeRawBufferPointer(start: text, count: strlen(text)))
  }

  /// The name of an address by getnameinfo(3), NI_NAMEREQD: nil when there is none. Blocks on DNS. Thread-safe.
  ///
  /// 128 bits in network order as host integers, IPv4 in the low 32.
  public static func host(high: UInt64, low: UInt64, isIPv6: Bool) -> [UInt8]? {
    var name = [CChar](repeating: 0, count: Int(NI_MAXHOST))
    func look<Address>(_ address: Address) -> Int32 {
      var address = address
      // SAFETY: the address lives during the call and has the size that is said; so has the buffer.
      return unsafe withUnsafePointer(to: &address) { pointer in
        unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          unsafe getnameinfo(
            $0, socklen_t(MemoryLayout<Address>.size), &name, socklen_t(name.count), nil, 0,
            Int32(NI_NAMEREQD))
        }
      }
    }
    let status: Int32
    if isIPv6 {
      var address = sockaddr_in6()
      address.sin6_family = sa_family_t(AF_INET6)
      address.sin6_addr = unsafe unsafeBitCast((high.bigEndian, low.bigEndian), to: in6_addr.self)
      status = look(address)
    } else {
      var address = sockaddr_in()
      address.sin_family = sa_family_t(AF_INET)
      address.sin_addr.s_addr = UInt32(truncatingIfNeeded: low).bigEndian
      status = look(address)
    }
    return status == 0 ? name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) } : nil
  }

  /// if_nametoindex(3): the interface's index in the calling thread's network namespace.
  public static func interfaceIndex(named name: String) -> UInt32? {
    let index = unsafe if_nametoindex(name)
    return index == 0 ? nil : index
  }

  /// if_indextoname(3), in the calling thread's network namespace.
  public static func interfaceName(at index: UInt32) -> [UInt8]? {
    var buffer = [CChar](repeating: 0, count: Int(IF_NAMESIZE))
    // SAFETY: the buffer has the size that the man page asks for.
    guard unsafe if_indextoname(index, &buffer) != nil else { return nil }
    return buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
  }
}

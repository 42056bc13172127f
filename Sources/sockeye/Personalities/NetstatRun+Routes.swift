import KernelSystem
import Model
import Observer
import ViewNetstat
import ViewText

extension NetstatRun {
  /// The routing tables of each family that was named, until one fails.
  func routes() throws -> Int32 {
    for family in options.families.isEmpty ? ["inet"] : options.families {
      let status: Int32
      switch family {
      case "inet": status = try routesOfIPv4()
      case "inet6": status = try routesOfIPv6()
      default: status = routesOfOther(family)
      }
      if status != 0 { return status }
    }
    return 0
  }

  private var isFIBShown: Bool { options.fib || !options.cache }

  private func routesOfIPv4() throws -> Int32 {
    var text = TextBuffer()
    if isFIBShown {
      var reader = try reader()
      let answer = reader.routes()
      guard let routes = answer.value else {
        return missing("route", "INET (IPv4) not configured in this system.", answer)
      }
      NetstatRoutes(options, names: names(of: routes)).appendIPv4(routes, to: &text)
    }
    if options.cache {
      guard NetworkReader.hasTable("rt_cache") else {
        output.write(text)
        return missing("rt_cache", "INET (IPv4) not configured in this system.")
      }
      NetstatRoutes(options, names: NetstatNames()).appendIPv4CacheHeader(to: &text)
    }
    output.write(text)
    return 0
  }

  private func routesOfIPv6() throws -> Int32 {
    var text = TextBuffer()
    for isCache in [false, true] where isCache ? options.cache : isFIBShown {
      var reader = try reader()
      let answer = reader.routes6()
      guard let routes = answer.value else {
        output.write(text)
        return missing("ipv6_route", "INET6 (IPv6) not configured in this system.", answer)
      }
      NetstatRoutes(options, names: names(of: routes)).appendIPv6(routes, cached: isCache, to: &text)
    }
    output.write(text)
    return 0
  }

  private func missing(_ file: String, _ words: String, _ answer: TableAnswer<[Route]> = .absent) -> Int32 {
    output.write(words + "\n")
    if case .failed(let reason) = answer { return complain("/proc/net/\(file): \(reason)", status: 1) }
    return complain("/proc/net/\(file): \(Errno.noSuchFile)", status: 1)
  }

  private func names(of routes: [Route]) -> NetstatNames {
    var names = NetstatNames()
    guard !options.numericHosts && !options.symbolic else { return names }
    var hosts: Set<IPAddress> = []
    var networks: Set<UInt32> = []
    for route in routes {
      hosts.formUnion([route.destination, route.gateway].filter { !$0.isUnspecified })
      if route.destination.version == .v4 {
        networks.insert(UInt32(truncatingIfNeeded: route.destination.low))
      }
    }
    names.hosts = hostNames(hosts)
    names.networks = HostTables.networks(networks)
    return names
  }

  /// netstat asks for one name after the other, and waits as long as that takes; ours are asked for together.
  private static let resolveLimit = Duration.seconds(30)

  /// Names of addresses; says what was not found in time.
  func hostNames(_ addresses: Set<IPAddress>) -> [IPAddress: RawText] {
    let (names, gap) = NameResolver.hosts(addresses, within: Self.resolveLimit)
    if let gap { complain("netstat: \(gap.message)") }
    return names
  }

  /// Families that Linux had, or has and nobody routes with any more.
  private func routesOfOther(_ family: String) -> Int32 {
    let none = Errno.noSuchFile.description
    switch family {
    case "ax25":
      return dead(["ax25_route"], ["/proc/net/ax25_route: \(none)"], "AX.25 not configured in this system.")
    case "netrom":
      let files = ["nr_nodes", "nr_neigh"]
      return dead(files, files.map { "/proc/net/\($0): \(none)" }, "NET/ROM not configured in this system.")
    case "rose":
      return dead(["rose_nodes"], ["/proc/net/rose_nodes: \(none)", "ROSE not configured in this system."])
    case "ipx":
      return dead(
        ["ipx/route", "ipx_route"], [none],
        "IPX routing not in file /proc/net/ipx/route or /proc/net/ipx_route found.")
    case "ddp":
      return dead(
        ["atalk_route"],
        ["Error opening /proc/net/atalk_route: \(none)", "DDP (AppleTalk) not configured on this system."])
    case "x25": return dead(["x25/route"], [], "X.25 not configured in this system.")
    case "bluetooth": return complain("Address family `bluetooth' not supported.", status: 3)
    default: return complain("No routing for address family `\(family)'.", status: 3)
    }
  }

  /// What netstat says where the kernel has none of `files`; where it has one, that we do not read it.
  private func dead(_ files: [String], _ complaints: [String], _ words: String? = nil) -> Int32 {
    if let file = files.first(where: NetworkReader.hasTable) { return unread(file) }
    for complaint in complaints { complain(complaint) }
    if let words { output.write(words + "\n") }
    return 1
  }

  /// Families that this kernel has and sockeye does not read.
  func unread(_ file: String) -> Int32 {
    complain("netstat: sockeye does not read /proc/net/\(file)", status: 1)
  }
}

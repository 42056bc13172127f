import KernelSystem
import Model
import Observer
import ViewNetstat

/// What the ss personality asks of the host: names for numbers, and numbers for names.
final class SSHost {
  private let procPath = ThisProcess.environment("PROC_ROOT")
  private var interfaces: [UInt32: [UInt8]?] = [:]
  private var groups: [UInt64: [UInt8]]?
  private lazy var netlinkNames = Self.netlinkNames()
  lazy var ephemeral = ListingFacts.ephemeralPorts(procPath: procPath)

  var names: SSNames {
    SSNames(
      service: { port, transport in
        transport.map { HostNames.service(atPort: port, transport: $0) } ?? HostNames.service(atPort: port)
      },
      host: { HostNames.host(high: $0.high, low: $0.low, isIPv6: $0.version == .v6) },
      interface: { self.interface($0) },
      internetProtocol: { HostNames.ipProtocol($0) },
      controlGroup: { self.group($0) },
      process: { pid in self.facts { $0.processName(pid) } },
      netlinkProtocol: { self.netlinkNames[$0].map { Array($0.utf8) } },
      context: { pid in pid == 0 ? SecurityLabels.ofKernel : self.facts { $0.context(pid) } },
      ephemeral: ephemeral)
  }

  var filterNames: SSFilterNames {
    SSFilterNames(
      service: { HostNames.port(ofService: $0, transport: $1) },
      interface: { HostNames.interfaceIndex(named: $0) },
      controlGroup: { Self.identifier(ofGroup: $0) },
      host: { name, family in
        HostNames.addresses(ofHost: name, v4: family != .inet6, v6: family != .inet).map {
          $0.isIPv6 ? IPAddress(v6High: $0.high, low: $0.low) : IPAddress(v4: UInt32($0.low))
        }
      },
      ethernetProtocol: { SSProtocolNames.ethernetProtocol($0) },
      netlinkProtocol: { word in
        if let known = self.netlinkNames.first(where: { $0.value == word }) { return UInt32(known.key) }
        return UInt8(word).map(UInt32.init)
      })
  }

  private func facts<Value>(_ body: (inout ListingFacts) -> Value?) -> Value? {
    // Without /proc nobody has a name.
    guard var facts = try? ListingFacts(procPath: procPath) else { return nil }
    return body(&facts)
  }

  private func interface(_ index: UInt32) -> [UInt8]? {
    if let known = interfaces[index] { return known }
    let found = HostNames.interfaceName(at: index)
    interfaces[index] = .some(found)
    return found
  }

  private func group(_ id: UInt64) -> [UInt8]? {
    if let groups { return groups[id] }
    let found = ListingFacts.controlGroupMount.map { ControlGroupTree.paths(beneath: $0) } ?? [:]
    groups = found
    return found[id]
  }

  /// A directory of cgroup v2, or a path from its mount on.
  private static func identifier(ofGroup path: String) -> Result<UInt64, SSNameFailure> {
    // What is no such directory is looked for beneath the mount.
    if let id = (try? ControlGroupTree.identifier(ofPath: path)) ?? nil { return .success(id) }
    guard let mount = ListingFacts.controlGroupMount else {
      return .failure(SSNameFailure(["Failed to find cgroup2 mount"]))
    }
    do throws(Errno) {
      if let id = try ControlGroupTree.identifier(ofPath: mount + "/" + path) { return .success(id) }
      return .failure(SSNameFailure(["Invalid cgroup2 path"]))
    } catch { return .failure(SSNameFailure(["Failed to get cgroup2 ID: \(error)"])) }
  }

  /// The names of `/etc/iproute2/nl_protos` over those that ss knows itself.
  private static func netlinkNames() -> [UInt16: String] {
    var names = SSProtocolNames.netlink
    // No file: no other names.
    let text = (try? TextFile.read("/etc/iproute2/nl_protos", atMost: 1 << 16)) ?? []
    for line in text.split(separator: 10) where line.first != UInt8(ascii: "#") {
      let fields = line.split { $0 == 32 || $0 == 9 }.map { String(decoding: $0, as: UTF8.self) }
      guard fields.count >= 2 else { continue }
      let number = fields[0].hasPrefix("0x") ? UInt16(fields[0].dropFirst(2), radix: 16) : UInt16(fields[0])
      if let number, number < 256 { names[number] = fields[1] }
    }
    return names
  }
}

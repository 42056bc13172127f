import KernelSystem
import Model

/// The host's own name tables: services, protocols, networks, users.
public enum HostTables {
  /// Names of ports, by transport (`tcp`, `udp`).
  public static func services(_ transport: String) -> [UInt16: RawText] {
    var names: [UInt16: RawText] = [:]
    for service in HostNames.services() where service.transport == Array(transport.utf8) {
      names[service.port] = RawText(service.name)
    }
    return names
  }

  public static func ipProtocols(_ numbers: Set<UInt16>) -> [UInt16: RawText] {
    numbers.reduce(into: [:]) { names, number in
      names[number] = HostNames.ipProtocol(number).map { RawText($0) }
    }
  }

  /// By address in host order.
  public static func networks(_ addresses: Set<UInt32>) -> [UInt32: RawText] {
    addresses.reduce(into: [:]) { names, address in
      names[address] = HostNames.network(address).map { RawText($0) }
    }
  }

  public static func users(_ ids: Set<UInt32>) -> [UInt32: RawText] {
    var users = UserNames()
    return ids.reduce(into: [:]) { names, id in names[id] = users.user(id).name.map { RawText($0) } }
  }
}

import KernelProc
import KernelSystem
import Model

/// A table of `/proc/net`, or why there is none.
public enum TableAnswer<Value: Sendable>: Sendable {
  case value(Value)
  /// This kernel has no such table.
  case absent
  /// The text of the error.
  case failed(String)

  public var value: Value? {
    if case .value(let value) = self { value } else { nil }
  }

  init<Raw>(_ answer: ProcAnswer<Raw>, _ transform: (Raw) -> Value) {
    switch answer {
    case .value(let raw): self = .value(transform(raw))
    case .absent: self = .absent
    case .gone: self = .failed(Errno.noSuchProcess.description)
    case .denied: self = .failed(Errno.accessDenied.description)
    case .failed(let errno): self = .failed(errno.description)
    }
  }
}

/// Reads what the network namespace of the calling thread has besides sockets: routes, interfaces, groups, counters.
public struct NetworkReader: ~Copyable {
  private let directory: NetDirectory
  private var buffer = ReadBuffer(capacity: 1 << 16)

  public init() throws(ObserverError) {
    let proc: ProcFileSystem
    do throws(SystemError) { proc = try ProcFileSystem() } catch { throw .system(error) }
    switch proc.network() {
    case .value(let directory): self.directory = directory
    default: throw .notPossible("/proc/net cannot be opened")
    }
  }

  public mutating func routes() -> TableAnswer<[Route]> {
    TableAnswer(directory.routes(&buffer)) { $0.records.map(Route.init) }
  }

  public mutating func routes6() -> TableAnswer<[Route]> {
    TableAnswer(directory.routes6(&buffer)) { $0.records.map(Route.init) }
  }

  /// IPv4, in the kernel's order.
  public mutating func groups() -> TableAnswer<[MulticastMembership]> {
    TableAnswer(directory.groups(&buffer)) { $0.records.map(MulticastMembership.init) }
  }

  public mutating func groups6() -> TableAnswer<[MulticastMembership]> {
    TableAnswer(directory.groups6(&buffer)) { $0.records.map(MulticastMembership.init) }
  }

  /// `snmp`
  public mutating func counters() -> TableAnswer<[CounterTable]> {
    TableAnswer(directory.counters(&buffer)) { $0.map(CounterTable.init) }
  }

  /// `netstat`
  public mutating func extendedCounters() -> TableAnswer<[CounterTable]> {
    TableAnswer(directory.extendedCounters(&buffer)) { $0.map(CounterTable.init) }
  }

  /// `snmp6`, without titles.
  public mutating func counters6() -> TableAnswer<CounterTable> {
    TableAnswer(directory.counters6(&buffer), CounterTable.init)
  }

  /// `sctp/snmp`, without titles.
  public mutating func sctpCounters() -> TableAnswer<CounterTable> {
    TableAnswer(directory.sctpCounters(&buffer), CounterTable.init)
  }

  /// The rows of `/proc/net/unix`, and how many of its lines are none (a name with a newline makes such).
  public mutating func unixTable() -> TableAnswer<(rows: [UnixTableRow], unreadableLines: Int)> {
    TableAnswer(directory.unixSockets(&buffer)) { ($0.records.map(UnixTableRow.init), $0.unreadableLines) }
  }

  public mutating func sctpEndpoints() -> TableAnswer<[SCTPTableRow]> {
    TableAnswer(directory.sctpEndpoints(&buffer)) { $0.records.map(SCTPTableRow.init) }
  }

  public mutating func sctpAssociations() -> TableAnswer<[SCTPTableRow]> {
    TableAnswer(directory.sctpAssociations(&buffer)) { $0.records.map(SCTPTableRow.init) }
  }

  /// Whether `/proc/net` has a file of that name.
  public static func hasTable(_ name: String) -> Bool { ThisProcess.cannotRead("/proc/net/\(name)") == nil }

  /// Interfaces in the kernel's order, then the labels of addresses that are no interface's name.
  public mutating func interfaces() -> TableAnswer<[NetworkInterface]> {
    let socket: InterfaceSocket
    do throws(SystemError) { socket = try InterfaceSocket() } catch {
      return .failed(error.errno.description)
    }
    let addresses6 = directory.addresses6(&buffer).value?.records ?? []
    let answer = TableAnswer(directory.interfaceCounters(&buffer), \.records)
    guard let records = answer.value else {
      if case .failed(let reason) = answer { return .failed(reason) }
      return .absent
    }
    var interfaces: [NetworkInterface] = []
    for record in records {
      guard var interface = NetworkInterface(socket, record.name) else { continue }
      interface.counters = InterfaceCounters(record)
      interface.addresses6 = addresses6.filter { $0.interface == record.name }.map(InterfaceAddress6.init)
      interfaces.append(interface)
    }
    var known = Set(records.map(\.name))
    // Without the list there are no labels to show.
    for label in (try? socket.addressLabels()) ?? [] where known.insert(label).inserted {
      if let interface = NetworkInterface(socket, label) { interfaces.append(interface) }
    }
    return .value(interfaces)
  }
}

extension NetworkInterface {
  /// nil when it is gone by now.
  fileprivate init?(_ socket: borrowing InterfaceSocket, _ name: [UInt8]) {
    guard let flags = socket.flags(of: name) else { return nil }
    self.init(name: RawText(name), flags: InterfaceFlags(rawValue: flags))
    mtu = socket.mtu(of: name) ?? 0
    queueLength = socket.queueLength(of: name)
    if let hardware = socket.hardware(of: name) {
      hardwareType = hardware.type
      hardwareAddress = hardware.address
    }
    if let map = socket.deviceMap(of: name) {
      device = DevicePlace(
        memoryStart: map.memoryStart, memoryEnd: map.memoryEnd, baseAddress: map.baseAddress,
        interrupt: map.interrupt, dmaChannel: map.dmaChannel, port: map.port)
    }
    guard let own = socket.address(.own, of: name) else { return }
    func other(_ kind: InterfaceSocket.Address) -> IPAddress {
      IPAddress(v4: socket.address(kind, of: name) ?? 0)
    }
    address = InterfaceAddress(
      address: IPAddress(v4: own), netmask: other(.netmask), broadcast: other(.broadcast),
      destination: other(.destination))
  }
}

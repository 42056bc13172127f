import KernelBPF
import KernelSystem
import Model

extension EventActor {
  var identity: ProcessIdentity { ProcessIdentity(pid: tgid, startNanoseconds: start) }
  var parentIdentity: ProcessIdentity { ProcessIdentity(pid: parent_tgid, startNanoseconds: parent_start) }
}

extension EventFork {
  var identity: ProcessIdentity { ProcessIdentity(pid: child_tgid, startNanoseconds: child_start) }
}

extension ProcessIdentity {
  /// From the kernel's clock to that of `/proc/PID/stat`.
  init(pid: UInt32, startNanoseconds: UInt64) {
    self.init(
      pid: ProcessID(Int32(bitPattern: pid)),
      startTicks: startNanoseconds / (1_000_000_000 / KernelClock.ticksPerSecond))
  }
}

extension EventSocketFacts {
  init(_ record: EventSocket) {
    self.init()
    netns = NetworkNamespace(record.netns)
    cookie = SocketCookie(record.cookie)
    inode = record.inode
    family = AddressFamily(rawValue: record.family)
    type = SocketType(rawValue: record.type)
    `protocol` = SocketProtocol(rawValue: record.protocol)
    state = SocketState(rawValue: record.state) ?? .close
    if family == .packet {
      interfaceIndex = record.interface_index
      takeLink(record.peer_address)
    }
    if family.isInternet {
      let (own, other) = (record.local, record.peer)
      local = Endpoint(IPAddress(family: family, high: own.high, low: own.low), port: record.local_port)
      peer = Endpoint(IPAddress(family: family, high: other.high, low: other.low), port: record.peer_port)
    }
  }

  /// Of a packet socket: see `EventRecord.h`.
  mutating func takeLink(_ words: (UInt64, UInt64)) {
    if words.1 == 0 { return }
    interfaceIndex = UInt32(truncatingIfNeeded: words.1)
    self.protocol = SocketProtocol(rawValue: UInt16(truncatingIfNeeded: words.1 >> 32))
    let length = min(words.1 >> 48, 8)
    let bytes = (0..<length).map { UInt8(truncatingIfNeeded: words.0.littleEndian >> (8 * $0)) }
    peerHardware = bytes.isEmpty ? nil : HardwareAddress(bytes)
  }

  mutating func take(_ totals: EventTotals) {
    sentBytes = totals.bytes_sent
    receivedBytes = totals.bytes_received
    retransmits = totals.retransmits
    if totals.srtt_us > 0 { roundTripMicroseconds = totals.srtt_us }
    if totals.min_rtt_us != .max { minimumRoundTripMicroseconds = totals.min_rtt_us }
  }

  mutating func take(_ flow: EventFlow) {
    sentBytes = flow.bytes_sent
    receivedBytes = flow.bytes_received
    sentPackets = flow.packets_sent
    receivedPackets = flow.packets_received
  }
}

extension ExitFacts {
  init(_ exit: EventExit, duration: UInt64?) {
    self.init(
      code: exit.code, signal: exit.signal, dumpedCore: exit.dumpedCore, durationNanoseconds: duration,
      cpuNanoseconds: exit.cpu_time)
  }
}

extension EventIDs {
  var credentials: CredentialChange.Side {
    CredentialChange.Side(
      user: IDSet(
        real: user, effective: effective_user, saved: saved_user, fileSystem: file_system_user),
      group: IDSet(
        real: group, effective: effective_group, saved: saved_group, fileSystem: file_system_group))
  }

  /// By the names of `/proc/PID/ns`.
  var namespaces: [(kind: String, inode: UInt32)] {
    [
      ("user", user_namespace), ("mnt", mount_namespace), ("net", network_namespace),
      ("pid_for_children", pid_namespace), ("time_for_children", time_namespace), ("uts", uts_namespace),
      ("ipc", ipc_namespace), ("cgroup", cgroup_namespace),
    ]
  }
}

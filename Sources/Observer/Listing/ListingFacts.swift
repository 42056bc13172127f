import KernelBPF
import KernelProc
import KernelSystem
import Model

/// Facts that a listing is read with: counters of this thread's network namespace, and names of the host.
public struct ListingFacts: ~Copyable {
  private let proc: ProcFileSystem
  private var buffer = ReadBuffer()

  /// `path` is a tree that looks like `/proc`.
  public init(procPath path: String? = nil) throws(SystemError) {
    proc = try ProcFileSystem(path: path ?? "/proc")
  }

  /// From where the kernel takes ports that nobody chose; what it is by default where that cannot be read.
  public static func ephemeralPorts(procPath path: String? = nil) -> ClosedRange<UInt16> {
    let file = (path ?? "/proc") + "/sys/net/ipv4/ip_local_port_range"
    // No such file in a container's view: the range that the kernel starts with.
    let text = (try? TextFile.read(file, atMost: 64)) ?? []
    let numbers = text.split { !(48...57).contains($0) }.compactMap {
      UInt16(String(decoding: $0, as: UTF8.self))
    }
    guard numbers.count == 2, numbers[0] <= numbers[1] else { return 32768...60999 }
    return numbers[0]...numbers[1]
  }

  /// `comm` of a process; nil when it is gone.
  public mutating func processName(_ pid: UInt32) -> [UInt8]? {
    guard let pid = Int32(exactly: pid), case .value(let directory) = proc.process(pid) else { return nil }
    return directory.stat(&buffer).value?.name
  }

  /// SELinux context of a process.
  public mutating func context(_ pid: UInt32) -> [UInt8]? {
    guard let pid = Int32(exactly: pid), case .value(let directory) = proc.process(pid) else { return nil }
    return directory.securityContext(&buffer).value
  }

  /// The kernel's counts of sockets, with those of TCP connections that are established; nil where it does not tell.
  public mutating func counts() -> (sockets: SocketCounts, established: Int)? {
    guard case .value(let network) = proc.network(), let statistics = network.statistics(&buffer).value else {
      return nil
    }
    let tcp = network.counters(&buffer).value?.first { $0.title == "Tcp" }
    let established = tcp?.counters.first { $0.name == "CurrEstab" }?.value ?? 0  // nothing counted
    return (SocketCounts(statistics), Int(clamping: established))
  }

  /// Where cgroup v2 is mounted; nil if it is not.
  public static var controlGroupMount: String? { CgroupMount.path() }
}

/// Sockets by table, as the kernel counts them.
public struct SocketCounts: Sendable {
  public let all, tcpAllocated, tcpOrphans, tcpTimeWait: Int
  public let tcp4, tcp6, udp4, udp6, raw4, raw6, fragments4, fragments6: Int

  init(_ statistics: SocketStatistics) {
    all = Int(clamping: statistics.socketsUsed)
    tcpAllocated = Int(clamping: statistics.tcpAllocated)
    tcpOrphans = Int(clamping: statistics.tcpOrphans)
    tcpTimeWait = Int(clamping: statistics.tcpTimeWait)
    tcp4 = Int(clamping: statistics.tcpInUse)
    tcp6 = Int(clamping: statistics.tcp6InUse)
    udp4 = Int(clamping: statistics.udpInUse)
    udp6 = Int(clamping: statistics.udp6InUse)
    raw4 = Int(clamping: statistics.rawInUse)
    raw6 = Int(clamping: statistics.raw6InUse)
    fragments4 = Int(clamping: statistics.fragmentQueues)
    fragments6 = Int(clamping: statistics.fragmentQueues6)
  }
}

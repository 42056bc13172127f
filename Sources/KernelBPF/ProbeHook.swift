/// What the kernel must offer for a program to attach.
public enum HookNeed: Hashable, Sendable, CustomStringConvertible {
  /// A raw tracepoint with type information (`btf_trace_NAME`) of at least so many arguments.
  case tracepoint(String, arguments: Int = 0)
  /// A trampoline at the entry of a kernel function.
  case entry(String)
  /// A trampoline at its return.
  case exit(String)
  /// A cgroup program of the attach type, on the unified hierarchy.
  case cgroup(CgroupHook)
  /// perf_event_open(2) of a CPU's software event.
  case perfEvents

  public var description: String {
    switch self {
    case .tracepoint(let name, _): "tracepoint \(name)"
    case .entry(let function): "fentry \(function)"
    case .exit(let function): "fexit \(function)"
    case .cgroup(let hook): "cgroup \(hook.rawValue)"
    case .perfEvents: "perf events"
    }
  }
}

/// A place where cgroup programs run.
public enum CgroupHook: String, Sendable, CaseIterable {
  case connect4, connect6, getpeername4, getpeername6, bind4 = "post_bind4", bind6 = "post_bind6"
  case sendmsg4, sendmsg6, recvmsg4, recvmsg6
  case socketRelease = "sock_release"
  case ingress
}

/// Whether this kernel offers a hook.
public enum HookVerdict: Hashable, Sendable {
  case available
  /// The kernel has no such tracepoint or function, or no unified cgroup hierarchy is mounted.
  case absent
  /// The kernel has it and says no.
  case refused(String)
}

/// A thing that the watcher can learn from the kernel.
public enum ProbeFact: String, Sendable, CaseIterable, Hashable {
  case fork, exec, exit, rename
  case execFailure = "failed exec"
  case connections = "connect, listen, close"
  case accept
  case ringAccept = "accept through io_uring"
  case connectFailure = "failed connect"
  case bind
  case datagrams
  case datagramPeers = "peers of unconnected datagrams"
  case rawDatagrams = "raw, ICMP and packet sockets"
  case rawPeers = "peers of received raw and ICMP packets"
  case datagramEnd = "end of datagram sockets"
  case packetEnd = "end of packet sockets"
  case unixConnections = "unix connect, accept"
  case identity = "change of ids, namespaces"
  case moduleLoad = "module load"
  case moduleUnload = "module unload"
  case dns = "DNS answers"
}

/// The objects that the build embeds.
public enum ProbeObject: String, Sendable, CaseIterable, Hashable {
  case process, connections, calls, datagrams, modules, names, unix, identity
  /// Not of the event session: `CreationSession` has it.
  case creation
}

/// One way to learn a fact: programs of one object, and what they need.
public struct ProbeHook: Hashable, Sendable {
  public let fact: ProbeFact
  /// nil: no eBPF program (perf events).
  public let object: ProbeObject?
  public let programs: [String]
  public let needs: [HookNeed]
  /// The way covers these other facts too, so their own hooks are not needed.
  public let covers: Set<ProbeFact>
  /// Every system call of the host pays for it.
  public let taxesEveryCall: Bool

  init(
    _ fact: ProbeFact, _ object: ProbeObject?, _ programs: [String], _ needs: [HookNeed],
    covers: Set<ProbeFact> = [], taxesEveryCall: Bool = false
  ) {
    self.fact = fact
    self.object = object
    self.programs = programs
    self.needs = needs
    self.covers = covers
    self.taxesEveryCall = taxesEveryCall
  }

  /// Every known way to each fact, best first.
  public static let ways: [ProbeHook] = [
    ProbeHook(.fork, .process, ["process_fork"], [.tracepoint("sched_process_fork")]),
    ProbeHook(.exec, .process, ["process_exec"], [.tracepoint("sched_process_exec")]),
    ProbeHook(.exit, .process, ["process_exit"], [.tracepoint("sched_process_exit", arguments: 2)]),
    ProbeHook(.exit, .process, ["process_exit_old"], [.tracepoint("sched_process_exit", arguments: 1)]),
    ProbeHook(.rename, .process, ["process_rename"], [.tracepoint("task_rename")]),
    ProbeHook(
      .connections, .connections, ["tcp_state", "tcp_state_twin"], [.tracepoint("inet_sock_set_state")]),
    ProbeHook(
      .accept, .connections, ["accept_graft"], [.entry("security_sock_graft")], covers: [.ringAccept]),
    ProbeHook(.accept, .connections, ["accept_return"], [.exit("inet_csk_accept")], covers: [.ringAccept]),
    ProbeHook(.accept, .calls, ["call_result"], [.tracepoint("sys_exit")], taxesEveryCall: true),
    ProbeHook(
      .accept, .connections, ["accept_getpeername4", "accept_getpeername6"],
      [.cgroup(.getpeername4), .cgroup(.getpeername6)]),
    ProbeHook(.ringAccept, .calls, ["accept_uring"], [.tracepoint("io_uring_complete", arguments: 3)]),
    ProbeHook(.ringAccept, .calls, ["accept_uring_old"], [.tracepoint("io_uring_complete", arguments: 4)]),
    ProbeHook(
      .connectFailure, .connections, ["connect_return", "datagram_connect_return"],
      [.exit("inet_stream_connect"), .exit("inet_dgram_connect")]),
    ProbeHook(.connectFailure, .calls, ["call_result"], [.tracepoint("sys_exit")], taxesEveryCall: true),
    ProbeHook(
      .execFailure, .calls, ["exec_return", "execveat_return"],
      [.exit("__x64_sys_execve"), .exit("__x64_sys_execveat")]),
    ProbeHook(.execFailure, .calls, ["call_result"], [.tracepoint("sys_exit")], taxesEveryCall: true),
    ProbeHook(
      .datagrams, .datagrams, datagramPrograms + rawPrograms, datagramFunctions + rawFunctions,
      covers: [.datagramPeers, .rawDatagrams]),
    ProbeHook(
      .datagrams, .datagrams, ["flow_send", "flow_receive"],
      [.tracepoint("sock_send_length"), .tracepoint("sock_recv_length")], covers: [.rawDatagrams]),
    ProbeHook(.datagrams, .datagrams, datagramPrograms, datagramFunctions, covers: [.datagramPeers]),
    ProbeHook(
      .datagramPeers, .datagrams, ["peer_send4", "peer_send6", "peer_receive4", "peer_receive6"],
      [.cgroup(.sendmsg4), .cgroup(.sendmsg6), .cgroup(.recvmsg4), .cgroup(.recvmsg6)]),
    ProbeHook(
      .rawPeers, .datagrams, ["peer_receive_raw"], [.tracepoint("skb_copy_datagram_iovec")]),
    ProbeHook(.datagramEnd, .datagrams, ["flow_end"], [.cgroup(.socketRelease)]),
    ProbeHook(.packetEnd, .datagrams, ["packet_end"], [.entry("packet_release")]),
    ProbeHook(
      .unixConnections, .unix, ["unix_connect_return", "unix_accept_return"],
      [.exit("unix_stream_connect"), .exit("unix_accept")]),
    ProbeHook(.unixConnections, .calls, ["call_result"], [.tracepoint("sys_exit")], taxesEveryCall: true),
    ProbeHook(
      .identity, .identity, ["identity_credentials", "identity_namespaces"],
      [.entry("commit_creds"), .entry("switch_task_namespaces")]),
    ProbeHook(
      .identity, .calls, ["identity_call", "call_result"],
      [.tracepoint("sys_enter"), .tracepoint("sys_exit")],
      taxesEveryCall: true),
    ProbeHook(.moduleLoad, nil, [], [.perfEvents]),
    ProbeHook(.moduleUnload, .modules, ["unmap_entry"], [.entry("__x64_sys_munmap")]),
    ProbeHook(.moduleUnload, .modules, ["unmap_call"], [.tracepoint("sys_enter")], taxesEveryCall: true),
    ProbeHook(
      .dns, .names, ["dns_answer", "ask_connect4", "ask_connect6", "ask_send4", "ask_send6"],
      [.cgroup(.ingress), .cgroup(.connect4), .cgroup(.connect6), .cgroup(.sendmsg4), .cgroup(.sendmsg6)]),
    ProbeHook(.bind, .connections, ["bind4", "bind6"], [.cgroup(.bind4), .cgroup(.bind6)]),
  ]

  private static let datagramPrograms = ["flow_send4", "flow_send6", "flow_receive4", "flow_receive6"]
  private static let datagramFunctions: [HookNeed] =
    ["udp_sendmsg", "udpv6_sendmsg", "udp_recvmsg", "udpv6_recvmsg"].map { .exit($0) }
  private static let rawPrograms = [
    "raw_send4", "raw_send6", "raw_receive4", "raw_receive6", "icmp_send4", "icmp_send6", "icmp_receive",
    "packet_send", "packet_receive",
  ]
  private static let rawFunctions: [HookNeed] = [
    "raw_sendmsg", "rawv6_sendmsg", "raw_recvmsg", "rawv6_recvmsg", "ping_v4_sendmsg", "ping_v6_sendmsg",
    "ping_recvmsg", "packet_sendmsg", "packet_recvmsg",
  ].map { .exit($0) }
}

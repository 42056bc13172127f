import CLinux
import KernelSystem

/// Asks the kernel which hooks it allows, by its type information and by loading programs of two instructions.
///
/// A trial is the only proof: this kernel's list of functions shows `inet_csk_accept`, and fexit on it is EPERM.
@safe public struct HookTrial: ~Copyable {
  private let types: OpaquePointer

  /// Reads the kernel's type information (`/sys/kernel/btf/vmlinux`), about 20 ms.
  public init() throws(BPFError) {
    guard let types = unsafe btf__load_vmlinux_btf() else {
      throw BPFError(step: .open, object: "/sys/kernel/btf/vmlinux", errno: .current, log: "")
    }
    unsafe self.types = types
  }

  /// The verdict on each hook that some way to one of `facts` needs.
  public borrowing func verdicts(for facts: Set<ProbeFact>) -> [HookNeed: HookVerdict] {
    var verdicts: [HookNeed: HookVerdict] = [:]
    for hook in ProbeHook.ways where facts.contains(hook.fact) {
      for need in hook.needs where verdicts[need] == nil { verdicts[need] = verdict(on: need) }
    }
    return verdicts
  }

  public borrowing func verdict(on need: HookNeed) -> HookVerdict {
    switch need {
    case .tracepoint(let name, let arguments): tracepoint(name, arguments)
    case .entry(let function): trampoline(function, BPF_TRACE_FENTRY)
    case .exit(let function): trampoline(function, BPF_TRACE_FEXIT)
    case .cgroup(let hook): cgroup(hook)
    case .perfEvents: perfEvents()
    }
  }

  /// Arguments are counted in the type's prototype, whose first is the private data. Where several counts are told
  /// apart (`io_uring_complete`) the exact one is wanted by the program's form: 3, or more.
  private borrowing func tracepoint(_ name: String, _ arguments: Int) -> HookVerdict {
    let type = unsafe btf__find_by_name_kind(types, "btf_trace_\(name)", clinux_btf_kind_typedef)
    guard type > 0 else { return .absent }
    guard arguments > 0 else { return .available }
    guard let count = argumentCount(ofTypedef: type) else { return .refused("its type is not a function") }
    let fits = arguments == 3 ? count == 3 : count >= arguments
    return fits ? .available : .refused("it has \(count) arguments on this kernel")
  }

  private borrowing func argumentCount(ofTypedef type: Int32) -> Int? {
    // typedef -> pointer -> function prototype; `type` of struct btf_type is in the union with `size`.
    guard let alias = unsafe btf__type_by_id(types, UInt32(type)),
      let pointer = unsafe btf__type_by_id(types, alias.pointee.type),
      let prototype = unsafe btf__type_by_id(types, pointer.pointee.type)
    else { return nil }
    // BTF_INFO_VLEN of linux/btf.h: the low 16 bits; one of them is the private data.
    return unsafe Int(prototype.pointee.info & 0xffff) - 1
  }

  private borrowing func trampoline(_ function: String, _ attach: bpf_attach_type) -> HookVerdict {
    let type = unsafe btf__find_by_name_kind(types, function, clinux_btf_kind_func)
    guard type > 0 else { return .absent }
    var options = unsafe bpf_prog_load_opts()
    unsafe options.expected_attach_type = attach
    unsafe options.attach_btf_id = UInt32(type)
    return unsafe load(BPF_PROG_TYPE_TRACING, returning: 0, &options)
  }

  private borrowing func cgroup(_ hook: CgroupHook) -> HookVerdict {
    guard CgroupMount.path() != nil else { return .refused("no cgroup2 file system is mounted") }
    var options = unsafe bpf_prog_load_opts()
    let (type, attach) = hook.types
    unsafe options.expected_attach_type = attach
    return unsafe load(type, returning: 1, &options)
  }

  private borrowing func perfEvents() -> HookVerdict {
    do throws(SystemError) {
      _ = try MappingRing(cpu: 0)
      return .available
    } catch { return .refused(error.description) }
  }

  /// Loads `return VALUE`, and lets it go.
  private borrowing func load(
    _ type: bpf_prog_type, returning value: UInt64, _ options: inout bpf_prog_load_opts
  ) -> HookVerdict {
    unsafe options.sz = MemoryLayout<bpf_prog_load_opts>.size
    // struct bpf_insn is 8 bytes, little-endian here: `r0 = value` (0xb7), `exit` (0x95).
    let instructions: [UInt64] = [value << 32 | 0xb7, 0x95]
    // SAFETY: two instructions of 8 bytes each, read by the call only.
    let descriptor = unsafe instructions.withUnsafeBytes { (bytes) -> Int32 in
      let first = unsafe bytes.baseAddress?.assumingMemoryBound(to: bpf_insn.self)
      return unsafe bpf_prog_load(type, "trial", "GPL", first, instructions.count, &options)
    }
    guard descriptor >= 0 else {
      let errno = Errno(rawValue: -descriptor)
      return .refused("\(errno.description) (\(errno.name))")
    }
    _ = OwnedDescriptor(owning: descriptor)
    return .available
  }

  deinit { unsafe btf__free(types) }
}

extension CgroupHook {
  /// The program type and the attach type of `linux/bpf.h`.
  var types: (bpf_prog_type, bpf_attach_type) {
    switch self {
    case .connect4: (BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_INET4_CONNECT)
    case .connect6: (BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_INET6_CONNECT)
    case .getpeername4: (BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_INET4_GETPEERNAME)
    case .getpeername6: (BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_INET6_GETPEERNAME)
    case .sendmsg4: (BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_UDP4_SENDMSG)
    case .sendmsg6: (BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_UDP6_SENDMSG)
    case .recvmsg4: (BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_UDP4_RECVMSG)
    case .recvmsg6: (BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_UDP6_RECVMSG)
    case .bind4: (BPF_PROG_TYPE_CGROUP_SOCK, BPF_CGROUP_INET4_POST_BIND)
    case .bind6: (BPF_PROG_TYPE_CGROUP_SOCK, BPF_CGROUP_INET6_POST_BIND)
    case .socketRelease: (BPF_PROG_TYPE_CGROUP_SOCK, BPF_CGROUP_INET_SOCK_RELEASE)
    case .ingress: (BPF_PROG_TYPE_CGROUP_SKB, BPF_CGROUP_INET_INGRESS)
    }
  }
}

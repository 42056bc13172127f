import CLinux

/// A capability of capabilities(7); the raw value is its bit.
public struct Capability: Hashable, Sendable {
  public let bit: UInt64
  public let name: String

  public static let dacReadSearch = Capability(bit: UInt64(CAP_DAC_READ_SEARCH), name: "CAP_DAC_READ_SEARCH")
  public static let netAdmin = Capability(bit: UInt64(CAP_NET_ADMIN), name: "CAP_NET_ADMIN")
  public static let netRaw = Capability(bit: UInt64(CAP_NET_RAW), name: "CAP_NET_RAW")
  public static let sysPtrace = Capability(bit: UInt64(CAP_SYS_PTRACE), name: "CAP_SYS_PTRACE")
  public static let sysAdmin = Capability(bit: UInt64(CAP_SYS_ADMIN), name: "CAP_SYS_ADMIN")
  public static let setUserID = Capability(bit: UInt64(CAP_SETUID), name: "CAP_SETUID")
  public static let setGroupID = Capability(bit: UInt64(CAP_SETGID), name: "CAP_SETGID")
  /// Since 5.8.
  public static let perfmon = Capability(bit: UInt64(CAP_PERFMON), name: "CAP_PERFMON")
  /// Since 5.8.
  public static let bpf = Capability(bit: UInt64(CAP_BPF), name: "CAP_BPF")
}

/// What the calling thread may do: its effective user and capabilities.
public struct Privileges: Sendable, Equatable {
  public let effectiveUserID: UInt32
  /// A bit a capability, as in `CapEff` of proc_pid_status(5).
  public let effectiveCapabilities: UInt64

  public init(effectiveUserID: UInt32, effectiveCapabilities: UInt64) {
    self.effectiveUserID = effectiveUserID
    self.effectiveCapabilities = effectiveCapabilities
  }

  /// capget(2) and geteuid(2).
  public static func ofThisThread() -> Privileges {
    var effective: UInt64 = 0
    let status = unsafe clinux_effective_capabilities(&effective)
    precondition(status == 0, "capget of the calling thread cannot fail")
    return Privileges(effectiveUserID: geteuid(), effectiveCapabilities: effective)
  }

  /// Gives up, for good, all capabilities of the calling thread but those, and with them all that an exec could gain. Threads
  /// that it makes later inherit this; those that are there are not touched.
  public static func keep(only kept: [Capability]) {
    let status = clinux_keep_capabilities(kept.reduce(0) { $0 | 1 << $1.bit })
    precondition(status == 0, "capset that only takes away cannot fail")
  }

  /// `CAP_BPF CAP_PERFMON`: of those that this program has use for.
  public var names: String {
    let all: [Capability] = [
      .bpf, .perfmon, .netAdmin, .netRaw, .sysPtrace, .dacReadSearch, .sysAdmin, .setUserID, .setGroupID,
    ]
    let known = all.filter(has).map(\.name)
    let others = effectiveCapabilities & ~all.reduce(0) { $0 | 1 << $1.bit }
    return (others == 0 ? known : known + ["others"]).joined(separator: " ")
  }

  public func has(_ capability: Capability) -> Bool {
    effectiveCapabilities >> capability.bit & 1 == 1
  }

  /// Tracing programs and iterators load (PROBES §8): BPF and PERFMON, or SYS_ADMIN.
  public var mayTrace: Bool { has(.sysAdmin) || has(.bpf) && has(.perfmon) }
  /// setns(2) into network namespaces of the initial user namespace.
  public var mayEnterNamespaces: Bool { has(.sysAdmin) }
  /// Reads the descriptors of every process through `/proc`.
  public var mayReadEveryProcess: Bool { has(.sysPtrace) && (has(.dacReadSearch) || effectiveUserID == 0) }
}

import KernelSystem

/// Chooses how holders are found: pure, from what this host costs and allows.
public struct HolderPlan: Sendable, Equatable {
  public enum Method: String, Sendable { case iterator, procfs }
  public let method: Method
  /// One clause for `doctor` and errors: why this one.
  public let reason: String

  /// What decides.
  public struct Situation: Sendable, Equatable {
    public var mayTrace: Bool
    /// The iterator names processes as the initial pid namespace does: elsewhere its pids mean others.
    public var isInInitialPIDNamespace: Bool
    public var mayReadEveryProcess: Bool
    /// The loaded program is kept until the host reboots (`/run/sockeye`, root only): loading is paid once.
    public var keepsProgram: Bool
    /// Open files of the host, `/proc/sys/fs/file-nr`.
    public var openFiles: Int
    /// Namespaces whose TCP tables would each be walked by sock_diag.
    public var namespaces: Int
    public init(
      mayTrace: Bool, isInInitialPIDNamespace: Bool, mayReadEveryProcess: Bool, keepsProgram: Bool,
      openFiles: Int,
      namespaces: Int
    ) {
      self.mayTrace = mayTrace
      self.isInInitialPIDNamespace = isInInitialPIDNamespace
      self.mayReadEveryProcess = mayReadEveryProcess
      self.keepsProgram = keepsProgram
      self.openFiles = openFiles
      self.namespaces = namespaces
    }
  }

  // Measured costs, microseconds (Documentation/Performance.md): loading the iterator, a descriptor by either way,
  // and a namespace by either way.
  static let iteratorLoad = 28_000.0
  static let keptIteratorLoad = 1_500.0
  static let iteratorDescriptor = 0.4
  static let iteratorNamespace = 60.0
  static let procDescriptor = 4.3
  static let procNamespace = 1_700.0

  public init(_ request: SnapshotRequest.HolderSource, _ situation: Situation) {
    switch request {
    case .iterator: self.init(.iterator, "asked for")
    case .procfs: self.init(.procfs, "asked for")
    case .automatic: self = Self.cheaper(situation)
    }
  }

  private init(_ method: Method, _ reason: String) {
    self.method = method
    self.reason = reason
  }

  private static func cheaper(_ situation: Situation) -> HolderPlan {
    guard situation.mayTrace else {
      return HolderPlan(.procfs, "the iterator needs CAP_BPF and CAP_PERFMON, or CAP_SYS_ADMIN")
    }
    guard situation.isInInitialPIDNamespace else {
      return HolderPlan(.procfs, "the iterator's pids are not those of this pid namespace")
    }
    guard situation.mayReadEveryProcess else {
      return HolderPlan(.iterator, "/proc would show own processes only")
    }
    let files = Double(situation.openFiles)
    let namespaces = Double(situation.namespaces)
    let load = situation.keepsProgram ? keptIteratorLoad : iteratorLoad
    let iterator = load + files * iteratorDescriptor + namespaces * iteratorNamespace
    let procfs = files * procDescriptor + namespaces * procNamespace
    return iterator < procfs
      ? HolderPlan(.iterator, "cheaper for \(situation.openFiles) open files")
      : HolderPlan(.procfs, "cheaper for \(situation.openFiles) open files")
  }
}

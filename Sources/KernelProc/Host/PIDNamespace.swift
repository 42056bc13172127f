import KernelSystem

extension ProcFileSystem {
  /// Whether this process is in the initial pid namespace, where pids are the kernel's own.
  ///
  /// By the inode that every kernel gives it, PROC_PID_INIT_INO of include/linux/proc_ns.h.
  public var isInInitialPIDNamespace: Bool {
    guard case .value(let directory) = process(ThisProcess.pid), let inode = directory.namespace(.pid).value
    else {
      return false
    }
    return inode == 0xefff_fffc
  }
}

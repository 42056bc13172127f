import KernelProc
import KernelSystem
import Model

/// SELinux: whether it is on, and the contexts of processes.
public enum SecurityLabels {
  /// As is_selinux_enabled(3): its file system is mounted, and the host is configured for it.
  public static var isSELinuxEnabled: Bool {
    ThisProcess.cannotRead("/sys/fs/selinux/status") == nil
      && ThisProcess.cannotRead("/etc/selinux/config") == nil
  }

  /// The context of the kernel's own work.
  public static var ofKernel: [UInt8]? {
    // Without SELinux there is none.
    guard let text = try? TextFile.read("/sys/fs/selinux/initial_contexts/kernel", atMost: 4096) else {
      return nil
    }
    return Array(text.prefix { $0 != 0 && $0 != 10 })
  }

  /// The contexts that may be read.
  public static func of(_ processes: [Process]) -> [ProcessID: RawText] {
    // Without /proc there are no labels.
    guard let proc = try? ProcFileSystem() else { return [:] }
    var buffer = ReadBuffer()
    var labels: [ProcessID: RawText] = [:]
    for process in processes {
      let pid = process.identity.pid
      guard case .value(let directory) = proc.process(pid.rawValue) else { continue }
      if let label = directory.securityContext(&buffer).value { labels[pid] = RawText(label) }
    }
    return labels
  }
}

import KernelProc
import KernelSystem
import Model

/// Which programs and libraries the processes of this moment have mapped.
public enum ModuleObserver {
  /// Each file with an executable mapping, once a process, by pid and address. A process of whose mappings nothing may be
  /// seen is counted in a gap.
  public static func take() throws(ObserverError) -> (modules: [LoadedModule], gaps: [Gap]) {
    var modules: [LoadedModule] = []
    var refused = 0
    var buffer = ReadBuffer()
    do throws(SystemError) {
      let proc = try ProcFileSystem()
      for pid in try proc.processIDs().sorted() {
        guard case .value(let directory) = proc.process(pid), let stat = directory.stat(&buffer).value else {
          continue
        }
        switch directory.memoryMap(&buffer) {
        case .value(let mappings):
          let process = ProcessIdentity(pid: ProcessID(pid), startTicks: stat.startTicks)
          modules += self.modules(of: process, mappings)
        case .denied: refused += 1
        default: break
        }
      }
    } catch { throw .system(error) }
    guard refused > 0 else { return (modules, []) }
    let gap = Gap(
      kind: .processRefused, count: refused,
      message: "the modules of " + Counted.processes(refused) + " could not be seen",
      remedy: Privileges.ofThisThread().mayReadEveryProcess ? nil : "run as root, or with CAP_SYS_PTRACE")
    return (modules, [gap])
  }

  static func modules(of process: ProcessIdentity, _ mappings: [MemoryMapping]) -> [LoadedModule] {
    struct File: Hashable {
      let inode: UInt64
      let deviceMajor: UInt32
      let deviceMinor: UInt32
    }
    var executable: Set<File> = []
    var modules: [File: LoadedModule] = [:]
    for mapping in mappings where mapping.inode != 0 {
      let file = File(
        inode: mapping.inode, deviceMajor: mapping.deviceMajor, deviceMinor: mapping.deviceMinor)
      if mapping.permissions.contains(.execute) { executable.insert(file) }
      if let module = modules[file] {
        modules[file]?.size = mapping.end - module.address
      } else {
        modules[file] = LoadedModule(
          process: process, path: RawText(mapping.path), address: mapping.start,
          size: mapping.end - mapping.start, inode: mapping.inode, isDeleted: mapping.isDeleted)
      }
    }
    return modules.filter { executable.contains($0.key) }.values.sorted { $0.address < $1.address }
  }
}

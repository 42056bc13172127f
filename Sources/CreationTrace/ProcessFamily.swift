import KernelProc
import KernelSystem

/// What has come from a process, and is there already.
enum ProcessFamily {
  /// Tells each with its parent, parents first.
  ///
  /// Listing races with births, so it goes on until nobody new is there: whoever `follow` has been called for is watched from
  /// then on, and what it makes before that is in the next listing. Who was orphaned before is nobody's any more.
  static func each(
    of root: Int32, _ follow: (_ process: Int32, _ parent: Int32) throws(SystemError) -> Void
  ) throws(SystemError) {
    let proc = try ProcFileSystem()
    var buffer = ReadBuffer()
    var family: Set<Int32> = [root]
    var isComplete = false
    while !isComplete {
      isComplete = true
      for process in try proc.processIDs() where !family.contains(process) && process != ThisProcess.pid {
        guard case .value(let directory) = proc.process(process),
          case .value(let stat) = directory.stat(&buffer), family.contains(stat.parentPID)
        else { continue }
        try follow(process, stat.parentPID)
        family.insert(process)
        isComplete = false
      }
    }
  }

  /// All threads of the process and of what came from it, as far as they can be seen.
  static func threads(of root: Int32) -> [Int32] {
    var family = [root]
    do throws(SystemError) {
      try each(of: root) { (process, _) in family.append(process) }
      let proc = try ProcFileSystem()
      return family.flatMap { (process) in
        guard case .value(let directory) = proc.process(process),
          case .value(let threads) = directory.threadIDs()
        else { return [process] }
        return threads
      }
    } catch { return family }
  }
}

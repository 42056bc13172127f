import KernelProc
import KernelSystem
import Model

/// Processes that are there already, with what they have mapped.
struct ProcessListing {
  struct Entry {
    var pid: Int32
    var name: RawText
    var mappings: [MemoryMapping]
  }
  private(set) var entries: [Entry] = []
  private(set) var failure: SystemError?
  private var known: Set<Int32> = [ThisProcess.pid]

  /// Everybody who is not known yet.
  mutating func addAll() {
    do throws(SystemError) {
      let proc = try ProcFileSystem()
      var buffer = ReadBuffer()
      for process in try proc.processIDs() { add(process, proc, &buffer) }
    } catch { failure = error }
  }

  mutating func add(_ process: Int32) {
    do throws(SystemError) {
      var buffer = ReadBuffer()
      add(process, try ProcFileSystem(), &buffer)
    } catch { failure = error }
  }

  private mutating func add(
    _ process: Int32, _ proc: borrowing ProcFileSystem, _ buffer: inout ReadBuffer
  ) {
    guard !known.contains(process), case .value(let directory) = proc.process(process),
      case .value(let mappings) = directory.memoryMap(&buffer)
    else { return }
    known.insert(process)
    var name = RawText([])
    if case .value(let stat) = directory.stat(&buffer) { name = RawText(stat.name) }
    entries.append(Entry(pid: process, name: name, mappings: mappings))
  }
}

import KernelSystem
import Model

/// SHA-256 of the files that processes run now, each read once, at once.
public struct ExecutableHashes {
  private var known: [ProcessID: String?] = [:]
  private var files: [FileIdentity: (hash: FileHash, asked: ProcessIdentity)] = [:]

  public init() {}

  /// Hexadecimal; nil when the file cannot be read or is larger than 1 GiB.
  ///
  /// Reads `/proc/PID/exe`, which leads to the file that was executed even when its path is gone or another's by now.
  public mutating func sha256(of process: Process) -> String? {
    let pid = process.identity.pid
    if let hash = known[pid] { return hash }
    var hash: String?
    // Gone, refused, or a kernel thread: nobody's.
    if let file = try? OwnedDescriptor.open("/proc/\(pid.rawValue)/exe"),
      let status = try? FileStatus(of: file)
    {
      hash = ExecutableFile.hash(of: file, status).sha256
    }
    known[pid] = .some(hash)
    return hash
  }

  /// Of the file that `process` was seen to execute; nil where it is not known which.
  public mutating func hash(of process: Process) -> FileHash? {
    guard let file = process.executableFile else { return nil }
    // Another process may have what the one before took with it.
    if let known = files[file], known.hash.sha256 != nil || known.asked == process.identity {
      return known.hash
    }
    let hash = ExecutableFile.hash(of: file, process: process.identity, path: process.executable)
    if files.count >= ExecutableHasher.fileLimit { files.removeAll(keepingCapacity: true) }
    files[file] = (hash, process.identity)
    return hash
  }
}

import KernelSystem
import Model

/// SHA-256 of the files that processes run, each read once.
public struct ExecutableHashes {
  private var known: [ProcessID: String?] = [:]
  /// A larger file is not read: it would take seconds.
  private static let largestFile = 1 << 30

  public init() {}

  /// Hexadecimal; nil when the file cannot be read or is larger than 1 GiB.
  ///
  /// Reads `/proc/PID/exe`, which leads to the file that was executed even when its path is gone or another's by now.
  public mutating func sha256(of process: Process) -> String? {
    let pid = process.identity.pid
    if let hash = known[pid] { return hash }
    let hash = Self.sha256(ofFileAt: "/proc/\(pid.rawValue)/exe")
    known[pid] = .some(hash)
    return hash
  }

  private static func sha256(ofFileAt path: String) -> String? {
    guard let file = try? OwnedDescriptor.open(path) else { return nil }  // gone, refused, or a kernel thread
    var digest = MessageDigest()
    var total = 0
    var chunk = [UInt8](repeating: 0, count: 1 << 18)
    while total <= largestFile {
      guard let count = try? file.read(into: &chunk) else { return nil }
      if count == 0 { return digest.finish().hexadecimal }
      digest.add(chunk.span.extracting(0..<count))
      total += count
    }
    return nil
  }
}

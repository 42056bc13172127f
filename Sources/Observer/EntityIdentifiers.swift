import KernelProc
import KernelSystem
import Model

/// Makes `process.entity_id`: the first 8 bytes of SHA-256 over machine id, boot id, pid and start time, in hexadecimal.
///
/// Stable for the life of a process, unique across hosts and boots for all practical purposes.
struct EntityIdentifiers {
  private let host: [UInt8]

  /// A host without a machine id is told apart by its boot id alone.
  static func ofThisHost(_ proc: borrowing ProcFileSystem) -> EntityIdentifiers {
    var buffer = ReadBuffer()
    var host: [UInt8] = []
    if let root = try? HostRoot() { host += root.machineID(&buffer).value ?? [] }
    host += proc.bootID(&buffer).value ?? []
    return EntityIdentifiers(host: host)
  }

  func identifier(of process: ProcessIdentity) -> String {
    var message = host
    for shift in stride(from: 0, to: 32, by: 8) {
      message.append(UInt8(truncatingIfNeeded: process.pid.rawValue >> shift))
    }
    for shift in stride(from: UInt64(0), to: 64, by: 8) {
      message.append(UInt8(truncatingIfNeeded: process.startTicks >> shift))
    }
    var digest = MessageDigest()
    digest.add(message.span)
    return digest.finish().prefix(8).hexadecimal
  }
}

/// The boot that we run in.
public enum ThisBoot {
  /// `/proc/sys/kernel/random/boot_id`; nil when it cannot be read.
  public static var id: String? {
    var buffer = ReadBuffer()
    guard let proc = try? ProcFileSystem(), let id = proc.bootID(&buffer).value else { return nil }
    return String(decoding: id, as: UTF8.self)
  }
}

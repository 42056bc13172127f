import CNettle
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
    let digits = Array("0123456789abcdef".utf8)
    var text: [UInt8] = []
    for byte in MessageDigest.sha256(message).prefix(8) {
      text.append(digits[Int(byte >> 4)])
      text.append(digits[Int(byte & 15)])
    }
    return String(decoding: text, as: UTF8.self)
  }
}

/// SHA-256 by nettle.
enum MessageDigest {
  static func sha256(_ message: [UInt8]) -> [UInt8] {
    var context = sha256_ctx()
    var digest = [UInt8](repeating: 0, count: Int(SHA256_DIGEST_SIZE))
    // SAFETY: nettle reads `count` bytes of the message and writes the digest's size.
    unsafe nettle_sha256_init(&context)
    unsafe nettle_sha256_update(&context, message.count, message)
    unsafe nettle_sha256_digest(&context, digest.count, &digest)
    return digest
  }
}

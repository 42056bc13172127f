import CLinux
import KernelSystem

/// An eBPF object file that the build embedded (`Plugins/BPFObject`).
struct BPFObject: Sendable {
  let name: StaticString
  let byteCount: Int
  /// FNV-1a of the ELF image, from the build: another number is another object.
  let fingerprint: UInt64
  let base64: StaticString

  init(name: StaticString, byteCount: Int, fingerprint: UInt64, base64: StaticString) {
    self.name = name
    self.byteCount = byteCount
    self.fingerprint = fingerprint
    self.base64 = base64
  }

  /// The ELF image. The generator wrote it, so a wrong length is a build error, not an input.
  func bytes() -> [UInt8] {
    // SAFETY: the buffer is the literal's own, valid for the call; indexes stay below its count.
    base64.withUTF8Buffer { (text) -> [UInt8] in
      var bytes = [UInt8]()
      bytes.reserveCapacity(byteCount + 2)
      for index in stride(from: 0, to: text.count - 3, by: 4) {
        var word: UInt32 = 0
        for offset in 0..<4 { word = unsafe word << 6 | Self.sextet(text[index + offset]) }
        bytes.append(UInt8(truncatingIfNeeded: word >> 16))
        bytes.append(UInt8(truncatingIfNeeded: word >> 8))
        bytes.append(UInt8(truncatingIfNeeded: word))
      }
      bytes.removeLast(bytes.count - byteCount)
      return bytes
    }
  }

  private static func sextet(_ character: UInt8) -> UInt32 {
    switch character {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(character) - 65
    case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(character) - 71
    case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(character) + 4
    case UInt8(ascii: "+"): 62
    default: 63
    }
  }
}

/// A step of loading or running a probe that the kernel or libbpf refused.
public struct BPFError: Error, Hashable, Sendable, CustomStringConvertible {
  public enum Step: String, Sendable { case open, configure, load, attach, create, read }
  public let step: Step
  public let object: String
  public let errno: Errno
  /// The last lines that libbpf logged, empty when it had none.
  public let log: String

  public var description: String {
    let cause = "BPF \(object): \(step.rawValue): \(errno) (\(errno.name))"
    // The verifier's verdict is its last line but the counts; without rights there is none worth reading.
    if errno == .notPermitted || log.isEmpty { return cause }
    let lines = log.split(separator: "\n").filter { !$0.hasPrefix("libbpf: failed to load object") }
    return lines.isEmpty ? cause : "\(cause): \(lines.suffix(3).joined(separator: "; "))"
  }
}

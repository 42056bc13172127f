import Foundation

/// A process and its descriptor number.
struct Holder: Hashable, CustomStringConvertible {
  let pid: Int
  let descriptor: Int
  var description: String { "pid \(pid) fd \(descriptor)" }
}

/// One end of a socket in a form that the fixture, sockeye and ss share.
enum End: Hashable, CustomStringConvertible {
  /// 4 or 16 bytes, and the port.
  case internet([UInt8], Int)
  /// Path or abstract name (which begins with NUL).
  case name([UInt8])

  /// nil for text that is no address, and for "none": the unspecified address with port 0.
  init?(address: String, port: Int) {
    var bytes = [UInt8](repeating: 0, count: 16)
    let bare = address.split(separator: "%", omittingEmptySubsequences: false).first.map(String.init) ?? ""
    if inet_pton(AF_INET, bare, &bytes) == 1 {
      bytes.removeLast(12)
    } else if inet_pton(AF_INET6, bare, &bytes) != 1 {
      return nil
    }
    if port == 0 && bytes.allSatisfy({ $0 == 0 }) { return nil }
    self = .internet(bytes, port)
  }

  var description: String {
    switch self {
    case .internet(let bytes, let port):
      var text = [CChar](repeating: 0, count: 64)
      _ = bytes.withUnsafeBytes {
        inet_ntop(bytes.count == 4 ? AF_INET : AF_INET6, $0.baseAddress, &text, socklen_t(text.count))
      }
      return
        "[\(String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self))]:\(port)"
    case .name(let bytes):
      return "\""
        + bytes.map { (32...126).contains($0) ? String(UnicodeScalar($0)) : "\\x" + hex($0) }.joined() + "\""
    }
  }
}

/// Two digits.
func hex(_ byte: UInt8) -> String { (byte < 16 ? "0" : "") + String(byte, radix: 16) }

/// What one source says of one socket. nil: it does not say.
struct Sighting: CustomStringConvertible {
  var label = ""
  var table = ""
  var inode: UInt64 = 0
  var cookie: UInt64 = 0
  var netns: UInt64?
  var family: String?
  var type: String?
  var state: String?
  var local: End?
  var peer: End?
  var receiveQueue: Int?
  var sendQueue: Int?
  var holders: Set<Holder> = []
  var unheldReason: String?

  var description: String {
    let ends = "\(local.map(String.init(describing:)) ?? "*") -> \(peer.map(String.init(describing:)) ?? "*")"
    let prefix = label.isEmpty ? "" : "\(label): "
    return "\(prefix)\(table) \(state ?? "?") \(ends) inode \(inode) cookie \(cookie)"
      + (netns.map { " netns \($0)" } ?? "")
  }
}

import Model

/// Ancestors as the bytes of one `text`: `name[pid]:startTicks:entityID`, nearest first, each followed by a NUL.
///
/// A name is whatever its process chose, but has no NUL; what follows it is read from the right.
enum Lineage {
  static func encode(_ ancestors: [Ancestor]) -> RawText {
    var bytes: [UInt8] = []
    for ancestor in ancestors {
      bytes += ancestor.name.bytes
      let identity = ancestor.identity
      bytes += Array("[\(identity.pid.rawValue)]:\(identity.startTicks):\(ancestor.entityID ?? "")".utf8)
      bytes.append(0)
    }
    return RawText(bytes)
  }

  static func decode(_ bytes: [UInt8]) -> [Ancestor] {
    bytes.split(separator: 0).compactMap { part in
      guard let entity = part.lastIndex(of: UInt8(ascii: ":")),
        let ticks = part[..<entity].lastIndex(of: UInt8(ascii: ":")),
        let bracket = part[..<ticks].lastIndex(of: UInt8(ascii: "[")),
        let pid = Int32(text(part[(bracket + 1)..<max(ticks - 1, bracket + 1)])),
        let start = UInt64(text(part[(ticks + 1)..<entity]))
      else { return nil }
      let id = text(part[(entity + 1)...])
      return Ancestor(
        identity: ProcessIdentity(pid: ProcessID(pid), startTicks: start), name: RawText(Array(part[..<bracket])),
        entityID: id.isEmpty ? nil : id)
    }
  }

  private static func text(_ bytes: ArraySlice<UInt8>) -> String { String(decoding: bytes, as: UTF8.self) }
}

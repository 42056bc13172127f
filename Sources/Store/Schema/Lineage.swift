import Model

/// Ancestors as the bytes of one `text`: a `RawList` of `name[pid]:startTicks:entityID`, nearest first.
///
/// A name is whatever its process chose; what follows it is read from the right.
enum Lineage {
  static func encode(_ ancestors: [Ancestor]) -> RawText {
    RawList.encode(
      ancestors.map { ancestor in
        let identity = ancestor.identity
        let tail = "[\(identity.pid.rawValue)]:\(identity.startTicks):\(ancestor.entityID ?? "")"
        return RawText(ancestor.name.bytes + Array(tail.utf8))
      })
  }

  static func decode(_ bytes: [UInt8]) -> [Ancestor] {
    RawList.decode(bytes).compactMap { text in
      let part = text.bytes[...]
      guard let entity = part.lastIndex(of: UInt8(ascii: ":")),
        let ticks = part[..<entity].lastIndex(of: UInt8(ascii: ":")),
        let bracket = part[..<ticks].lastIndex(of: UInt8(ascii: "[")),
        let pid = Int32(string(part[(bracket + 1)..<max(ticks - 1, bracket + 1)])),
        let start = UInt64(string(part[(ticks + 1)..<entity]))
      else { return nil }
      let id = string(part[(entity + 1)...])
      return Ancestor(
        identity: ProcessIdentity(pid: ProcessID(pid), startTicks: start),
        name: RawText(Array(part[..<bracket])),
        entityID: id.isEmpty ? nil : id)
    }
  }

  private static func string(_ bytes: ArraySlice<UInt8>) -> String { String(decoding: bytes, as: UTF8.self) }
}

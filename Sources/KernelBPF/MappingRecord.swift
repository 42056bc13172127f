import CLinux

/// One record of a mapping ring: a mapping, or how many were lost.
enum MappingRecord {
  case mapping(ExecutableMapping)
  case lost(UInt64)

  /// nil for a record of another kind or one that is too short.
  ///
  /// Layout: perf_event_open(2). MMAP2: header 8, pid, tid, address, length, offset, then device and inode or a build
  /// id (24 bytes), protection, flags, the file's name, and `sample_id`: pid, tid, time, cpu, reserved (24 bytes).
  init?(_ record: UnsafeRawBufferPointer) {
    var cursor = unsafe EventCursor(record)
    do throws(EventDecodeError) {
      let header = try cursor.take(perf_event_header.self)
      if header.type == PERF_RECORD_LOST.rawValue {
        _ = try cursor.take(UInt64.self)
        self = .lost(try cursor.take(UInt64.self))
        return
      }
      guard header.type == PERF_RECORD_MMAP2.rawValue else { return nil }
      self = .mapping(try ExecutableMapping(&cursor, header))
    } catch { return nil }
  }
}

/// A file mapped with the right to execute.
public struct ExecutableMapping: Sendable {
  private static let sampleSize = 24
  // PERF_RECORD_MISC_MMAP_BUILD_ID of linux/perf_event.h.
  private static let hasBuildID: UInt16 = 1 << 14

  public var pid: UInt32
  public var tid: UInt32
  /// CLOCK_BOOTTIME, ns.
  public var time: UInt64
  public var cpu: UInt32
  public var mapping = EventMapping()
  /// Bytes into the file.
  public var fileOffset: UInt64
  public var path: [UInt8]
  public var buildID: [UInt8] = []

  init(_ cursor: inout EventCursor, _ header: perf_event_header) throws(EventDecodeError) {
    pid = try cursor.take(UInt32.self)
    tid = try cursor.take(UInt32.self)
    mapping.address = try cursor.take(UInt64.self)
    mapping.size = try cursor.take(UInt64.self)
    fileOffset = try cursor.take(UInt64.self)
    let identity = try cursor.takeText(24)
    _ = try cursor.take(UInt64.self)
    if header.misc & Self.hasBuildID != 0 {
      buildID = Array(identity[4..<(4 + min(20, Int(identity[0])))])
    } else {
      mapping.device = Self.word(identity, 0) << 20 | Self.word(identity, 4)
      mapping.inode = UInt64(Self.word(identity, 8)) | UInt64(Self.word(identity, 12)) << 32
    }
    let name = try cursor.takeText(max(0, cursor.remaining - Self.sampleSize))
    path = Array(name[..<(name.firstIndex(of: 0) ?? name.endIndex)])
    _ = try cursor.take(UInt64.self)
    time = try cursor.take(UInt64.self)
    cpu = try cursor.take(UInt32.self)
  }

  private static func word(_ bytes: [UInt8], _ offset: Int) -> UInt32 {
    (0..<4).reversed().reduce(0) { $0 << 8 | UInt32(bytes[offset + $1]) }
  }

  /// Not `[vdso]`, `//anon`, `[heap]`.
  var isFile: Bool { path.first == UInt8(ascii: "/") && !path.starts(with: "//anon".utf8) }

  /// As a MODULE_LOAD record of `EventRecord.h`: its text is the two lengths in one word, path, build id.
  func encoded() -> [UInt8] {
    var header = sockeye_event_header()
    var actor = EventActor()
    actor.tgid = pid
    actor.tid = tid
    let textLength = (8 + path.count + buildID.count + 7) & ~7
    header.length = UInt32(
      MemoryLayout.size(ofValue: header) + MemoryLayout.size(ofValue: actor)
        + MemoryLayout.size(ofValue: mapping) + textLength)
    header.kind = EventKind.moduleLoad.rawValue
    header.parts = EventParts([.actor, .mapping, .text]).rawValue
    header.time = time
    header.cpu = UInt16(truncatingIfNeeded: cpu)
    var bytes: [UInt8] = []
    bytes.reserveCapacity(Int(header.length))
    unsafe withUnsafeBytes(of: header) { (part) in unsafe bytes.append(contentsOf: part) }
    unsafe withUnsafeBytes(of: actor) { (part) in unsafe bytes.append(contentsOf: part) }
    unsafe withUnsafeBytes(of: mapping) { (part) in unsafe bytes.append(contentsOf: part) }
    let lengths = UInt64(path.count & 0xffff | buildID.count << 16)
    unsafe withUnsafeBytes(of: lengths) { (part) in unsafe bytes.append(contentsOf: part) }
    bytes += path
    bytes += buildID
    while bytes.count < Int(header.length) { bytes.append(0) }
    return bytes
  }
}

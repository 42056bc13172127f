import CLinux

/// Why a record was refused. Our own probes write them, so this is a mismatch of versions, or damage.
public enum EventDecodeError: Error, Hashable, Sendable {
  /// A part or the header needs more bytes than there are.
  case cutShort(needed: Int, available: Int)
  /// The header's length is not the record's.
  case lengthDiffers(stated: Int, available: Int)
  case unknownKind(UInt16)
  case unknownParts(UInt16)
  /// The kind cannot be understood without a part that is not there.
  case missingPart(EventKind)
}

/// Turns one record of the ring into a `KernelEvent`.
///
/// Layout: `EventRecord.h`: header, the parts named by its bits in their order, text. Checks every length first and
/// never traps, whatever the bytes.
public enum EventDecoder {
  public static func decode(_ bytes: UnsafeRawBufferPointer) throws(EventDecodeError) -> KernelEvent {
    var cursor = unsafe EventCursor(bytes)
    let header = try cursor.take(sockeye_event_header.self)
    guard Int(header.length) == cursor.count else {
      throw .lengthDiffers(stated: Int(header.length), available: cursor.count)
    }
    guard let kind = EventKind(rawValue: header.kind) else { throw .unknownKind(header.kind) }
    let parts = EventParts(rawValue: header.parts)
    guard parts.isSubset(of: .known) else { throw .unknownParts(header.parts) }

    var event = KernelEvent(
      kind: kind, time: header.time, flags: EventFlags(rawValue: header.flags), cpu: header.cpu, detail: .none
    )
    if parts.contains(.actor) {
      let actor = try cursor.take(EventActor.self)
      // Of an answer whose asker was not seen.
      if actor.tgid != 0 || kind != .dnsAnswer { event.actor = actor }
    }
    if parts.contains(.socket) { event.socket = try cursor.take(EventSocket.self) }
    if parts.contains(.totals) { event.totals = try cursor.take(EventTotals.self) }
    event.detail = try detail(parts, &cursor, event.flags)
    guard isComplete(event) else { throw .missingPart(kind) }
    return event
  }

  private static func detail(
    _ parts: EventParts, _ cursor: inout EventCursor, _ flags: EventFlags
  ) throws(EventDecodeError) -> EventDetail {
    if parts.contains(.fork) { return .fork(try cursor.take(EventFork.self)) }
    if parts.contains(.exec) { return .exec(try execDetail(&cursor, flags)) }
    if parts.contains(.exit) { return .exit(try cursor.take(EventExit.self)) }
    if parts.contains(.rename) { return .rename(try cursor.take(EventRename.self)) }
    if parts.contains(.flow) { return .flow(try cursor.take(EventFlow.self)) }
    if parts.contains(.mapping) { return try moduleDetail(parts, &cursor) }
    if parts.contains(.unix) { return try unixDetail(&cursor) }
    if parts.contains(.identity) { return .identity(try cursor.take(EventIdentity.self)) }
    if parts.contains(.failure) {
      let failure = try cursor.take(sockeye_event_failure.self)
      let name = try cursor.takeText(Int(failure.name_length))
      return .execFailed(error: failure.error, name: withoutTerminator(name))
    }
    if parts.contains(.text) {
      // A count of its own: the record is padded to 8.
      let length = try cursor.take(UInt64.self)
      return .payload(
        try cursor.takeText(Int(length & 0xffff)), sequence: UInt32(truncatingIfNeeded: length >> 32))
    }
    return .none
  }

  private static func moduleDetail(
    _ parts: EventParts, _ cursor: inout EventCursor
  ) throws(EventDecodeError) -> EventDetail {
    let mapping = try cursor.take(EventMapping.self)
    guard parts.contains(.text) else { return .module(mapping, path: [], buildID: []) }
    let lengths = try cursor.take(UInt64.self)
    let path = try cursor.takeText(Int(lengths & 0xffff))
    return .module(mapping, path: path, buildID: try cursor.takeText(Int(lengths >> 16 & 0xff)))
  }

  private static func unixDetail(_ cursor: inout EventCursor) throws(EventDecodeError) -> EventDetail {
    let ends = try cursor.take(EventUnix.self)
    let limit = Int(SOCKEYE_UNIX_NAME_LIMIT)
    let local = try cursor.takeText(limit).prefix(Int(ends.local_length))
    return .unix(
      ends, local: Array(local), peer: Array(try cursor.takeText(limit).prefix(Int(ends.peer_length))))
  }

  private static func execDetail(
    _ cursor: inout EventCursor, _ flags: EventFlags
  ) throws(EventDecodeError) -> ExecDetail {
    let fixed = try cursor.take(EventExec.self)
    let path = try cursor.takeText(Int(fixed.path_length))
    let directory = try cursor.takeText(Int(fixed.directory_length))
    let name = try cursor.takeText(Int(fixed.name_length))
    let arguments = try cursor.takeText(Int(fixed.argument_length))
    return ExecDetail(
      fixed: fixed, path: joined(path, isCut: flags.contains(.pathCut)),
      directory: joined(directory, isCut: flags.contains(.directoryCut)),
      name: withoutTerminator(name), arguments: arguments)
  }

  private static func isComplete(_ event: KernelEvent) -> Bool {
    switch event.kind {
    case .fork, .threadStart:
      if case .fork = event.detail { return event.actor != nil }
    case .exec:
      if case .exec = event.detail { return event.actor != nil }
    case .execFailed:
      if case .execFailed = event.detail { return event.actor != nil }
    case .exit, .threadExit:
      if case .exit = event.detail { return event.actor != nil }
    case .rename:
      if case .rename = event.detail { return event.actor != nil }
    case .flow, .flowEnd:
      if case .flow = event.detail { return event.socket != nil && event.actor != nil }
    case .moduleLoad, .moduleUnload:
      if case .module = event.detail { return event.actor != nil }
    case .identity:
      if case .identity = event.detail { return event.actor != nil }
    case .unixConnect, .unixAccept:
      if case .unix = event.detail { return event.socket != nil && event.actor != nil }
    case .dnsAnswer:
      if case .payload = event.detail { return event.socket != nil }
    case .close: return event.socket != nil && event.totals != nil
    case .established: return event.socket != nil
    case .connect, .connectFailed, .listen, .accept, .closing, .bind, .datagramConnect:
      return event.socket != nil && event.actor != nil
    }
    return false
  }

  private static func withoutTerminator(_ text: [UInt8]) -> [UInt8] {
    text.last == 0 ? Array(text.dropLast()) : text
  }

  /// `true\0bin\0usr\0/\0` → `/usr/bin/true`. A path without a root (a memfd) has no leading slash; a cut one
  /// begins with `…/`.
  static func joined(_ components: [UInt8], isCut: Bool) -> [UInt8] {
    var parts = components.split(separator: 0, omittingEmptySubsequences: true)
    let isRooted = parts.last?.elementsEqual("/".utf8) ?? false
    if isRooted { parts.removeLast() }
    var path: [UInt8] = isRooted ? Array("/".utf8) : isCut && !parts.isEmpty ? Array("…/".utf8) : []
    path.reserveCapacity(components.count + 4)
    for (index, part) in parts.reversed().enumerated() {
      if index > 0 { path.append(UInt8(ascii: "/")) }
      path += part
    }
    return path
  }
}

/// `enum sockeye_event_part`.
struct EventParts: OptionSet {
  let rawValue: UInt16
  static let actor = EventParts(SOCKEYE_EVENT_ACTOR)
  static let socket = EventParts(SOCKEYE_EVENT_SOCKET)
  static let totals = EventParts(SOCKEYE_EVENT_TOTALS)
  static let fork = EventParts(SOCKEYE_EVENT_FORK_PART)
  static let exec = EventParts(SOCKEYE_EVENT_EXEC_PART)
  static let exit = EventParts(SOCKEYE_EVENT_EXIT_PART)
  static let rename = EventParts(SOCKEYE_EVENT_RENAME_PART)
  static let flow = EventParts(SOCKEYE_EVENT_FLOW_PART)
  static let mapping = EventParts(SOCKEYE_EVENT_MAPPING_PART)
  static let failure = EventParts(SOCKEYE_EVENT_FAILURE_PART)
  static let unix = EventParts(SOCKEYE_EVENT_UNIX_PART)
  static let identity = EventParts(SOCKEYE_EVENT_IDENTITY_PART)
  static let text = EventParts(SOCKEYE_EVENT_TEXT)
  static let known = EventParts(rawValue: UInt16(SOCKEYE_EVENT_TEXT.rawValue << 1 - 1))

  init(rawValue: UInt16) { self.rawValue = rawValue }
  init(_ part: sockeye_event_part) { rawValue = UInt16(part.rawValue) }
}

/// Reads one record from front to back.
@safe struct EventCursor {
  private let bytes: UnsafeRawBufferPointer
  private var offset = 0
  let count: Int

  init(_ bytes: UnsafeRawBufferPointer) {
    unsafe self.bytes = bytes
    count = bytes.count
  }

  /// The next `Part`: a C structure of integers only.
  mutating func take<Part: BitwiseCopyable>(_ type: Part.Type) throws(EventDecodeError) -> Part {
    let size = MemoryLayout<Part>.size
    guard count - offset >= size else { throw .cutShort(needed: size, available: count - offset) }
    defer { offset += size }
    // SAFETY: the guard keeps the load inside; every bit pattern is a valid integer.
    return unsafe bytes.loadUnaligned(fromByteOffset: offset, as: Part.self)
  }

  var remaining: Int { count - offset }

  /// The integer that lies `distance` bytes on; the next part stays the next.
  func number(after distance: Int) throws(EventDecodeError) -> UInt64 {
    guard distance >= 0, remaining - 8 >= distance else {
      throw .cutShort(needed: distance, available: remaining)
    }
    // SAFETY: the guard keeps the load inside; every bit pattern is a valid integer.
    return unsafe bytes.loadUnaligned(fromByteOffset: offset + distance, as: UInt64.self)
  }

  mutating func takeText(_ length: Int) throws(EventDecodeError) -> [UInt8] {
    guard length >= 0, count - offset >= length else {
      throw .cutShort(needed: length, available: count - offset)
    }
    defer { offset += length }
    return unsafe [UInt8](UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + length]))
  }
}

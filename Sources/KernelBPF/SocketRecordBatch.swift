import CLinux

/// `struct sockeye_tcp_record` of `SocketRecord.h`: the kernel's own units.
public typealias TCPRecord = sockeye_tcp_record
/// `struct sockeye_memory_record` of `SocketRecord.h`.
public typealias MemoryRecord = sockeye_memory_record

/// One descriptor that holds a socket, or a network namespace.
public struct SocketRecord: Sendable {
  public var isNamespace: Bool
  public var tgid: Int32
  public var tid: Int32
  public var descriptor: Int32
  /// Start of the process, nanoseconds since boot (CLOCK_BOOTTIME).
  public var processStartNanoseconds: UInt64
  public var cookie: UInt64
  public var inode: UInt64
  public var netns: UInt32
  public var family: UInt16
  public var type: UInt16
  public var `protocol`: UInt16
  public var state: UInt8
  public var shutdown: UInt8
  public var isV6Only: Bool
  /// Connected, and which side is known: true for the one that called connect(2).
  public var isActiveSide: Bool?
  /// Other descriptors may lead to the same socket; false is certain for the moment of the record.
  public var isShared: Bool
  public var localPort: UInt16
  public var peerPort: UInt16
  /// Half-open requests of a listener.
  public var synBacklog: UInt16
  public var uid: UInt32
  /// 128 bits in network order as host integers; IPv4 in the low 32.
  public var localHigh: UInt64
  public var localLow: UInt64
  public var peerHigh: UInt64
  public var peerLow: UInt64
  /// nil where the probe does not know how this kind of socket counts.
  public var receiveQueue: UInt32?
  public var sendQueue: UInt32?
  public var interfaceIndex: UInt32
  public var mark: UInt32
  public var cgroupID: UInt64
  public var peerInode: UInt64
}

/// Records as the kernel wrote them, borrowed for one callback.
@safe public struct SocketRecordBatch {
  private let bytes: UnsafeRawBufferPointer
  /// Length of the records that are complete.
  let wholeByteCount: Int

  init(_ bytes: UnsafeRawBufferPointer) {
    unsafe self.bytes = bytes
    var end = 0
    while let length = unsafe Self.length(at: end, in: bytes) { end += length }
    wholeByteCount = end
  }

  /// nil when no whole record begins there.
  private static func length(at offset: Int, in bytes: UnsafeRawBufferPointer) -> Int? {
    guard bytes.count - offset >= MemoryLayout<sockeye_socket_record>.size else { return nil }
    // SAFETY: the guard keeps the load inside; every bit pattern is an integer.
    let length = Int(unsafe bytes.loadUnaligned(fromByteOffset: offset, as: UInt16.self))
    guard length >= MemoryLayout<sockeye_socket_record>.size, bytes.count - offset >= length else {
      return nil
    }
    return length
  }

  /// Calls `body` with each record and access to its parts.
  public func forEach(_ body: (borrowing SocketRecord, SocketRecordParts) -> Void) {
    var offset = 0
    while offset < wholeByteCount {
      // SAFETY: `init` found a whole record of at least this size here; the structure is integers only.
      let raw = unsafe bytes.loadUnaligned(fromByteOffset: offset, as: sockeye_socket_record.self)
      let end = offset + Int(raw.length)
      let parts = unsafe SocketRecordParts(
        UnsafeRawBufferPointer(rebasing: bytes[(offset + MemoryLayout<sockeye_socket_record>.size)..<end]),
        present: raw.parts, nameLength: Int(raw.name_length))
      body(SocketRecord(raw), parts)
      offset = end
    }
  }
}

/// What follows the fixed part of a record, borrowed for one callback.
@safe public struct SocketRecordParts {
  private let bytes: UnsafeRawBufferPointer
  private let present: UInt8
  private let nameLength: Int

  init(_ bytes: UnsafeRawBufferPointer, present: UInt8, nameLength: Int) {
    unsafe self.bytes = bytes
    self.present = present
    self.nameLength = nameLength
  }

  private func has(_ part: sockeye_record_part) -> Bool { UInt32(present) & part.rawValue != 0 }

  public var tcp: TCPRecord? {
    guard has(SOCKEYE_PART_TCP), unsafe bytes.count >= MemoryLayout<TCPRecord>.size else { return nil }
    // SAFETY: the guard checked the length; integers only.
    return unsafe bytes.loadUnaligned(as: TCPRecord.self)
  }

  public var memory: MemoryRecord? {
    let offset = MemoryLayout<TCPRecord>.size
    guard has(SOCKEYE_PART_MEMORY), unsafe bytes.count >= offset + MemoryLayout<MemoryRecord>.size else {
      return nil
    }
    // SAFETY: as above.
    return unsafe bytes.loadUnaligned(fromByteOffset: offset, as: MemoryRecord.self)
  }

  /// Name of a unix socket: a path, or an abstract name that begins with NUL.
  public var name: [UInt8]? {
    guard has(SOCKEYE_PART_NAME), unsafe bytes.count >= nameLength else { return nil }
    return unsafe [UInt8](bytes[..<nameLength])
  }
}

extension SocketRecord {
  init(_ raw: sockeye_socket_record) {
    isNamespace = raw.kind == UInt8(SOCKEYE_RECORD_NAMESPACE.rawValue)
    tgid = Int32(truncatingIfNeeded: raw.tgid)
    tid = Int32(truncatingIfNeeded: raw.tid)
    descriptor = Int32(truncatingIfNeeded: raw.descriptor)
    processStartNanoseconds = raw.process_start
    cookie = raw.cookie
    inode = raw.inode
    netns = raw.netns
    family = raw.family
    type = raw.type
    self.protocol = raw.protocol
    state = raw.state
    shutdown = raw.shutdown
    let flags = UInt32(raw.flags)
    isV6Only = flags & SOCKEYE_FLAG_V6ONLY.rawValue != 0
    isActiveSide =
      flags & SOCKEYE_FLAG_SIDE_KNOWN.rawValue == 0 ? nil : flags & SOCKEYE_FLAG_ACTIVE.rawValue != 0
    isShared = flags & SOCKEYE_FLAG_SHARED.rawValue != 0
    localPort = raw.local_port
    peerPort = raw.peer_port.byteSwapped
    synBacklog = raw.syn_backlog
    uid = raw.uid
    (localHigh, localLow) = Self.address(raw.local_address, family: raw.family)
    (peerHigh, peerLow) = Self.address(raw.peer_address, family: raw.family)
    let knowsQueues = flags & SOCKEYE_FLAG_QUEUES_KNOWN.rawValue != 0
    receiveQueue = knowsQueues ? raw.receive_queue : nil
    sendQueue = knowsQueues ? raw.send_queue : nil
    interfaceIndex = raw.interface_index
    mark = raw.mark
    cgroupID = raw.cgroup_id
    peerInode = raw.peer_inode
  }

  private static func address(_ words: (UInt64, UInt64), family: UInt16) -> (high: UInt64, low: UInt64) {
    family == UInt16(AF_INET)
      ? (0, UInt64(UInt32(truncatingIfNeeded: words.0).byteSwapped))
      : (words.0.byteSwapped, words.1.byteSwapped)
  }
}

extension TCPRecord {
  /// The name's 16 bytes as two little-endian words.
  public var congestionWords: (UInt64, UInt64) { (congestion.0.littleEndian, congestion.1.littleEndian) }
}

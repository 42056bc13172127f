import CLinux

/// What the probes of process creation tell, in the order of `CreationRecord.h`.
public enum CreationRecord: Sendable {
  case event(CreationEvent)
  case page(StackPage)
  case mapping(ExecutableMapping)

  /// CLOCK_BOOTTIME, ns.
  public var time: UInt64 {
    switch self {
    case .event(let event): event.time
    case .page(let page): page.time
    case .mapping(let mapping): mapping.time
    }
  }

  /// nil for a record that is too short, or of a kind that we do not know.
  init?(_ bytes: UnsafeRawBufferPointer) {
    let headerSize = MemoryLayout<sockeye_creation_header>.size
    guard bytes.count >= headerSize else { return nil }
    // SAFETY: the length was checked; every bit pattern is a valid header.
    let header = unsafe bytes.loadUnaligned(as: sockeye_creation_header.self)
    if header.kind == SOCKEYE_CREATION_PAGE.rawValue {
      let start = headerSize + 8
      guard bytes.count >= start + StackPage.size else { return nil }
      // SAFETY: the length was checked.
      let address = unsafe bytes.loadUnaligned(fromByteOffset: headerSize, as: UInt64.self)
      let content = unsafe UnsafeRawBufferPointer(rebasing: bytes[start..<(start + StackPage.size)])
      self = unsafe .page(
        StackPage(
          time: header.time, thread: Int32(bitPattern: header.tid), address: address, content: content))
      return
    }
    guard let event = unsafe CreationEvent(bytes, header) else { return nil }
    self = .event(event)
  }
}

/// One page of the stack of the call that the same thread entered at the same time, or a part of one.
public struct StackPage: Sendable {
  public static let size = 4096
  public var time: UInt64
  public var thread: Int32
  public var address: UInt64
  public var bytes: [UInt8]

  public init(time: UInt64, thread: Int32, address: UInt64, bytes: [UInt8]) {
    self.time = time
    self.thread = thread
    self.address = address
    self.bytes = bytes
  }

  init(time: UInt64, thread: Int32, address: UInt64, content: UnsafeRawBufferPointer) {
    unsafe self.init(time: time, thread: thread, address: address, bytes: Array(content))
  }
}

/// Something that happened to a process on its way in or out.
public struct CreationEvent: Sendable {
  public enum Kind: UInt32, Sendable {
    case enter = 1
    case leave, birth, runnable, firstRun, pointOfNoReturn, exec, exit, place
    /// A kernel stack inside a call.
    case kernel = 11
  }

  /// In place of a number of arguments: they are not in the text.
  public static let unseenArguments = UInt64.max

  public var kind: Kind
  /// CLOCK_BOOTTIME, ns.
  public var time: UInt64
  public var cpu: UInt32 = 0
  public var process: Int32
  public var thread: Int32
  /// The system call (x86_64's number), the tracepoint, or the place.
  public var number: Int64 = 0
  /// The call was made as 32-bit programs make it.
  public var isI386 = false
  /// Six, of the kind: see `CreationRecord.h`.
  public var values = [UInt64](repeating: 0, count: 6)
  public var name: [UInt8] = []
  /// In DWARF's order; empty but for `enter`.
  public var registers: [UInt64] = []
  /// Innermost first.
  public var kernel: [UInt64] = []
  public var text: [UInt8] = []

  public init(kind: Kind, time: UInt64, process: Int32, thread: Int32) {
    self.kind = kind
    self.time = time
    self.process = process
    self.thread = thread
  }

  init?(_ bytes: UnsafeRawBufferPointer, _ header: sockeye_creation_header) {
    typealias Mark = sockeye_creation_mark
    typealias Event = sockeye_creation_event
    guard let kind = Kind(rawValue: header.kind), bytes.count >= MemoryLayout<Mark>.size else { return nil }
    self.init(
      kind: kind, time: header.time, process: Int32(bitPattern: header.tgid),
      thread: Int32(bitPattern: header.tid))
    cpu = header.cpu
    func word(_ offset: Int) -> UInt64 {
      // SAFETY: each call below stays inside the length that was checked before it.
      unsafe bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
    }
    let numberOffset = MemoryLayout<sockeye_creation_header>.size
    number = Int64(bitPattern: word(numberOffset))
    if kind == .enter || kind == .leave {
      let mark = Int64(SOCKEYE_CREATION_I386)
      isI386 = number & mark != 0
      number &= ~mark
    }
    for index in 0..<6 { values[index] = word(numberOffset + 8 + 8 * index) }
    guard let textOffset = MemoryLayout<Event>.offset(of: \.text),
      let registerOffset = MemoryLayout<Event>.offset(of: \.registers),
      let kernelOffset = MemoryLayout<Event>.offset(of: \.kernel),
      let nameOffset = MemoryLayout<Event>.offset(of: \.comm), bytes.count >= textOffset
    else { return }
    // A kernel count and a text length, 32 bits each, before the name.
    let counts = word(nameOffset - 8)
    let depth = min(Int(counts & 0xffff_ffff), Int(SOCKEYE_CREATION_DEPTH))
    let textLength = min(Int(counts >> 32), bytes.count - textOffset)
    name = unsafe Array(bytes[nameOffset..<(nameOffset + 16)].prefix { $0 != 0 })
    kernel = (0..<depth).map { word(kernelOffset + 8 * $0) }
    text = unsafe Array(bytes[textOffset..<(textOffset + textLength)])
    if kind == .enter {
      registers = (0..<Int(SOCKEYE_CREATION_REGISTERS)).map { word(registerOffset + 8 * $0) }
    }
  }
}

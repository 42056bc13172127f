import CLinux

/// The file of an image: a header, then the image; integers in host order, for it never outlives the boot.
///
///     "SOCKEYE\u{1}"  checksum:u64 of all that follows (FNV-1a)
///     key:bytes  name:bytes  flags:u32  attachTypeID:u32
///     maps:u32 × { name:bytes  flags:u32  isConstants:u8  (byteCount:u32 | value:bytes) }
///     instructions:u32 × 8 bytes                                     bytes = length:u32, then as many
extension IteratorImage {
  /// The last byte is the version of the format.
  private static let magic = Array("SOCKEYE\u{1}".utf8)
  private static let maximumMaps = 16
  /// What the kernel takes for an array with one element is more; no probe of ours has it.
  private static let maximumValue = 1 << 20
  /// `BPF_COMPLEXITY_LIMIT_INSNS` of linux/bpf_verifier.h.
  private static let maximumInstructions = 1_000_000
  /// No file of ours is longer.
  static let maximumFile = 4 << 20

  /// Why bytes are not an image for this run.
  enum FormatError: Error, Hashable {
    case cutShort(offset: Int)
    case notOurs
    case wrongChecksum
    case otherKey
    case outOfRange(offset: Int)
  }

  /// The file of this image, good where `key` is the same.
  func file(key: [UInt8]) -> [UInt8] {
    var body = [UInt8]()
    func put(_ number: UInt32) { unsafe withUnsafeBytes(of: number) { unsafe body.append(contentsOf: $0) } }
    func put(_ bytes: [UInt8]) {
      put(UInt32(bytes.count))
      body += bytes
    }
    put(key)
    put(name)
    put(flags)
    put(attachTypeID)
    put(UInt32(maps.count))
    for map in maps {
      put(map.name)
      put(map.flags)
      switch map.contents {
      case .constants(let byteCount):
        body.append(1)
        put(UInt32(byteCount))
      case .variables(let value):
        body.append(0)
        put(value)
      }
    }
    put(UInt32(instructions.count))
    // SAFETY: an instruction is 8 bytes without padding.
    unsafe instructions.withUnsafeBytes { unsafe body.append(contentsOf: $0) }
    return Self.sealed(body)
  }

  /// With the header before it.
  static func sealed(_ body: [UInt8]) -> [UInt8] {
    let checksum = unsafe withUnsafeBytes(of: checksum(body[...])) { unsafe [UInt8]($0) }
    return magic + checksum + body
  }

  /// Reads a file; any bytes give an image or an error.
  init(file: [UInt8], key: [UInt8]) throws(FormatError) {
    var reader = Reader(file)
    guard try reader.bytes(count: Self.magic.count) == Self.magic[...] else { throw .notOurs }
    let checksum = try reader.bytes(count: MemoryLayout<UInt64>.size)
    let actual = unsafe withUnsafeBytes(of: Self.checksum(file[reader.offset...])) { unsafe [UInt8]($0) }
    guard checksum == actual[...] else { throw .wrongChecksum }
    guard try reader.bytes() == key[...] else { throw .otherKey }
    name = try reader.name()
    flags = try reader.number()
    attachTypeID = try reader.number()
    maps = []
    for _ in 0..<(try reader.count(upTo: Self.maximumMaps)) { maps.append(try reader.map(Self.maximumValue)) }
    instructions = try reader.instructions(upTo: Self.maximumInstructions)
    guard reader.offset == file.count else { throw .outOfRange(offset: reader.offset) }
    let mapCount = maps.count
    let areKnown = Self.forEachReference(in: &instructions) { instruction in
      let source = Int32(instruction.src_reg)
      return (source == BPF_PSEUDO_MAP_IDX || source == BPF_PSEUDO_MAP_IDX_VALUE)
        && instruction.imm >= 0 && instruction.imm < mapCount
    }
    guard areKnown else { throw .outOfRange(offset: reader.offset) }
  }

  private static func checksum(_ bytes: ArraySlice<UInt8>) -> UInt64 {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
    return hash
  }
}

extension IteratorImage {
  /// Takes one thing after the other from a file, and never past its end.
  private struct Reader {
    private let file: [UInt8]
    private(set) var offset = 0

    init(_ file: [UInt8]) { self.file = file }

    mutating func bytes(count: Int) throws(FormatError) -> ArraySlice<UInt8> {
      guard count <= file.count - offset else { throw .cutShort(offset: offset) }
      defer { offset += count }
      return file[offset..<offset + count]
    }

    mutating func number() throws(FormatError) -> UInt32 {
      let bytes = try bytes(count: MemoryLayout<UInt32>.size)
      // SAFETY: the slice has the four bytes; every bit pattern is an integer.
      return unsafe bytes.withUnsafeBytes { unsafe $0.loadUnaligned(as: UInt32.self) }
    }

    mutating func count(upTo maximum: Int) throws(FormatError) -> Int {
      let start = offset
      let count = Int(try number())
      guard count <= maximum else { throw .outOfRange(offset: start) }
      return count
    }

    mutating func bytes() throws(FormatError) -> ArraySlice<UInt8> { try bytes(count: Int(try number())) }

    mutating func name() throws(FormatError) -> [UInt8] {
      Array(try bytes(count: try count(upTo: Int(BPF_OBJ_NAME_LEN) - 1)))
    }

    mutating func map(_ maximumValue: Int) throws(FormatError) -> Map {
      let name = try name()
      let flags = try number()
      let start = offset
      switch try bytes(count: 1).first {
      case 0: return Map(name: name, flags: flags, contents: .variables(Array(try bytes())))
      case 1:
        let contents = Map.Contents.constants(byteCount: try count(upTo: maximumValue))
        return Map(name: name, flags: flags, contents: contents)
      default: throw .outOfRange(offset: start)
      }
    }

    mutating func instructions(upTo maximum: Int) throws(FormatError) -> [bpf_insn] {
      let count = try count(upTo: maximum)
      let bytes = try bytes(count: count * MemoryLayout<bpf_insn>.stride)
      return unsafe [bpf_insn](unsafeUninitializedCapacity: count) { instructions, filled in
        // SAFETY: `bytes` has exactly that many; every bit pattern is an instruction to us, the kernel checks them.
        unsafe bytes.withUnsafeBytes {
          unsafe UnsafeMutableRawBufferPointer(instructions).copyMemory(from: $0)
        }
        filled = count
      }
    }
  }
}

import CLinux
import Testing

@testable import KernelBPF

@Suite("Decoding event records")
struct EventDecoderTests {
  /// An exec record as the probe writes it, in full.
  private static func execRecord() -> [UInt8] {
    let path = Array("true\0bin\0usr\0/\0".utf8), directory = Array("root\0/\0".utf8)
    let name = Array("./true\0".utf8), arguments = Array("true\0--flag\0".utf8)
    var actor = EventActor()
    actor.tgid = 4711
    actor.comm.0 = UInt64(UInt8(ascii: "t")).littleEndian
    var exec = EventExec()
    exec.path_length = UInt16(path.count)
    exec.directory_length = UInt16(directory.count)
    exec.name_length = UInt16(name.count)
    exec.argument_length = UInt32(arguments.count)
    exec.argument_true_length = 100
    return record(
      .exec, [.actor, .exec, .text], flags: .argumentsCut,
      bytes(of: actor) + bytes(of: exec) + path + directory + name + arguments)
  }

  private static func bytes<Part: BitwiseCopyable>(of part: Part) -> [UInt8] {
    withUnsafeBytes(of: part) { Array($0) }
  }

  private static func record(
    _ kind: EventKind, _ parts: EventParts, flags: EventFlags = [], _ body: [UInt8]
  ) -> [UInt8] {
    var body = body
    while body.count % 8 != 0 { body.append(0) }
    var header = sockeye_event_header()
    header.length = UInt32(MemoryLayout<sockeye_event_header>.size + body.count)
    header.kind = kind.rawValue
    header.parts = parts.rawValue
    header.time = 1_000
    header.flags = flags.rawValue
    return bytes(of: header) + body
  }

  private static func decode(_ bytes: [UInt8]) throws(EventDecodeError) -> KernelEvent {
    let result = bytes.withUnsafeBytes { (buffer) -> Result<KernelEvent, EventDecodeError> in
      do throws(EventDecodeError) { return .success(try EventDecoder.decode(buffer)) } catch {
        return .failure(error)
      }
    }
    return try result.get()
  }

  @Test(
    "A unix record gives both names, no more of them than the field holds, and every prefix of it is refused")
  func unix() throws {
    let limit = Int(SOCKEYE_UNIX_NAME_LIMIT)
    func names(_ text: String) -> [UInt8] {
      Array(text.utf8) + [UInt8](repeating: 0, count: limit - text.utf8.count)
    }
    var ends = EventUnix()
    (ends.peer_inode, ends.local_length, ends.peer_length) = (4711, 5, .max)
    let bytes = Self.record(
      .unixAccept, [.actor, .socket, .unix, .text],
      Self.bytes(of: EventActor()) + Self.bytes(of: EventSocket()) + Self.bytes(of: ends) + names("/eye")
        + names("\0abstract"))
    guard case .unix(let found, let local, let peer) = try Self.decode(bytes).detail else {
      Issue.record("no unix part")
      return
    }
    #expect(found.peer_inode == 4711)
    #expect(local == Array("/eye\0".utf8))
    #expect(peer.count == limit && peer.starts(with: Array("\0abstract".utf8)))
    for length in bytes.indices {
      #expect(throws: EventDecodeError.self) { try Self.decode(Array(bytes[..<length])) }
    }
  }

  @Test("An exec record gives path, directory, name and arguments, and says what was cut")
  func exec() throws {
    let event = try Self.decode(Self.execRecord())
    #expect(event.kind == .exec)
    #expect(event.actor?.tgid == 4711)
    #expect(event.actor?.name == Array("t".utf8))
    #expect(event.flags == .argumentsCut)
    guard case .exec(let detail) = event.detail else {
      Issue.record("no exec detail")
      return
    }
    #expect(detail.path == Array("/usr/bin/true".utf8))
    #expect(detail.directory == Array("/root".utf8))
    #expect(detail.name == Array("./true".utf8))
    #expect(detail.argumentList == [Array("true".utf8), Array("--flag".utf8)])
    #expect(detail.fixed.argument_true_length == 100)
  }

  @Test("Every prefix of a record is refused, and none traps")
  func prefixes() {
    let whole = Self.execRecord()
    for length in 0..<whole.count {
      #expect(throws: EventDecodeError.self) { try Self.decode(Array(whole[..<length])) }
    }
  }

  @Test("Every prefix of a record whose header owns up to the length is refused or complete, and none traps")
  func honestPrefixes() {
    let whole = Self.execRecord()
    for length in MemoryLayout<sockeye_event_header>.size..<whole.count {
      var prefix = Array(whole[..<length])
      withUnsafeBytes(of: UInt32(length)) { prefix.replaceSubrange(0..<4, with: $0) }
      do throws(EventDecodeError) {
        let event = try Self.decode(prefix)
        #expect(event.kind == .exec)
        // Only the padding may be missing.
        #expect(whole.count - length < 8)
      } catch { continue }
    }
  }

  @Test("A record with every byte changed, one at a time, does not trap")
  func damage() {
    let whole = Self.execRecord()
    for offset in whole.indices {
      for value in [UInt8(0), 0x7f, 0xff] {
        var damaged = whole
        damaged[offset] = value
        do throws(EventDecodeError) { _ = try Self.decode(damaged) } catch { continue }
      }
    }
  }

  @Test("A kind that this version does not know is refused with its number")
  func unknownKind() {
    var record = Self.execRecord()
    record[4] = 0xfe
    record[5] = 0
    #expect(throws: EventDecodeError.unknownKind(0xfe)) { try Self.decode(record) }
  }

  @Test("A kind without the part that gives it sense is refused")
  func missingPart() {
    let record = Self.record(.accept, [.actor], Self.bytes(of: EventActor()))
    #expect(throws: EventDecodeError.missingPart(.accept)) { try Self.decode(record) }
  }

  @Test(
    "Components become a path",
    arguments: [
      ("/\0", false, "/"), ("true\0bin\0/\0", false, "/bin/true"), ("memfd:x\0", false, "memfd:x"),
      ("deep\0down\0", true, "…/down/deep"), ("", true, ""), ("", false, ""),
    ])
  func paths(components: String, isCut: Bool, path: String) {
    #expect(EventDecoder.joined(Array(components.utf8), isCut: isCut) == Array(path.utf8))
  }

  @Test("Addresses come as host integers, IPv4 in the low 32 bits")
  func addresses() {
    var socket = EventSocket()
    socket.family = UInt16(AF_INET)
    withUnsafeMutableBytes(of: &socket.local_address) { $0.copyBytes(from: [127, 0, 0, 1]) }
    #expect(socket.local == (0, 0x7f00_0001))
    socket.family = UInt16(AF_INET6)
    withUnsafeMutableBytes(of: &socket.peer_address) {
      $0[0] = 0xfd; $0[15] = 1
    }
    #expect(socket.peer == (0xfd00_0000_0000_0000, 1))
  }

  @Test("A batch gives back every record in order and counts those that do not decode")
  func batch() {
    var batch = EventBatch()
    let record = Self.execRecord()
    record.withUnsafeBytes { batch.append($0) }
    record.prefix(30).withUnsafeBytes { batch.append($0) }
    record.withUnsafeBytes { batch.append($0) }
    var kinds: [EventKind] = []
    #expect(batch.forEach { kinds.append($0.kind) } == 1)
    #expect(kinds == [.exec, .exec])
    #expect(batch.count == 3)
  }
}

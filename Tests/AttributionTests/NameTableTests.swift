import Attribution
import Model
import Randomness
import Testing

@Suite("Names of addresses, by process") struct NameTableTests {
  private func identity(_ pid: Int32, _ start: UInt64 = 1) -> ProcessIdentity {
    ProcessIdentity(pid: ProcessID(pid), startTicks: start)
  }
  private func address(_ number: UInt32) -> IPAddress { IPAddress(v4: 0x0a00_0000 + number) }

  @Test("Only the process that was told knows the name, with the age, and not before it was told")
  func whose() {
    var table = NameTable()
    table.learn(identity(23), address(1), "example.org", at: 1000)
    #expect(
      table.name(of: address(1), for: identity(23), at: 1500)
        == PeerName(name: "example.org", ageNanoseconds: 500))
    #expect(table.name(of: address(1), for: identity(23), at: 999) == nil)
    #expect(table.name(of: address(2), for: identity(23), at: 1500) == nil)
    #expect(table.name(of: address(1), for: identity(29), at: 1500) == nil)
    #expect(table.name(of: address(1), for: identity(23, 2), at: 1500) == nil, "the pid was used again")
    table.learn(identity(23), address(1), "newer.example", at: 2000)
    #expect(table.name(of: address(1), for: identity(23), at: 2000)?.name == "newer.example")
    table.forget(identity(23))
    #expect(table.name(of: address(1), for: identity(23), at: 3000) == nil)
    #expect(table.count == 0)
  }

  @Test("An IPv4 address has its name however it is written")
  func mapped() {
    var table = NameTable()
    table.learn(identity(23), IPAddress(v4: 0x7f00_0001), "a", at: 1)
    let mapped = IPAddress(v6High: 0, low: 0xffff_7f00_0001)
    #expect(table.name(of: mapped, for: identity(23), at: 1)?.name == "a")
  }

  @Test("At a ceiling the oldest goes: of the process at its own, of all at that of all; each is counted")
  func ceilings() {
    var table = NameTable(ceiling: 11, ceilingOfOne: 7)
    for number in 1...7 { table.learn(identity(23), address(UInt32(number)), "a", at: UInt64(number)) }
    // Told again: no longer the oldest.
    table.learn(identity(23), address(1), "a", at: 8)
    table.learn(identity(23), address(8), "a", at: 9)
    #expect(table.evicted == 1 && table.count == 7)
    #expect(table.name(of: address(2), for: identity(23), at: 10) == nil)
    #expect(table.name(of: address(1), for: identity(23), at: 10) != nil)
    for number in 1...5 { table.learn(identity(29), address(UInt32(number)), "b", at: UInt64(10 + number)) }
    #expect(table.count == 11 && table.evicted == 2)
    #expect(table.name(of: address(3), for: identity(23), at: 20) == nil, "the oldest of all")
    #expect(table.name(of: address(5), for: identity(29), at: 20) != nil)
  }

  @Test("Random learning and forgetting agrees with a plain list of everything told")
  func model() {
    var random = SeededRandom(seed: 23)
    var table = NameTable(ceiling: 1 << 20, ceilingOfOne: 1 << 20)
    var plain: [(process: ProcessIdentity, address: IPAddress, name: RawText, time: UInt64)] = []
    for time in 1...5000 as ClosedRange<UInt64> {
      let process = identity(Int32.random(in: 1...7, using: &random))
      let address = address(UInt32.random(in: 1...23, using: &random))
      if Int.random(in: 0..<50, using: &random) == 0 {
        table.forget(process)
        plain.removeAll { $0.process == process }
      } else {
        table.learn(process, address, RawText("n\(time)"), at: time)
        plain.append((process, address, RawText("n\(time)"), time))
      }
      let last = plain.last { $0.process == process && $0.address == address }
      #expect(table.name(of: address, for: process, at: time)?.name == last?.name)
    }
    #expect(table.evicted == 0)
  }
}

@Suite("DNS over TCP, from segments") struct AnswerStreamTests {
  private func framed(_ message: [UInt8]) -> [UInt8] {
    [UInt8(message.count >> 8), UInt8(message.count & 0xff)] + message
  }
  private let messages = [13, 700, 12, 40_000].map { count in
    (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 7) }
  }

  @Test(
    "Messages come out whole however they were cut, repeated and swapped", arguments: 0..<23 as Range<UInt64>)
  func random(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    let bytes = messages.flatMap { framed($0) }
    // Near the end of the numbers, so that they wrap.
    let start = UInt32.max - 1000
    var segments: [(UInt32, [UInt8])] = []
    var offset = 0
    while offset < bytes.count {
      let end = min(bytes.count, offset + Int.random(in: 1...3000, using: &random))
      let overlap = max(0, offset - Int.random(in: 0...20, using: &random))
      segments.append((start &+ 1 &+ UInt32(overlap), Array(bytes[overlap..<end])))
      offset = end
    }
    for index in segments.indices.dropLast() where Bool.random(using: &random) {
      segments.swapAt(index, index + 1)
    }
    var streams = AnswerStreams()
    var found = streams.take(23, sequence: start, [], isStart: true, at: 1)
    for (sequence, bytes) in segments {
      found += streams.take(23, sequence: sequence, bytes, isStart: false, at: 2)
    }
    #expect(found == messages, "seed \(seed)")
    #expect(streams.dropped == 0)
  }

  @Test("A stream that lacks a piece, or is no DNS, is given up and counted; the others go on")
  func broken() {
    var streams = AnswerStreams()
    _ = streams.take(1, sequence: 0, [], isStart: true, at: 1)
    for index in 0..<17 as Range<UInt32> {
      _ = streams.take(1, sequence: 100 + index * 10, [1, 2, 3], isStart: false, at: 2)
    }
    #expect(streams.dropped == 1 && streams.count == 0)
    #expect(streams.take(2, sequence: 5, [0, 1, 9], isStart: false, at: 3).isEmpty)
    #expect(streams.dropped == 2)
    #expect(streams.take(3, sequence: 5, framed(messages[0]), isStart: false, at: 3) == [messages[0]])
    streams.expire(at: 61_000_000_000)
    #expect(streams.count == 0)
  }

  @Test("Streams and their bytes have ceilings")
  func ceilings() {
    var streams = AnswerStreams()
    for key in 1...1031 as ClosedRange<UInt64> {
      _ = streams.take(key, sequence: 0, [], isStart: true, at: key)
    }
    #expect(streams.count == AnswerStreams.ceiling && streams.dropped == 7)
    let half = [0xff, 0xff] + [UInt8](repeating: 1, count: 60_000)
    for key in 1...1031 as ClosedRange<UInt64> {
      _ = streams.take(key, sequence: 1, half, isStart: false, at: 2000 + key)
    }
    #expect(streams.count <= AnswerStreams.byteCeiling / half.count)
  }
}

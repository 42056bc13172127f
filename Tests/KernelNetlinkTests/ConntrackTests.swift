import CLinux
import KernelSystem
import Randomness
import Testing

@testable import KernelNetlink

@Suite struct ConntrackTests {
  private func read(_ datagrams: [[UInt8]]) throws(ConntrackDump.Failure) -> ConntrackDump.Reader {
    var reader = ConntrackDump.Reader()
    for datagram in datagrams { try reader.read(datagram.span.bytes) }
    return reader
  }

  @Test("The connections that were put into a real kernel come out with both directions")
  func golden() throws {
    let reader = try read(Fixture("conntrack-6.18").datagrams)
    #expect(reader.isFinished)
    #expect(reader.records.count == 3)
    let translated = try #require(reader.records.first { $0.original.sourcePort == 4711 })
    #expect(translated.original.sourceLow == 0x0a09_0002 && translated.original.destinationLow == 0xc633_6407)
    #expect(translated.original.destinationPort == 443 && translated.original.protocolNumber == 6)
    #expect(translated.reply.destinationLow == 0xc000_0201 && translated.reply.destinationPort == 61001)
    #expect(translated.timeoutSeconds.map { (3600...3607).contains($0) } == true)
    let datagram = try #require(reader.records.first { $0.original.protocolNumber == 17 })
    #expect(datagram.reply.destinationLow == datagram.original.sourceLow && datagram.reply.sourcePort == 53)
    let six = try #require(reader.records.first { $0.original.isIPv6 })
    #expect(six.original.sourceHigh == 0x2001_0db8_0000_0000 && six.original.sourceLow == 2)
    #expect(six.original.destinationLow == 7 && six.reply.destinationPort == 4715 && six.reply.isIPv6)
  }

  @Test("Every prefix of every datagram is read or refused, and flipped bits are, without a trap")
  func damaged() throws {
    var generator = SeededRandom(seed: 4711)
    for datagram in try Fixture("conntrack-6.18").datagrams {
      for count in 0...datagram.count { _ = try? read([Array(datagram[..<count])]) }
      for _ in 0..<500 {
        var flipped = datagram
        for _ in 0..<Int.random(in: 1...9, using: &generator) {
          flipped[Int.random(in: flipped.indices, using: &generator)] ^=
            1 << UInt8.random(in: 0..<8, using: &generator)
        }
        _ = try? read([flipped])
      }
    }
  }

  @Test("An error of the kernel's ends the dump, and is said")
  func refused() throws {
    let answer = messageBytes(
      type: NLMSG_ERROR, payload: requestBytes(of: Int32(-EPERM)) + [UInt8](repeating: 0, count: 16))
    #expect { try read([answer]) } throws: {
      guard case ConntrackDump.Failure.refused(let errno) = $0 else { return false }
      return errno == .notPermitted
    }
    #expect(try read([doneBytes()]).isFinished)
    #expect(try read([messageBytes(type: NLMSG_DONE, sequence: 7)]).isFinished == false)
  }

  @Test("Corrections of sequence numbers are signed")
  func sequence() throws {
    func attribute(_ type: UInt16, _ body: [UInt8]) -> [UInt8] {
      requestBytes(of: UInt16(4 + body.count)) + requestBytes(of: type) + body
    }
    let payload =
      [2, 0, 0, 0]
      + attribute(
        0x800f,
        attribute(1, [0, 0, 0x12, 0x34]) + attribute(2, [0, 0, 0, 5]) + attribute(3, [255, 255, 255, 249]))
    let record = try #require(try read([messageBytes(type: 256, payload: payload)]).records.first)
    #expect(
      record.sequencePosition == 0x1234 && record.sequenceOffsetBefore == 5
        && record.sequenceOffsetAfter == -7)
    #expect(record.timeoutSeconds == nil)
  }
}

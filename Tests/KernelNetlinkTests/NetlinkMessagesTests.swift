import CLinux
import Testing

@testable import KernelNetlink

@Suite struct NetlinkMessagesTests {
  @Test("A datagram is split into its messages, each from its header to its unpadded end")
  func split() throws {
    let bytes = messageBytes(type: 20, payload: [1, 2, 3]) + messageBytes(type: NLMSG_DONE, sequence: 7)
    let found = try messages(of: bytes)
    #expect(found.map(\.type) == [20, 3])
    #expect(found.map(\.payload) == [16..<19, 36..<36])
    #expect(found.map(\.sequence) == [1, 7])
  }

  @Test("A datagram whose last message overruns its end is refused, with the offset")
  func overrun() {
    let bytes = messageBytes(type: 20, payload: [1, 2, 3]) + messageBytes(type: 20, payload: [1, 2, 3, 4])
    #expect(throws: NetlinkError.messageLength(offset: 20, length: 20, available: 19)) {
      try messages(of: bytes.dropLast())
    }
  }

  @Test("A rest too short for a header is refused, with its size")
  func shortHeader() {
    #expect(throws: NetlinkError.headerCutShort(offset: 16, available: 3)) {
      try messages(of: messageBytes(type: 20) + [0, 0, 0])
    }
  }

  @Test("A length smaller than the header is refused, so that no parser stands still", arguments: [0, 1, 15])
  func tooSmall(length: UInt8) {
    var bytes = messageBytes(type: 20)
    bytes[0] = length
    #expect(throws: NetlinkError.messageLength(offset: 0, length: Int(length), available: 16)) {
      try messages(of: bytes)
    }
  }

  @Test("After an error there are no more messages")
  func afterError() throws {
    let bytes: [UInt8] = [1, 2, 3]
    var parser = NetlinkMessages()
    #expect(throws: NetlinkError.self) { try parser.next(in: bytes.span.bytes) }
    #expect(try parser.next(in: bytes.span.bytes) == nil)
  }

  @Test("The last message needs no padding")
  func unpadded() throws {
    #expect(try messages(of: messageBytes(type: 20, payload: [1, 2, 3]).dropLast()).count == 1)
  }

  @Test("An attribute's number comes without its nested flag, which is told apart")
  func nested() throws {
    let bytes: [UInt8] = [8, 0, 5, 0x80, 1, 2, 3, 4, 5, 0, 6, 0x40, 9]
    var attributes = NetlinkAttributes(0..<bytes.count)
    let first = try attributes.next(in: bytes.span.bytes)
    #expect(first == NetlinkAttribute(type: 5, isNested: true, payload: 4..<8))
    let second = try attributes.next(in: bytes.span.bytes)
    #expect(second == NetlinkAttribute(type: 6, isNested: false, payload: 12..<13))
    #expect(try attributes.next(in: bytes.span.bytes) == nil)
  }

  @Test("An attribute that overruns its part is refused even if the datagram goes on", arguments: [0, 3, 9])
  func attributeOverrun(length: UInt8) {
    let bytes: [UInt8] = [length, 0, 5, 0] + [UInt8](repeating: 0, count: 17)
    var attributes = NetlinkAttributes(0..<8)
    #expect(throws: NetlinkError.attributeLength(offset: 0, length: Int(length), available: 8)) {
      try attributes.next(in: bytes.span.bytes)
    }
  }

  @Test("A part that lies outside the datagram has no attributes")
  func outside() throws {
    let bytes: [UInt8] = [8, 0, 5, 0]
    var attributes = NetlinkAttributes(4..<400)
    #expect(try attributes.next(in: bytes.span.bytes) == nil)
  }
}

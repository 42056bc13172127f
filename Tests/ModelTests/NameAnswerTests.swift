import Model
import Testing

@Suite("DNS messages") struct NameAnswerTests {
  /// Header: an answer with one question and `answers` records.
  private func message(_ body: [UInt8], answers: Int = 1, code: UInt8 = 0) -> [UInt8] {
    [0, 1, 0x81, 0x80 | code, 0, 1, UInt8(answers >> 8), UInt8(answers & 0xff), 0, 0, 0, 0] + body
  }
  private func name(_ labels: String...) -> [UInt8] {
    labels.flatMap { [UInt8($0.utf8.count)] + Array($0.utf8) } + [0]
  }
  /// Type A, class IN.
  private let kind: [UInt8] = [0, 1, 0, 1]
  private func record(_ owner: [UInt8], _ type: UInt8, _ data: [UInt8]) -> [UInt8] {
    owner + [0, type, 0, 1, 0, 0, 0, 60, UInt8(data.count >> 8), UInt8(data.count & 0xff)] + data
  }
  private var question: [UInt8] { name("www", "example") + kind }

  @Test(
    "Addresses are taken of the question's name and what its CNAMEs lead to, whatever the case, and of no other"
  )
  func chain() throws {
    let body =
      question + record([0xc0, 12], 5, name("Other", "test")) + record(name("evil", "test"), 1, [6, 6, 6, 6])
      + record(name("oTHER", "test"), 1, [10, 0, 0, 1])
      + record(name("other", "test"), 28, Array(repeating: 0, count: 15) + [1])
    let answer = try #require(NameAnswer(message: message(body, answers: 4)))
    #expect(answer.question == "www.example")
    #expect(answer.addresses == [IPAddress(v4: 0x0a00_0001), IPAddress(v6High: 0, low: 1)])
    #expect(answer.responseCode == 0)
  }

  @Test("A refusal has its code and no address; a query and another operation are no answers")
  func codes() throws {
    #expect(try #require(NameAnswer(message: message(question, answers: 0, code: 3))).responseCode == 3)
    var bytes = message(question, answers: 0)
    bytes[2] = 0x01
    #expect(NameAnswer(message: bytes) == nil)
    bytes[2] = 0xa8
    #expect(NameAnswer(message: bytes) == nil)
  }

  @Test("Bytes of a label are kept, and a dot in one has a backslash before it")
  func labels() throws {
    let body = [4, 0x1b, UInt8(ascii: "."), 0, UInt8(ascii: "\\"), 0] + kind
    let bytes = try #require(NameAnswer(message: message(body, answers: 0))).question.bytes
    #expect(
      bytes == [0x1b, UInt8(ascii: "\\"), UInt8(ascii: "."), 0, UInt8(ascii: "\\"), UInt8(ascii: "\\")])
    #expect(try #require(NameAnswer(message: message([0] + kind, answers: 0))).question == ".")
  }

  @Test(
    "What is malformed has no question, or the addresses before the damage",
    arguments: [
      ("nothing", [], -1), ("a pointer to itself", [0xc0, 12, 0, 1, 0, 1], -1),
      ("two pointers in a ring", [0xc0, 14, 0xc0, 12, 0, 1, 0, 1], -1),
      ("a pointer ahead", [0xc0, 40, 0, 1, 0, 1], -1), ("half a pointer", [0xc0], -1),
      ("a label past the end", [63, 1, 2], -1), ("a label of a reserved kind", [0x80, 0, 0, 1, 0, 1], -1),
      ("a name without an end", Array(repeating: 1, count: 300), -1),
      (
        "a name of 256 bytes",
        Array(repeating: [UInt8(1), 97], count: 128).flatMap { $0 } + [0, 0, 1, 0, 1], -1
      ),
      ("no type", [1, 97, 0], -1),
      ("no record", [1, 97, 0, 0, 1, 0, 1], 0),
      ("a record past the end", [1, 97, 0, 0, 1, 0, 1, 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 1, 2], 0),
      (
        "an address of 5 bytes",
        [1, 97, 0, 0, 1, 0, 1, 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 5, 1, 2, 3, 4, 5], 0
      ),
      (
        "a CNAME in a ring",
        [1, 97, 0, 0, 1, 0, 1, 0xc0, 12, 0, 5, 0, 1, 0, 0, 0, 60, 0, 2, 0xc0, 31, 1, 2, 3, 4], 0
      ),
      (
        "a second record cut off",
        [1, 97, 0, 0, 1, 0, 1, 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 1, 2, 3, 4, 0xc0], 1
      ),
    ] as [(String, [UInt8], Int)])
  func malformed(what: String, body: [UInt8], addresses: Int) {
    let answer = NameAnswer(message: message(body, answers: 3))
    #expect(answer?.addresses.count ?? -1 == addresses, "\(what)")
  }

  @Test("No prefix of an answer traps, nor one with any byte changed")
  func damage() {
    let whole = message(
      question + record([0xc0, 12], 5, [0xc0, 16]) + record([0xc0, 16], 1, [10, 0, 0, 1]), answers: 2)
    #expect(NameAnswer(message: whole)?.addresses.count == 1)
    for end in whole.indices { _ = NameAnswer(message: Array(whole[..<end])) }
    for index in whole.indices {
      for value in UInt8.min...UInt8.max {
        var damaged = whole
        damaged[index] = value
        _ = NameAnswer(message: damaged)
      }
    }
  }
}

import Model
import Testing

@testable import ViewText

private func text(_ body: (inout TextBuffer) -> Void) -> String {
  var buffer = TextBuffer()
  body(&buffer)
  return buffer.string
}

@Suite struct EscapeTests {
  @Test(
    "Nothing that steers a terminal gets through",
    arguments: [
      ([0x1b, 0x5b, 0x32, 0x4a], #"\x1b[2J"#), ([0x61, 0x0a, 0x09, 0x0d], #"a\n\t\r"#), ([0x7f], #"\x7f"#),
      ([0xc2, 0x9b], #"\u{9b}"#), ([0x9b], #"\x9b"#), ([0xe2, 0x80, 0xae], #"\u{202e}"#),
      ([0xe2, 0x81, 0xa6], #"\u{2066}"#), ([0xe2, 0x80, 0x8b], #"\u{200b}"#), ([0x5c, 0x6e], #"\\n"#),
      ([0xed, 0xa0, 0x80], #"\xed\xa0\x80"#), ([0xc0, 0x80], #"\xc0\x80"#), ([0xe2, 0x82], #"\xe2\x82"#),
      ([0xf3, 0xa0, 0x81, 0x81], #"\u{e0041}"#),
    ] as [([UInt8], String)])
  func terminal(bytes: [UInt8], expected: String) {
    var buffer = TextBuffer()
    let width = buffer.append(terminal: RawText(bytes))
    #expect(buffer.string == expected)
    #expect(width == expected.utf8.count)
  }

  @Test("JSON marks bytes that are no UTF-8, and a name that looks like such a mark is told apart")
  func json() {
    #expect(text { $0.append(json: RawText([0x61, 0xff])) } == #""a\\xff""#)
    #expect(text { $0.append(json: RawText(#"a\xff"#)) } == #""a\\x5cxff""#)
    #expect(text { $0.append(json: RawText(#"C:\x"#)) } == #""C:\\x""#)
    #expect(text { $0.append(json: #"dev-by\x2duuid"#) } == #""dev-by\\x2duuid""#)
    #expect(text { $0.append(json: RawText("\u{1b}\"\n\u{202e}é")) } == #""\u001b\"\n\u202eé""#)
    #expect(text { $0.append(json: RawText("\u{e0041}")) } == #""\udb40\udc41""#)
  }

  @Test(
    "A CSV cell cannot become a formula, a second cell or a second row",
    arguments: [
      ("=1+1", "'=1+1"), ("@x", "'@x"), ("-1", "'-1"), ("\t=1", #"'\t=1"#), ("a,b", #""a,b""#),
      ("a\"b", #""a""b""#), ("a\r\nb", #"a\r\nb"#), ("+a,b", #""'+a,b""#), ("＝1", "'＝1"),
      ("plain text", "plain text"),
    ])
  func csv(cell: String, expected: String) {
    #expect(text { $0.append(csv: cell) } == expected)
  }

  @Test(
    "Width counts wide characters twice and combining ones not at all",
    arguments: [("abc", 3), ("日本", 4), ("e\u{301}", 1), ("é", 1), ("→", 1), ("👩", 2), ("한", 2), ("", 0)])
  func width(text: String, expected: Int) {
    #expect(DisplayWidth.of(text.utf8.span) == expected)
  }

  @Test(
    "Long text is shortened in its middle and never wider than asked",
    arguments: [
      ("abcdefgh", 8, "abcdefgh"), ("abcdefgh", 5, "ab…gh"), ("abcdefgh", 4, "a…gh"), ("abc", 1, "…"),
      ("日本語日本語", 5, "日…語"), ("日本語日本語", 4, "…語"), ("xe\u{301}yz", 3, "x…z"),
    ])
  func elision(long: String, limit: Int, expected: String) {
    var buffer = TextBuffer()
    let width = buffer.append(elided: long.utf8.span, to: limit)
    #expect(buffer.string == expected)
    #expect(width <= limit)
    #expect(width == DisplayWidth.of(buffer.contents.span))
  }

  @Test("Random bytes come out as printable UTF-8, in every format")
  func randomBytes() {
    var state: UInt64 = 20_261_121
    for _ in 0..<2000 {
      var bytes: [UInt8] = []
      for _ in 0..<12 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        bytes.append(UInt8(truncatingIfNeeded: state >> 33))
      }
      var buffer = TextBuffer()
      let width = buffer.append(terminal: RawText(bytes))
      #expect(width == DisplayWidth.of(buffer.contents.span), "\(bytes)")
      buffer.append(json: RawText(bytes))
      buffer.append(csv: RawText(bytes))
      #expect(String(validating: buffer.contents, as: UTF8.self) != nil, "\(bytes)")
      #expect(buffer.string.unicodeScalars.allSatisfy { !isHostile($0.value) }, "\(bytes)")
    }
  }
}

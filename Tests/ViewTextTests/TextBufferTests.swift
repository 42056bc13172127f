import Model
import Testing

@testable import ViewText

private func text(_ body: (inout TextBuffer) -> Void) -> String {
  var buffer = TextBuffer()
  body(&buffer)
  return buffer.string
}

@Suite struct TextBufferTests {
  @Test("Every width of number is written in full", arguments: [0, 7, 10, 99, 1000, UInt64.max])
  func decimals(value: UInt64) {
    #expect(text { $0.append(decimal: value) } == String(value))
    #expect(text { $0.append(hex: value) } == String(value, radix: 16))
  }

  @Test("Negative numbers keep their sign; short ones are filled up with zeros")
  func signsAndPadding() {
    #expect(text { $0.append(decimal: -815) } == "-815")
    #expect(text { $0.append(decimal: Int.min) } == String(Int.min))
    #expect(text { $0.append(decimal: 42, digits: 9) } == "000000042")
    #expect(text { $0.append(hex: 3, digits: 4) } == "0003")
  }

  @Test(
    "IPv6 addresses are shortened as RFC 5952 says",
    arguments: [
      (0, 0, "::"), (0, 1, "::1"), (0x2001_0db8_0000_0000, 1, "2001:db8::1"),
      (0x2001_0db8_0000_0001, 0x0001_0001_0001_0001, "2001:db8:0:1:1:1:1:1"),
      (0x2001_0000_0000_0001, 0x0000_0000_0000_0001, "2001:0:0:1::1"),
      (0x2001_0db8_0000_0000, 0x0001_0000_0000_0001, "2001:db8::1:0:0:1"),
      (0x0001_0002_0003_0004, 0x0005_0006_0007_0000, "1:2:3:4:5:6:7:0"),
      (0xfe80_0000_0000_0000, 0, "fe80::"), (0, 0xffff_0a00_0001, "::ffff:10.0.0.1"),
    ] as [(UInt64, UInt64, String)])
  func ipv6(high: UInt64, low: UInt64, expected: String) {
    #expect(text { $0.append(IPAddress(v6High: high, low: low)) } == expected)
  }

  @Test(
    "IPv4 addresses are dotted",
    arguments: [(0, "0.0.0.0"), (0xffff_ffff, "255.255.255.255"), (0x0a64_0105, "10.100.1.5")])
  func ipv4(address: UInt32, expected: String) {
    #expect(text { $0.append(IPAddress(v4: address)) } == expected)
  }

  @Test(
    "Dates are right on leap days, ends of months and centuries",
    arguments: [
      (0, "1970-01-01T00:00:00.000000000Z"), (951_782_400, "2000-02-29T00:00:00.000000000Z"),
      (1_709_251_199, "2024-02-29T23:59:59.000000000Z"), (4_107_542_400, "2100-03-01T00:00:00.000000000Z"),
      (1_795_000_000, "2026-11-18T11:06:40.000000000Z"),
    ] as [(UInt64, String)])
  func dates(seconds: UInt64, expected: String) {
    #expect(text { $0.append(rfc3339: seconds * 1_000_000_000) } == expected)
  }

  @Test(
    "Durations and sizes carry their unit and few digits",
    arguments: [
      (850, "850us"), (3_240, "3.24ms"), (20_410, "20.4ms"), (224_000, "224ms"), (1_500_000, "1.5s"),
      (200_000_000, "3m20s"), (7_500_000_000, "2h05m"), (356_400_000_000, "4d03h"),
    ] as [(UInt64, String)])
  func durations(microseconds: UInt64, expected: String) {
    #expect(text { $0.append(durationMicroseconds: microseconds) } == expected)
  }

  @Test("Sizes have binary units, rates decimal ones, up to the largest")
  func sizes() {
    #expect(text { $0.append(size: 812) } == "812B")
    #expect(text { $0.append(size: 1536) } == "1.5KiB")
    #expect(text { $0.append(size: 17 << 20) } == "17MiB")
    #expect(text { $0.append(size: .max) } == "15.9EiB")
    #expect(text { $0.append(bitRate: 1_300_000) } == "10.4Mbit/s")
    #expect(text { $0.append(bitRate: 100) } == "800bit/s")
  }

  @Test("A sink that wants no more stops the flush; the buffer is empty after it")
  func sink() {
    var buffer = TextBuffer()
    buffer.append("abc")
    #expect(buffer.flushIfFull { _ in false })
    #expect(buffer.count == 3)
    #expect(!buffer.flush { $0.count != 3 })
    #expect(buffer.isEmpty)
  }
}

import Randomness
import Testing

@testable import Model

@Suite("The text of addresses")
struct IPAddressTextTests {
  @Test(
    "An address is written as RFC 5952 says, and read back",
    arguments: [
      ("0.0.0.0", "0.0.0.0"), ("255.255.255.255", "255.255.255.255"), ("10.0.2.15", "10.0.2.15"),
      ("::", "::"), ("::1", "::1"), ("1::", "1::"), ("2001:db8::1", "2001:db8::1"),
      ("2001:0DB8:0:0:0:0:2:1", "2001:db8::2:1"), ("2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"),
      ("2001:0:0:1:0:0:0:1", "2001:0:0:1::1"), ("2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"),
      ("::ffff:10.0.0.1", "::ffff:10.0.0.1"), ("::ffff:a00:1", "::ffff:10.0.0.1"), ("::10.0.0.1", "::a00:1"),
      ("0:0:0:0:0:0:0:0", "::"), ("fe80:0:0:0:1:2:3:4", "fe80::1:2:3:4"),
      ("1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"),
      ("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
      ("64:ff9b::192.0.2.33", "64:ff9b::c000:221"),
    ])
  func canonical(input: String, output: String) throws {
    let address = try #require(IPAddress(input))
    #expect(address.text == output)
    #expect(IPAddress(output) == address)
  }

  @Test(
    "What is no address is refused",
    arguments: [
      "", ".", ":", ":::", "1", "1.2.3", "1.2.3.4.5", "1.2.3.256", "01.2.3.4", "1..2.3", "1.2.3.", ".1.2.3",
      "1.2.3.4 ",
      "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1::2::3", "1:2:3:4:5:6:7:8::", "12345::", "g::", "::1.2.3",
      "1.2.3.4::",
      "::1:", ":1::", "1:2:3:4:5:6:7:1.2.3.4", "::1%eth0", "[::1]", "-1.2.3.4", "1.2.3.4:5",
    ])
  func refused(input: String) { #expect(IPAddress(input) == nil) }

  @Test("A zone is taken from an IPv6 address only")
  func zones() {
    #expect(IPAddress.parse("fe80::1%eth0")?.zone == "eth0")
    #expect(IPAddress.parse("fe80::1%eth0")?.address == IPAddress("fe80::1"))
    #expect(IPAddress.parse("fe80::1")?.zone == nil)
    #expect(IPAddress.parse("fe80::1%") == nil)
    #expect(IPAddress.parse("10.0.0.1%eth0") == nil)
  }

  @Test("Every address survives being written and read")
  func roundTrip() {
    var random = SeededRandom.printed()
    for _ in 0..<5_000 {
      let v4 = IPAddress(v4: random.next(upTo: .max))
      #expect(IPAddress(v4.text) == v4)
      // Words that are often zero, so that gaps of all kinds come up.
      let mask = { (random: inout SeededRandom) -> UInt64 in
        (0..<4).reduce(0) { mask, _ in mask << 16 | (random.chance(2) ? 0 : UInt64(0xffff)) }
      }
      let v6 = IPAddress(v6High: random.next() & mask(&random), low: random.next() & mask(&random))
      #expect(IPAddress(v6.text) == v6, "\(v6.text)")
      #expect(v6.text.utf8.count <= IPAddress.maximumTextLength)
    }
  }

  @Test("A prefix drops the bits after its length")
  func prefixes() throws {
    let ten = AddressPrefix(try #require(IPAddress("10.1.2.3")), length: 8)
    #expect(ten.description == "10.0.0.0/8")
    #expect(AddressPrefix(try #require(IPAddress("fe80::1")), length: 10).description == "fe80::/10")
    #expect(AddressPrefix(try #require(IPAddress("fe80::1:2")), length: 127).description == "fe80::1:2/127")
    #expect(
      AddressPrefix(try #require(IPAddress("fe80::1")), length: 64).contains(
        try #require(IPAddress("fe80::2"))))
    #expect(
      AddressPrefix(try #require(IPAddress("::")), length: 0).contains(try #require(IPAddress("fe80::2"))))
    #expect(
      !AddressPrefix(try #require(IPAddress("::")), length: 0).contains(try #require(IPAddress("10.0.0.1"))))
  }

  @Test("An IPv4 prefix holds mapped addresses; an IPv6 prefix holds IPv6 addresses only")
  func mapped() throws {
    let ten = AddressPrefix(try #require(IPAddress("10.0.0.0")), length: 8)
    #expect(ten.contains(try #require(IPAddress("::ffff:10.9.9.9"))))
    #expect(!ten.contains(try #require(IPAddress("::10.9.9.9"))))
    #expect(!ten.contains(try #require(IPAddress("::ffff:11.9.9.9"))))
    let mapped = AddressPrefix(try #require(IPAddress("::ffff:10.0.0.0")), length: 104)
    #expect(mapped.contains(try #require(IPAddress("::ffff:10.9.9.9"))))
    #expect(!mapped.contains(try #require(IPAddress("10.9.9.9"))))
  }
}

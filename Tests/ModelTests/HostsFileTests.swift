import Model
import Testing

@Suite struct HostsFileTests {
  private let file = HostsFile(
    Array(
      """
      # 10.0.0.9 commented
      127.0.0.1\tlocalhost loopback # 10.0.0.8 behind
      ::1 localhost
      10.0.0.5  Db.Example.org db

      10.0.0.300 db
      10.0.0.6 db\r
      10.0.0.7
      """.utf8))

  @Test("A name has the addresses of all its lines, in their order")
  func several() {
    #expect(file.addresses(of: "localhost") == [IPAddress("127.0.0.1"), IPAddress("::1")])
    #expect(file.addresses(of: "loopback") == [IPAddress("127.0.0.1")])
  }

  @Test("Case does not matter; a line whose address is none counts for nothing")
  func caseAndFaults() {
    #expect(file.addresses(of: "db.example.ORG") == [IPAddress("10.0.0.5")])
    #expect(file.addresses(of: "db") == [IPAddress("10.0.0.5"), IPAddress("10.0.0.6")])
  }

  @Test("Neither comments nor addresses are names", arguments: ["commented", "behind", "10.0.0.7", "#", ""])
  func noNames(_ name: String) { #expect(file.addresses(of: name) == []) }
}

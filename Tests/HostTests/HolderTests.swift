import Testing

extension HostTests {
  @Suite struct HolderTests {
    @Test("A listener that a parent and 5 children hold is one socket with 6 holders")
    func forkedListener() throws { try checkListing(of: "forked-listener") }

    @Test("Three descriptors of one process for one socket are all named")
    func duplicates() throws { try checkListing(of: "duplicates") }

    @Test(
      "A socket that was passed over a unix socket belongs to whoever received it, and to the sender if he kept it"
    )
    func passed() throws { try checkListing(of: "scm-rights") }

    @Test("A socket that is on its way over a unix socket has no holder, and says that it is in flight")
    func inFlight() throws { try checkListing(of: "in-flight") }

    @Test("Each socket of a SO_REUSEPORT group has its own process")
    func sharedPort() throws { try checkListing(of: "reuseport") }

    @Test("A socket in the own descriptor table of a thread, which ss misses, is named")
    func threadTable() throws { try checkListing(of: "thread-table", crossCheck: false) }

    @Test("A process whose main thread has ended, which ss misses, is named")
    func zombieLeader() throws { try checkListing(of: "zombie-leader", crossCheck: false) }

    @Test("10,000 sockets in 50 processes are listed once each, with one holder each")
    func many() throws {
      let fixture = try Fixture(["scale", "--sockets", "10000", "--processes", "50"])
      let found = try Listing.take(of: fixture, ["-t"]).sightings
      #expect(found.count == 10_000)
      #expect(Set(found.map(\.inode)).count == 10_000)
      #expect(Set(found.map(\.cookie)).count == 10_000)
      #expect(Set(found.flatMap { $0.holders.map(\.pid) }).count == 50)
      report(found.filter { $0.holders.count != 1 }.map { "\($0): it has \($0.holders.count) holders" })
    }
  }
}

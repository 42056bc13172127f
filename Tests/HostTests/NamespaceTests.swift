import Testing

extension HostTests {
  @Suite struct NamespaceTests {
    @Test("A process that left its namespace still holds its socket there")
    func left() throws { try checkListing(of: "left-netns") }

    @Test("A namespace that only a process elsewhere keeps, by its sockets, is found")
    func bySocket() throws { try checkEverywhere("netns-by-socket") }

    @Test("A namespace without processes, kept by a mount, is found with its connections in TIME-WAIT")
    func byMount() throws { try checkEverywhere("netns-by-mount") }

    @Test("A namespace without processes, kept by a descriptor, is found with its connections in TIME-WAIT")
    func byDescriptor() throws { try checkEverywhere("netns-by-fd") }

    @Test("The same tuple in two namespaces is two connections")
    func sameTuple() throws { try checkEverywhere("same-tuple") }

    @Test("23 namespaces of 10 sockets each are listed in full")
    func many() throws {
      let fixture = try Fixture(["scale-netns", "--namespaces", "23", "--sockets", "10"])
      let children = Set(try childProcesses(of: Int(fixture.pid)))
      let found = try Listing.take(["-a", "-t", "--netns", "all"]).sightings.filter { socket in
        socket.holders.contains { children.contains($0.pid) }
      }
      #expect(found.count == 230)
      let sizes = Dictionary(grouping: found, by: \.netns).mapValues(\.count)
      #expect(sizes.count == 23)
      #expect(sizes.values.allSatisfy { $0 == 10 }, "\(sizes)")
    }

    @Test("A namespace that is given by pid, by path, or entered, has the same sockets")
    func naming() throws {
      let fixture = try Fixture(scenarios: "tcp4", "udp6")
      let byPath = try Listing.take(of: fixture).sightings
      let byPid = try Listing.take(["-a", "--netns", "\(fixture.pid)"]).sightings
      let entered = try Listing.take(
        ["-a", "--netns", "current"], wrapper: ["nsenter", "--net=\(fixture.netnsPath)"]
      ).sightings
      for other in [byPid, entered] {
        report(Comparison(found: other).differences(from: fixture.truth))
        report(Comparison(found: other).unknown(among: byPath))
      }
    }

    private func checkEverywhere(_ scenario: String, sourceLocation: SourceLocation = #_sourceLocation) throws
    {
      let fixture = try Fixture(scenarios: scenario)
      try fixture.require(scenario)
      #expect(!fixture.truth.isEmpty, sourceLocation: sourceLocation)
      let found = try Listing.take(["-a", "--netns", "all"]).sightings
      report(Comparison(found: found).differences(from: fixture.truth), sourceLocation)
    }

    private func childProcesses(of pid: Int) throws -> [Int] {
      let run = try ToolRun.run(["cat", "/proc/\(pid)/task/\(pid)/children"])
      return String(decoding: run.output, as: UTF8.self).split(separator: " ").compactMap { Int($0) }
    }
  }
}

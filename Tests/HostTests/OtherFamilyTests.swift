import Testing

extension HostTests {
  @Suite struct UnixTests {
    @Test("Paths with blanks, newlines, control codes and invalid UTF-8 are listed byte for byte")
    func paths() throws { try checkListing(of: "unix-paths", crossCheck: false) }

    @Test("Abstract names with NULs and control bytes are listed byte for byte")
    func abstractNames() throws { try checkListing(of: "unix-abstract", crossCheck: false) }

    @Test("Both ends of socketpairs of each type are listed with their process")
    func pairs() throws { try checkListing(of: "unix-pairs") }

    @Test("Accepted unix connections are listed with the processes of both ends")
    func connected() throws { try checkListing(of: "unix-connected") }

    @Test("7 unix connections that nobody accepted are listed, and say that they were not yet accepted")
    func backlog() throws { try checkListing(of: "unix-backlog") }

    @Test("Unix sockets that were never bound are listed with their process")
    func unbound() throws { try checkListing(of: "unix-unbound") }
  }

  @Suite struct OtherFamilyTests {
    @Test("Packet sockets are listed with their process")
    func packet() throws { try checkListing(of: "packet") }

    @Test("Netlink sockets of several protocols are listed with their process")
    func netlink() throws { try checkListing(of: "netlink", crossCheck: false) }

    @Test("The kernel's own netlink sockets say that they are the kernel's")
    func kernelNetlink() throws {
      let fixture = try Fixture(scenarios: "netlink")
      let theirs = Set(fixture.truth.map(\.inode))
      let own = try Listing.take(of: fixture).sightings.filter {
        $0.table == "netlink" && !theirs.contains($0.inode)
      }
      #expect(!own.isEmpty, "every namespace has some, NETLINK_ROUTE for one")
      for socket in own {
        #expect(socket.unheldReason == "kernel_owned", "\(socket)")
      }
    }

    @Test("A vsock listener is listed with its process, with or without vsock_diag")
    func vsock() throws { try checkListing(of: "vsock", crossCheck: false) }

    @Test("Sockets of a family that no table has are listed, or said to be missing")
    func withoutTable() throws {
      let fixture = try Fixture(scenarios: "vsock")
      try fixture.require("vsock")
      let listing = try Listing.take([
        "-a", "--vsock", "--holders-from", "proc", "--netns", fixture.netnsPath,
      ])
      let isSaid = listing.errors.contains("sockets of vsock are not listed")
      #expect(listing.sightings.contains { $0.table == "vsock" } != isSaid, "\(listing.errors)")
    }

    @Test("An AF_XDP socket is listed with its process, with or without xdp_diag")
    func xdp() throws { try checkListing(of: "xdp", crossCheck: false) }
  }
}

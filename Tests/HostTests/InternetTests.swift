import Testing

extension HostTests {
  @Suite struct InternetTests {
    @Test("Both ends of 23 TCP connections over IPv4, and their listener, are listed with their process")
    func tcp4() throws { try checkListing(of: "tcp4") }

    @Test("Both ends of 23 TCP connections over IPv6, and their listener, are listed with their process")
    func tcp6() throws { try checkListing(of: "tcp6") }

    @Test("An IPv4 connection of an IPv6 socket keeps its IPv4-mapped addresses")
    func v4mapped() throws { try checkListing(of: "v4mapped") }

    @Test("A listener on :: that takes IPv4 is one socket")
    func dualStack() throws { try checkListing(of: "dualstack") }

    @Test("An IPv6-only listener and an IPv4 listener on the same port are two sockets")
    func v6Only() throws { try checkListing(of: "v6only") }

    @Test("Queues hold the bytes to be read and to be sent that ss says")
    func queues() throws { try checkListing(of: "queues") }

    @Test("A TCP socket that is bound, and neither listens nor is connected, is listed with its process")
    func bound() throws {
      let fixture = try Fixture(scenarios: "bound")
      let found = try Listing.take(of: fixture).sightings
      let truth = fixture.truth.map { socket in
        var socket = socket
        socket.state = nil  // sock_diag has a state for it since 6.8
        return socket
      }
      report(Comparison(found: found).differences(from: truth))
      for socket in found where socket.table == "tcp" {
        #expect(["bound-inactive", "unconnected"].contains(socket.state), "\(socket)")
      }
    }

    @Test("A socket that was never bound is in no table of the kernel, and yet listed with its process")
    func unbound() throws { try checkListing(of: "unbound", crossCheck: false) }

    @Test("A connection that nobody accepted has no process, and says that it was not yet accepted")
    func backlog() throws { try checkListing(of: "backlog") }

    @Test("A half-open handshake has no process, and says that it was not yet accepted")
    func synReceived() throws { try checkListing(of: "syn-recv") }

    @Test("A connection attempt without answer belongs to the process that makes it")
    func synSent() throws { try checkListing(of: "syn-sent") }

    @Test(
      "Half-closed connections are FIN-WAIT-2 at one end and CLOSE-WAIT at the other, closed from either side"
    )
    func halfClosed() throws { try checkListing(of: "half-closed") }

    @Test("A socket in FIN-WAIT-1 that its process still holds is named")
    func finWait1() throws { try checkListing(of: "fin-wait-1") }

    @Test("A socket in FIN-WAIT-1 that its process closed says that it is orphaned")
    func orphan() throws { try checkListing(of: "orphan") }

    @Test("A socket in LAST-ACK that its process closed says that it is orphaned")
    func lastAck() throws { try checkListing(of: "last-ack") }

    @Test("Each connection in TIME-WAIT is listed, without process, and says why")
    func timeWait() throws { try checkListing(of: "time-wait") }

    @Test("MPTCP sockets are listed with their process, beside their subflows in TCP")
    func multipath() throws { try checkListing(of: "mptcp") }

    @Test("UDP sockets over IPv4, bound and connected, are listed with their process")
    func udp4() throws { try checkListing(of: "udp4") }

    @Test("UDP sockets over IPv6, bound and connected, are listed with their process")
    func udp6() throws { try checkListing(of: "udp6") }

    @Test("UDP sockets on 0.0.0.0 and :: are listed, with the bytes that wait in them")
    func udpAny() throws { try checkListing(of: "udp-any") }

    @Test("UDP-Lite sockets, which ss does not know, are listed with their process")
    func udpLite() throws { try checkListing(of: "udplite", crossCheck: false) }

    @Test("Raw sockets are listed with their protocol in the place of the port")
    func raw() throws { try checkListing(of: "raw", crossCheck: false) }

    @Test("Ping sockets, which ss does not list, are listed with their identifier in the place of the port")
    func ping() throws { try checkListing(of: "ping", crossCheck: false) }

    @Test("All the internet's scenarios together are listed as each alone")
    func together() throws {
      try checkListing(
        of: "tcp4", "tcp6", "v4mapped", "v6only", "backlog", "half-closed", "orphan", "time-wait", "udp4",
        "udp6")
    }
  }
}

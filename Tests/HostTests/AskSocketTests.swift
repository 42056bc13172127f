import Foundation
import ProgramRuns
import Testing

extension HostTests {
  @Suite struct AskSocketTests {
    /// The gaps of `list --ask-socket` of which `message` is a part.
    private static func gaps(in run: ToolRun, with message: String) throws -> [String] {
      let array = try JSONSerialization.jsonObject(with: run.output) as? [[String: Any]] ?? []
      return array.compactMap { ($0["gap"] as? [String: Any])?["message"] as? String }
        .filter { $0.contains(message) }
    }

    private static func list(_ fixture: Fixture, wrapper: [String] = []) throws -> ToolRun {
      try ToolRun.run(
        wrapper + [BuiltProducts.sockeye, "list", "-a", "--ask-socket", "-o", "json"]
          + ["--netns", fixture.netnsPath])
    }

    @Test(
      "Sockets that are asked through a duplicate of their descriptor agree with what the kernel lists of them",
      arguments: [
        "tcp4", "tcp6", "v4mapped", "udp6", "raw", "unix-paths", "unix-pairs", "packet", "forked-listener",
      ])
    func agreement(scenario: String) throws {
      let fixture = try Fixture(scenarios: scenario)
      let run = try Self.list(fixture)
      #expect(try Self.gaps(in: run, with: "disagrees") == [])
      let evidence = try Listing.records(in: run.output).reduce(into: [UInt64: String]()) {
        $0[Listing.sighting(of: $1).inode] = $1["evidence"] as? String
      }
      let held = fixture.truth.filter { !$0.holders.isEmpty }
      #expect(!held.isEmpty)
      for socket in held { #expect(evidence[socket.inode] == "asked_socket", "\(socket)") }
    }

    @Test("A source that lies about ports is caught, each socket by name")
    func lie() throws {
      let fixture = try Fixture(scenarios: "tcp4")
      let library = BuiltProducts.path(of: "liblying-socket.so")
      let run = try Self.list(fixture, wrapper: ["LD_PRELOAD=\(library)"])
      let found = try Self.gaps(in: run, with: "disagrees")
      let held = fixture.truth.filter { !$0.holders.isEmpty }
      #expect(found.count == held.count, "\(found)")
      for socket in held {
        guard case .internet(_, let port)? = socket.local else { continue }
        #expect(
          found.contains {
            $0.contains("socket \(socket.cookie):")
              && $0.contains("local port \(port) listed, \(port + 1) answered")
          }, "\(socket)")
      }
    }
  }

  @Suite struct ResolveTests {
    @Test("--resolve names addresses by the host's own files, and leaves the numbers in the record")
    func names() throws {
      let fixture = try Fixture(scenarios: "tcp4")
      let run = try ToolRun.run([
        BuiltProducts.sockeye, "list", "-a", "-t", "--resolve", "-o", "json", "--netns", fixture.netnsPath,
      ])
      let locals = try Listing.records(in: run.output).compactMap {
        ($0["network"] as? [String: Any])?["local"] as? [String: Any]
      }.filter { $0["address"] as? String == "127.0.0.1" }
      #expect(!locals.isEmpty)
      for local in locals { #expect(local["name"] as? String == "localhost") }
      let numbers = try Listing.take(of: fixture, ["-t"]).records
      #expect(!numbers.isEmpty && !numbers.contains { "\($0)".contains("localhost") })
    }

    @Test("A name server that never answers keeps nothing from being printed, and is told of")
    func silentServer() throws {
      // In namespaces of its own: a name server that takes questions and answers none.
      let world = """
        ip link set lo up && ip address add 192.0.2.1/32 dev lo
        mount -t tmpfs none /mnt && echo nameserver 127.0.0.1 > /mnt/resolv.conf
        mount --bind /mnt/resolv.conf /etc/resolv.conf
        exec python3 -c "import socket, subprocess, sys
        silent = socket.socket(type=socket.SOCK_DGRAM); silent.bind(('127.0.0.1', 53))
        asked = socket.socket(); asked.bind(('192.0.2.1', 80)); asked.listen()
        sys.exit(subprocess.run(sys.argv[1:]).returncode)" "$@"
        """
      let run = try ToolRun.run(
        ["unshare", "--net", "--mount", "sh", "-c", world, "sh", BuiltProducts.sockeye]
          + ["list", "-t", "-u", "-a", "--resolve", "--netns", "current"])
      let table = String(decoding: run.output, as: UTF8.self)
      #expect(run.status == 0 && table.contains("192.0.2.1:"), "\(table)\(run.errors)")
      #expect(run.errors.contains("1 name was not found within"), "\(run.errors)")
    }
  }
}

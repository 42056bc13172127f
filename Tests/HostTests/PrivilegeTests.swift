import Foundation
import ProgramRuns
import Testing

extension HostTests {
  /// The fixture holds 7 listeners as root and 5 as uid 65534; sockeye runs as uid 65534 with what is given.
  @Suite struct PrivilegeTests {
    @Test(
      "An ordinary user sees all sockets, the processes of his own, and one line that says what he does not see"
    )
    func ordinary() throws {
      let result = try list(with: [])
      expectOwnOnly(result)
    }

    @Test(
      "Where /proc hides the processes of others, their sockets are said to be hidden, not to be held by nobody"
    )
    func hidden() throws {
      let mount = #"mount -t proc -o hidepid=2 proc /proc && exec "$@""#
      let result = try list(with: [], before: ["unshare", "--mount", "sh", "-c", mount, "sh"])
      expectOwnOnly(result)
      #expect(result.listing.errors.contains("hidepid"))
    }

    @Test("CAP_NET_ADMIN alone names no more processes than an ordinary user's")
    func netAdmin() throws {
      let result = try list(with: ["net_admin"])
      expectOwnOnly(result)
    }

    @Test("CAP_BPF and CAP_PERFMON name the process of every socket")
    func iterator() throws {
      let result = try list(with: ["bpf", "perfmon"])
      expectAll(result)
    }

    @Test("CAP_BPF, CAP_PERFMON and CAP_NET_ADMIN name the process of every socket")
    func iteratorAndNetAdmin() throws {
      let result = try list(with: ["bpf", "perfmon", "net_admin"])
      expectAll(result)
    }

    @Test("CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH, without BPF, name the process of every socket")
    func descriptorScan() throws {
      let result = try list(with: ["sys_ptrace", "dac_read_search"])
      expectAll(result)
    }

    @Test("Root without CAP_BPF, CAP_PERFMON and CAP_SYS_ADMIN names the process of every socket")
    func rootWithoutBPF() throws {
      let fixture = try Fixture(scenarios: "users", "forked-listener")
      let listing = try Listing.take(
        ["-a", "-t", "--netns", "current"],
        wrapper: [
          "nsenter", "--net=\(fixture.netnsPath)", "setpriv", "--bounding-set=-bpf,-perfmon,-sys_admin",
        ])
      report(Comparison(found: listing.sightings).differences(from: fixture.truth))
    }

    private struct Result {
      let fixture: Fixture
      let listing: Listing
      func named(_ label: String) -> Int {
        let inodes = Set(fixture.truth.filter { $0.label == label }.map(\.inode))
        return listing.sightings.count { inodes.contains($0.inode) && !$0.holders.isEmpty }
      }
    }

    private func expectOwnOnly(_ result: Result, sourceLocation: SourceLocation = #_sourceLocation) {
      let found = result.listing.sightings
      #expect(found.count == 12, "all sockets are listed", sourceLocation: sourceLocation)
      #expect(result.named("users-nobody") == 5, sourceLocation: sourceLocation)
      #expect(result.named("users-root") == 0, sourceLocation: sourceLocation)
      let own = result.fixture.truth.filter { $0.label == "users-nobody" }
      report(Comparison(found: found).differences(from: own), sourceLocation)
      for socket in found where socket.holders.isEmpty {
        #expect(socket.unheldReason == "refused", "\(socket)", sourceLocation: sourceLocation)
      }
      let lines = result.listing.errorLines
      #expect(lines.count == 1, "one line on stderr: \(lines)", sourceLocation: sourceLocation)
      let words = lines.joined().split { !$0.isNumber && !$0.isLetter && $0 != "_" }
      #expect(
        words.contains("7"), "the line counts the sockets without a name: \(lines)",
        sourceLocation: sourceLocation)
      #expect(
        words.contains { ["root", "cap_bpf", "cap_sys_ptrace"].contains($0.lowercased()) },
        "the line says what would help: \(lines)", sourceLocation: sourceLocation)
    }

    private func expectAll(_ result: Result, sourceLocation: SourceLocation = #_sourceLocation) {
      #expect(result.listing.sightings.count == 12, sourceLocation: sourceLocation)
      report(
        Comparison(found: result.listing.sightings).differences(from: result.fixture.truth), sourceLocation)
      #expect(
        result.listing.errorLines.isEmpty, "nothing is missing, nothing is said",
        sourceLocation: sourceLocation)
    }

    private func list(with capabilities: [String], before: [String] = []) throws -> Result {
      let fixture = try Fixture(scenarios: "users")
      let set = (["-all"] + capabilities.map { "+" + $0 }).joined(separator: ",")
      let program = try PublicCopy()
      let listing = try Listing.take(
        ["-a", "-t", "--netns", "current"],
        wrapper: before + [
          "nsenter", "--net=\(fixture.netnsPath)", "setpriv", "--reuid=65534", "--regid=65534",
          "--clear-groups",
          "--inh-caps=\(set)", "--ambient-caps=\(set)",
        ], binary: program.path)
      return Result(fixture: fixture, listing: listing)
    }
  }
}

/// The programs where everybody may run them: the build folder may be closed to others.
final class PublicCopy {
  let folder: URL
  var path: String { folder.appending(path: "sockeye").path }
  var eventFixture: String { folder.appending(path: "EventFixture").path }

  init() throws {
    folder = FileManager.default.temporaryDirectory.appending(path: "sockeye-test-\(UUID().uuidString)")
    try FileManager.default.createDirectory(
      at: folder, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o755])
    for (from, to) in [(BuiltProducts.sockeye, path), (Watching.fixture, eventFixture)] {
      try FileManager.default.copyItem(atPath: from, toPath: to)
      try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: to)
    }
  }

  deinit { try? FileManager.default.removeItem(at: folder) }
}

extension Listing {
  var errorLines: [Substring] { errors.split(separator: "\n") }
}

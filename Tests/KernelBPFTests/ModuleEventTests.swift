import CLinux
import Testing

@testable import KernelBPF

@Suite(
  "Module events of the real kernel", .serialized, .enabled(if: mayTrace, "needs CAP_BPF and CAP_PERFMON"))
struct ModuleEventTests {
  private static let library = "/lib/x86_64-linux-gnu/libz.so.1"

  @Test(
    "dlopen and dlclose of a library are a load and an unload, with path, address and build id",
    .enabled(if: access(library, R_OK) == 0, "needs libz"))
  func openAndClose() throws {
    let request = ProbePlan.Request(facts: [.fork, .exec, .exit, .moduleLoad, .moduleUnload])
    let recording = try Recording.of(["module", Self.library], request: request)
    #expect(recording.undecoded == 0)
    let pid = try #require(recording.number("module"))
    let load = try #require(
      recording.events(.moduleLoad, pid: pid).first { text($0.path).contains("/libz.so.1") })
    guard case .module(let mapping, _, let buildID) = load.detail else { return }
    #expect(buildID.count == 20)

    let unload = recording.events(.moduleUnload, pid: pid).first { (event) in
      guard case .module(let gone, _, _) = event.detail else { return false }
      return gone.address <= mapping.address && mapping.address < gone.address + gone.size
        && event.time > load.time
    }
    #expect(unload != nil)

    // The program itself and the loader come with exec, in the order of time.
    let paths = recording.events(.moduleLoad, pid: pid).map { text($0.path) }
    #expect(paths.contains { $0.hasSuffix("/EventFixture") })
    #expect(paths.contains { $0.contains("/ld-linux") })
    #expect(paths.contains { $0.contains("/libc.so.6") })
  }

  @Test("Every prefix of a mapping record is refused or complete, and none traps")
  func prefixes() {
    var whole: [UInt8] = []
    func append<Part: BitwiseCopyable>(_ part: Part) { withUnsafeBytes(of: part) { whole += $0 } }
    append(UInt32(PERF_RECORD_MMAP2.rawValue))
    append(UInt16(1 << 14))
    append(UInt16(112))
    append(UInt32(4711))
    append(UInt32(4712))
    append(UInt64(0x1000))
    append(UInt64(0x2000))
    append(UInt64(0))
    whole += [20, 0, 0, 0] + (1...20)
    append(UInt64(0))
    whole += Array("/lib/x.so\0".utf8) + [0, 0, 0, 0, 0, 0]
    append(UInt64(0))
    append(UInt64(99))
    append(UInt64(1))
    #expect(whole.count == 112)
    for length in 0...whole.count {
      let record = whole[..<length].withUnsafeBytes { MappingRecord($0) }
      guard case .mapping(let mapping) = record else { continue }
      let event = mapping.encoded().withUnsafeBytes { (bytes) -> KernelEvent? in
        do throws(EventDecodeError) { return try EventDecoder.decode(bytes) } catch { return nil }
      }
      #expect(event?.kind == .moduleLoad)
      if length < whole.count { continue }
      #expect(mapping.time == 99)
      #expect(event.map { text($0.path) } == "/lib/x.so")
      #expect(event?.actor?.tgid == 4711)
    }
  }
}

extension KernelEvent {
  var path: [UInt8]? { if case .module(_, let path, _) = detail { path } else { nil } }
}

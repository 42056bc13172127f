import Foundation
import ProgramRuns
import Testing

/// One line of socket-fixture.
private struct TruthLine: Decodable {
  struct Address: Decodable {
    let address: String?
    let port: Int?
    let path_hex: String?

    var end: End? {
      if let path_hex { return .name(bytes(ofHex: path_hex)) }
      guard let address, let port else { return nil }
      return End(address: address, port: port)
    }
  }
  let label: String?
  let skipped: String?
  let pid, fd: Int?
  let inode, cookie, netns: UInt64?
  let family, type, transport, state, unheld_reason: String?
  let local, peer: Address?
  let process: Int?
  let name_hex: String?
  let args_hex: [String]?

  var sighting: Sighting {
    var result = Sighting(label: label ?? "", table: transport ?? "", inode: inode ?? 0, cookie: cookie ?? 0)
    result.netns = netns
    result.family = family
    result.type = type
    result.state = state
    result.local = local?.end
    result.peer = peer?.end
    result.unheldReason = unheld_reason
    if let pid, let fd { result.holders = [Holder(pid: pid, descriptor: fd)] }
    return result
  }
}

func bytes(ofHex text: String) -> [UInt8] {
  let digits = text.utf8.map { $0 <= 0x39 ? $0 - 0x30 : $0 - 0x61 + 10 }
  return stride(from: 0, to: digits.count - 1, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
}

/// A running socket-fixture in a namespace of its own; what it holds lives as long as this object.
final class Fixture {
  struct HostileProcess {
    let pid: Int
    let name: [UInt8]
    let arguments: [[UInt8]]
  }

  let truth: [Sighting]
  let hostileProcesses: [HostileProcess]
  /// Labels that the fixture could not make here, with the reason.
  let skipped: [String: String]
  private let held: HeldProcess
  var pid: Int32 { held.pid }

  var netnsPath: String { "/proc/\(pid)/ns/net" }

  /// Inode of the namespace that the fixture made.
  var netns: UInt64 {
    get throws {
      let link = try FileManager.default.destinationOfSymbolicLink(atPath: netnsPath)
      guard let inode = UInt64(link.filter(\.isNumber)) else {
        throw RunFailure("\(netnsPath) is \(link)")
      }
      return inode
    }
  }

  init(_ arguments: [String]) throws {
    held = try HeldProcess([BuiltProducts.fixture] + arguments)
    let decoded = try held.lines.map { try JSONDecoder().decode(TruthLine.self, from: Data($0.utf8)) }
    truth = decoded.filter { $0.inode != nil }.map(\.sighting)
    skipped = Dictionary(
      decoded.compactMap { line in line.skipped.map { (line.label ?? "", $0) } }, uniquingKeysWith: { $1 })
    hostileProcesses = decoded.compactMap { line in
      guard let pid = line.process, let name = line.name_hex, let arguments = line.args_hex else {
        return nil
      }
      return HostileProcess(pid: pid, name: bytes(ofHex: name), arguments: arguments.map(bytes(ofHex:)))
    }
  }

  convenience init(scenarios: String...) throws { try self.init(["--new-netns"] + scenarios) }

  /// Cancels the test, naming what is missing, if the fixture could make nothing of `label`.
  func require(_ label: String) throws {
    if let reason = skipped[label], !truth.contains(where: { $0.label == label }) {
      try Test.cancel("this kernel or user has no \(label): \(reason)")
    }
  }
}

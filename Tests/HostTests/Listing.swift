import Foundation
import ProgramRuns
import Testing

/// What `sockeye list -o json` printed.
struct Listing {
  let records: [[String: Any]]
  let errors: String

  var sightings: [Sighting] { records.map(Self.sighting(of:)) }

  init(records: [[String: Any]], errors: String = "") {
    self.records = records
    self.errors = errors
  }

  /// `wrapper` goes before the command: nsenter, setpriv.
  static func take(_ arguments: [String], wrapper: [String] = [], binary: String = BuiltProducts.sockeye)
    throws -> Listing
  {
    // Both ways to holders must stand the same tests: SOCKEYE_HOLDERS_FROM=proc swift test --filter HostTests
    let source =
      ProcessInfo.processInfo.environment["SOCKEYE_HOLDERS_FROM"].map { ["--holders-from", $0] } ?? []
    let command = wrapper + [binary, "list", "-o", "json"] + source + arguments
    let run = try ToolRun.run(command)
    // 1 is «nothing found»: an empty array.
    guard run.status == 0 || run.status == 1 else {
      throw RunFailure("\(command.joined(separator: " ")): exit \(run.status): \(run.errors)")
    }
    return Listing(records: try records(in: run.output), errors: run.errors)
  }

  /// Everything in the namespace of `fixture`.
  static func take(of fixture: Fixture, _ arguments: [String] = []) throws -> Listing {
    try take(["-a", "--netns", fixture.netnsPath] + arguments)
  }

  static func records(in output: Data) throws -> [[String: Any]] {
    guard let array = try JSONSerialization.jsonObject(with: output) as? [[String: Any]] else {
      throw RunFailure("the output is JSON, but no array of objects")
    }
    // Gaps come last, and are no sockets.
    return array.filter { $0["event"] == nil }
  }

  static func sighting(of record: [String: Any]) -> Sighting {
    let socket = record["socket"] as? [String: Any] ?? [:]
    let network = record["network"] as? [String: Any] ?? [:]
    var result = Sighting()
    result.family = socket["family"] as? String
    result.type = socket["type"] as? String
    result.table = table(family: result.family, transport: network["transport"] as? String)
    result.inode = (socket["inode"] as? NSNumber)?.uint64Value ?? 0
    result.cookie = (socket["cookie"] as? NSNumber)?.uint64Value ?? 0
    result.netns = (socket["netns"] as? NSNumber)?.uint64Value
    result.state = socket["state"] as? String
    result.receiveQueue = (socket["receive_queue"] as? NSNumber)?.intValue
    result.sendQueue = (socket["send_queue"] as? NSNumber)?.intValue
    result.unheldReason = socket["unheld_reason"] as? String
    result.local = end(network["local"])
    result.peer = end(network["peer"])
    for holder in record["holders"] as? [[String: Any]] ?? [] {
      let pid = (holder["pid"] as? NSNumber)?.intValue ?? -1
      for descriptor in holder["fds"] as? [Int] ?? [] {
        result.holders.insert(Holder(pid: pid, descriptor: descriptor))
      }
    }
    return result
  }

  private static func table(family: String?, transport: String?) -> String {
    guard let family else { return transport ?? "" }
    guard family == "inet" || family == "inet6" else { return family }
    // ECS says ipv6-icmp, ss says icmp6.
    return transport?.contains("icmp") == true ? "icmp" : transport ?? ""
  }

  private static func end(_ value: Any?) -> End? {
    guard let object = value as? [String: Any] else { return nil }
    if let path = object["path"] as? String { return .name(unescaped(path)) }
    guard let address = object["address"] as? String else { return nil }
    return End(address: address, port: (object["port"] as? NSNumber)?.intValue ?? 0)
  }

  /// The bytes of a text in which sockeye wrote `\xNN` for what is not UTF-8, and `@` or `\x00` for the NUL of an
  /// abstract name.
  static func unescaped(_ text: String) -> [UInt8] {
    let source = Array(text.utf8)
    var result: [UInt8] = []
    var at = 0
    while at < source.count {
      if source[at] == UInt8(ascii: "\\"), at + 3 < source.count, source[at + 1] == UInt8(ascii: "x"),
        let byte = UInt8(String(decoding: source[(at + 2)...(at + 3)], as: UTF8.self), radix: 16)
      {
        result.append(byte)
        at += 4
      } else {
        result.append(at == 0 && source[0] == UInt8(ascii: "@") ? 0 : source[at])
        at += 1
      }
    }
    return result
  }
}

@_spi(Testing) import KernelProc
import Testing

/// Each golden input with the parser that it belongs to (`EveryParser.run`).
private let inputs: [(name: String, selector: UInt8)] = [
  ("stat-hostile-6.18", 0), ("stat-6.18", 0), ("status-hostile-6.18", 1), ("cmdline-hostile-6.18", 2),
  ("cmdline-title-padded-6.18", 2), ("cgroup-6.18", 3), ("fdinfo-pidfd-6.18", 4), ("maps-hostile-6.18", 5),
  ("mountinfo-nsfs-6.18", 6), ("tcp-6.18", 7), ("tcp6-6.18", 7), ("udp-6.18", 7), ("raw6-6.18", 7),
  ("unix-6.18", 8), ("packet-6.18", 9), ("netlink-6.18", 10), ("sockstat-6.18", 13), ("sockstat6-6.18", 13),
  ("dev-6.18", 14), ("hoststat-6.18", 15), ("file-nr-6.18", 16), ("passwd-6.18", 17), ("cgroup-6.18", 19),
]

@Suite struct RobustnessTests {
  @Test("No prefix of a golden input traps its parser", arguments: inputs.indices)
  func prefixes(index: Int) throws {
    let input = Array(try fixture(inputs[index].name).prefix(1500))
    for length in 0...input.count {
      EveryParser.run(inputs[index].selector, on: input.span.extracting(0..<length))
    }
  }

  @Test("No damage to a golden input traps any parser", arguments: [0x5eed, 0xbeef, 4711])
  func bitFlips(seed: UInt64) throws {
    var state = seed
    func random(_ limit: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33) % limit
    }
    for (name, selector) in inputs {
      let whole = Array(try fixture(name).prefix(1500))
      if whole.isEmpty { continue }
      for round in 0..<60 {
        var input = whole
        for _ in 0...random(7) { input[random(input.count)] ^= 1 << UInt8(random(8)) }
        EveryParser.run(round % 3 == 0 ? UInt8(random(256)) : selector, on: input.span)
      }
    }
  }
}

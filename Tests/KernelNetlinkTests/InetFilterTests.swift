import CLinux
import Glibc
import KernelSystem
import OwnThread
import Randomness
import Testing

@testable import KernelNetlink

@Suite struct InetFilterTests {
  @Test("A single test falls through to the end when true, and jumps 4 bytes beyond when false")
  func single() throws {
    let code = try InetFilter.port(.source, .equal, 22).bytecode()
    #expect(code == [11, 8, 12, 0, 0, 0, 22, 0])
  }

  @Test("An empty conjunction is true and an empty disjunction false, and neither is an empty program")
  func empty() throws {
    #expect(try InetFilter.all([]).bytecode() == [1, 4, 4, 0])
    #expect(try InetFilter.any([]).bytecode() == [1, 4, 8, 0])
  }

  @Test("A false test of a disjunction goes on behind the jump that accepts")
  func disjunction() throws {
    let code = try InetFilter.any([.interface(1), .interface(2)]).bytecode()
    #expect(code == [9, 8, 12, 0, 1, 0, 0, 0, 1, 4, 12, 0, 9, 8, 12, 0, 2, 0, 0, 0])
  }

  @Test("A filter too long for 16-bit jumps is refused before it is sent")
  func tooLong() throws {
    let ports = (0..<5003).map { InetFilter.port(.source, .equal, UInt16($0)) }
    #expect(try InetFilter.any(Array(ports.prefix(5001))).bytecode().count == 5001 * 12 - 4)
    let long = InetFilter.any(ports + ports)
    #expect(throws: InetFilterError.tooLong(byteCount: 10006 * 12 - 4)) { try long.bytecode() }
  }

  @Test("A prefix longer than its address is refused")
  func prefixLength() {
    let filter = InetFilter.address(.source, InetPrefix(v4: 0, length: 33))
    #expect(throws: InetFilterError.prefixLength(33)) { try filter.bytecode() }
  }

  @Test(
    "499 random filters select in the kernel what they select among all records",
    .enabled(if: geteuid() == 0, "needs root for a network namespace"))
  func random() throws {
    try inFreshNamespace {
      let world = try TestWorld()
      let all = try dump(InetQuery(.tcp, .both))
      var generator = SeededRandom(seed: 1201)
      var selective = 0
      for _ in 0..<499 {
        let filter = InetFilter.random(among: all, depth: 4, using: &generator)
        let found = Set(try dump(InetQuery(.tcp, .both, filter: filter)).map(\.cookie))
        let expected = Set(all.filter { filter.matches($0) }.map(\.cookie))
        #expect(found == expected, "\(filter)")
        if !expected.isEmpty && expected.count < all.count { selective += 1 }
      }
      // The test would say nothing if most filters took all or nothing.
      #expect(selective > 200)
      withExtendedLifetime(world) {}
    }
  }

  @Test(
    "A filter whose jumps exceed 8 bits selects the same by both requests",
    .enabled(if: geteuid() == 0, "needs root for a network namespace"))
  func long() throws {
    try inFreshNamespace {
      let world = try TestWorld()
      let ports = (0..<1009).map { InetFilter.port(.source, .equal, UInt16(20000 + $0)) }
      let filter = InetFilter.any(ports + [.not(.any(ports + [.port(.source, .atMost, 10007)]))])
      let found = try dump(InetQuery(.tcp, .both, filter: filter))
      let expected = try dump(InetQuery(.tcp, .both)).filter { filter.matches($0) }
      #expect(Set(found.map(\.cookie)) == Set(expected.map(\.cookie)))
      #expect(!found.isEmpty)
      let v6 = try dump(InetQuery(.tcp, .v6, filter: filter))
      #expect(Set(v6.map(\.cookie)) == Set(expected.filter { $0.family == 10 }.map(\.cookie)))
      withExtendedLifetime(world) {}
    }
  }

  @Test("A filter that the kernel does not know is refused, not taken for a missing family")
  func refused() throws {
    var diag = try SockDiagSocket()
    let body = requestBytes(of: inet_diag_req()) + [8, 0, UInt8(INET_DIAG_REQ_BYTECODE), 0, 250, 4, 8, 0]
    let subject = SockDiagSubject(family: 0, protocol: 6)
    let request = SockDiagRequest<InetDiagRecord>(subject, type: TCPDIAG_GETSOCK, body: body, hasFilter: true)
    #expect(throws: SockDiagError.refused(subject, .invalidArgument)) {
      try diag.dump(request, restart: {}, each: { _ in })
    }
  }
}

extension InetFilter {
  /// The reference: the filter's meaning, on a record.
  func matches(_ record: InetDiagRecord) -> Bool {
    switch self {
    case .all(let filters): return filters.allSatisfy { $0.matches(record) }
    case .any(let filters): return filters.contains { $0.matches(record) }
    case .not(let filter): return !filter.matches(record)
    case .port(let side, let comparison, let port):
      let own = side == .source ? record.sourcePort : record.destinationPort
      switch comparison {
      case .equal: return own == port
      case .atLeast: return own >= port
      case .atMost: return own <= port
      }
    case .address(.source, let prefix):
      return prefix.holds(family: record.family, high: record.sourceHigh, low: record.sourceLow)
    case .address(.destination, let prefix):
      return prefix.holds(family: record.family, high: record.destinationHigh, low: record.destinationLow)
    case .mark(let value, let mask): return record.mark & mask == value
    case .interface(let index): return record.interface == index
    // True of the test's own sockets: the listeners chose their ports.
    case .autobound: return record.state != 10
    case .cgroup(let id): return record.cgroupID == id
    }
  }

  static func random(
    among records: [InetDiagRecord], depth: Int, using generator: inout SeededRandom
  ) -> InetFilter {
    let record = records.randomElement(using: &generator)!
    let side: Side = Bool.random(using: &generator) ? .source : .destination
    func several() -> [InetFilter] {
      (0..<Int.random(in: 0...3, using: &generator)).map { _ in
        random(among: records, depth: depth - 1, using: &generator)
      }
    }
    switch Int.random(in: 0..<(depth > 0 ? 13 : 7), using: &generator) {
    case 0:
      let comparison: PortComparison = [.equal, .atLeast, .atMost].randomElement(using: &generator)!
      return .port(side, comparison, side == .source ? record.sourcePort : record.destinationPort)
    case 1, 2: return .address(side, .random(around: record, side, using: &generator))
    case 3:
      let mask = [UInt32.max, 0xff, 0x100].randomElement(using: &generator)!
      return .mark(value: record.mark & mask, mask: mask)
    case 4: return .interface(record.interface)
    case 5: return .autobound
    case 6: return .cgroup(Bool.random(using: &generator) ? record.cgroupID : 23)
    case 7, 8: return .not(random(among: records, depth: depth - 1, using: &generator))
    case 9, 10: return .all(several())
    default: return .any(several())
    }
  }
}

extension InetPrefix {
  static func random(
    around record: InetDiagRecord, _ side: InetFilter.Side, using generator: inout SeededRandom
  ) -> InetPrefix {
    let high = side == .source ? record.sourceHigh : record.destinationHigh
    let low = side == .source ? record.sourceLow : record.destinationLow
    if record.family == AF_INET || Bool.random(using: &generator) {
      return InetPrefix(v4: UInt32(truncatingIfNeeded: low), length: .random(in: 0...32, using: &generator))
    }
    return InetPrefix(v6High: high, low: low, length: .random(in: 0...128, using: &generator))
  }

  func holds(family: UInt8, high: UInt64, low: UInt64) -> Bool {
    switch (version, Int32(family)) {
    case (.v4, AF_INET): return same(low << 32, self.low << 32, Int(length))
    case (.v4, _):
      return high == 0 && low >> 32 == 0xffff && same(low << 32, self.low << 32, Int(length))
    case (.v6, AF_INET6):
      return same(high, self.high, min(Int(length), 64)) && same(low, self.low, max(Int(length) - 64, 0))
    default: return false
    }
  }

  private func same(_ first: UInt64, _ second: UInt64, _ bits: Int) -> Bool {
    bits == 0 || (first ^ second) >> UInt64(64 - bits) == 0
  }
}

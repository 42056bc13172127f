import Randomness
import Testing

@testable import Model

@Suite("What holds of every filter")
struct FilterPropertyTests {
  @Test("A printed filter is read back as the same, in both dialects")
  func roundTrip() throws {
    var world = FilterWorld(random: .printed())
    for _ in 0..<2_000 {
      let expression = world.expression()
      let text = expression.description
      #expect(try Filter(text).expression == expression, "\(text)")
      #expect(try Filter(text, dialect: .ss).expression == expression, "\(text)")
    }
  }

  @Test("Every documented filter survives being printed and read")
  func goldenRoundTrip() throws {
    for golden in goldenFilters {
      let filter = try Filter(golden.text, names: testNames)
      #expect(try Filter(filter.description) == filter, "\(golden.text)")
    }
  }

  @Test("not (a and b) says what not a or not b says, and not (a or b) what not a and not b")
  func deMorgan() {
    var world = FilterWorld(random: .printed())
    for _ in 0..<200 {
      let snapshot = world.snapshot()
      let (left, right) = (world.expression(), world.expression())
      expectSame(.not(.and([left, right])), .or([.not(left), .not(right)]), in: snapshot)
      expectSame(.not(.or([left, right])), .and([.not(left), .not(right)]), in: snapshot)
      expectSame(.not(.not(left)), left, in: snapshot)
    }
  }

  private func expectSame(_ left: FilterExpression, _ right: FilterExpression, in snapshot: Snapshot) {
    let first = FilterEvaluator(Filter(expression: left), snapshot: snapshot)
    let second = FilterEvaluator(Filter(expression: right), snapshot: snapshot)
    for index in snapshot.sockets.indices {
      #expect(first.evaluate(socketAt: index) == second.evaluate(socketAt: index), "\(left) and \(right)")
    }
  }

  @Test("A chain of operators without parentheses groups as its dialect says")
  func precedence() throws {
    var random = SeededRandom.printed()
    for _ in 0..<500 {
      var words = ["tcp"]
      var leftToRight = "tcp"
      var disjuncts = [["tcp"]]
      for _ in 0..<Int(1 + random.next(upTo: 6)) {
        let atom = random.pick(["udp", "autobound", "listening", "not unix", "pid = 5"])
        let joint = random.pick(["and", "or", "", "&&", "|"])
        words += [joint, atom]
        let isOr = joint == "or" || joint == "|"
        leftToRight = "(\(leftToRight)) \(isOr ? "or" : "and") \(atom)"
        if isOr { disjuncts.append([atom]) } else { disjuncts[disjuncts.count - 1].append(atom) }
      }
      let text = words.joined(separator: " ")
      let grouped = disjuncts.map { "(\($0.joined(separator: " and ")))" }.joined(separator: " or ")
      #expect(try Filter(text) == Filter(grouped), "\(text)")
      // Equal in meaning: a chain of one operator stays flat, parentheses nest.
      let flat = try Filter(text, dialect: .ss).expression.flattened
      #expect(try flat == Filter(leftToRight, dialect: .ss).expression.flattened, "\(text)")
    }
  }

  @Test("The part for the kernel, and the hints, never lose a match")
  func pushdown() {
    var world = FilterWorld(random: .printed())
    var parts = 0
    for _ in 0..<1_500 {
      let filter = Filter(expression: world.expression())
      let snapshot = world.snapshot()
      let part = filter.internetPart()
      let hints = filter.kernelHints
      parts += part == nil ? 0 : 1
      for index in filter.select(from: snapshot).sockets {
        let socket = snapshot.sockets[Int(index)]
        #expect(hints.allows(socket), "\(filter)\n\(hints)\n\(socket)")
        if let part, socket.family.isInternet {
          #expect(part.matches(socket), "\(filter)\n\(part)\n\(socket)")
        }
      }
    }
    #expect(parts > 100)
  }

  @Test("Every prefix of a documented filter is read or refused")
  func prefixes() {
    for golden in goldenFilters {
      let bytes = Array(golden.text.utf8)
      for end in 0...bytes.count { readOrRefuse(String(decoding: bytes[..<end], as: UTF8.self)) }
    }
  }

  @Test("Hostile bytes are read or refused, and the error can be shown")
  func hostile() {
    var random = SeededRandom.printed()
    let pieces = goldenFilters.map { Array($0.text.utf8) }
    for _ in 0..<1_500 {
      var bytes = random.pick(pieces) + [32] + random.pick(pieces)
      for _ in 0..<Int(random.next(upTo: 6)) {
        let place = Int(random.next(upTo: UInt32(bytes.count)))
        let noise =
          random.chance(2)
          ? Array("()!&|=~<>\"'\\:[]%/*,-x0\0\u{1b}".utf8).randomElement(using: &random) ?? 0
          : UInt8(truncatingIfNeeded: random.next())
        if place < bytes.count, random.chance(2) {
          bytes[place] = noise
        } else {
          bytes.insert(noise, at: place)
        }
      }
      readOrRefuse(String(decoding: bytes, as: UTF8.self))
    }
  }

  private func readOrRefuse(_ text: String) {
    for dialect in [FilterDialect.sockeye, .ss] {
      do {
        let filter = try Filter(text, dialect: dialect, names: testNames)
        #expect(try Filter(filter.description, dialect: dialect) == filter, "\(text)")
      } catch {
        let rendered = error.rendered(in: text)
        #expect(!rendered.utf8.contains { ($0 < 32 && $0 != 10) || $0 == 127 })
        #expect(error.range.lowerBound >= 0 && error.range.upperBound <= text.utf8.count)
      }
    }
  }
}

extension FilterExpression {
  /// Without groups of the same operator inside each other.
  fileprivate var flattened: FilterExpression {
    switch self {
    case .and(let parts):
      .and(parts.map(\.flattened).flatMap { if case .and(let inner) = $0 { inner } else { [$0] } })
    case .or(let parts):
      .or(parts.map(\.flattened).flatMap { if case .or(let inner) = $0 { inner } else { [$0] } })
    case .not(let inner): .not(inner.flattened)
    case .test: self
    }
  }
}

extension KernelHints {
  fileprivate func allows(_ socket: Socket) -> Bool {
    guard tables.contains(socket.table), states.contains(socket.state) else { return false }
    return !socket.family.isInternet || peerPorts.contains(socket.peer.port)
  }
}

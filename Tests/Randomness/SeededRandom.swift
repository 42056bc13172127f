/// SplitMix64: the same numbers from the same seed.
public struct SeededRandom: RandomNumberGenerator {
  private var state: UInt64
  public let seed: UInt64

  public init(seed: UInt64) {
    self.seed = seed
    state = seed
  }

  /// A new seed each run, printed so that a failure can be repeated: put it into `init(seed:)`.
  public static func printed(_ function: String = #function) -> SeededRandom {
    let seed = UInt64.random(in: 0 ... .max)
    print("seed of \(function): \(seed)")
    return SeededRandom(seed: seed)
  }

  public mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
    return mixed ^ (mixed >> 31)
  }

  public mutating func next(upTo limit: UInt32) -> UInt32 { UInt32.random(in: 0...limit, using: &self) }
  /// True once in `count` times.
  public mutating func chance(_ count: Int) -> Bool { Int.random(in: 0..<count, using: &self) == 0 }
  public mutating func pick<Element>(_ elements: [Element]) -> Element {
    elements[Int.random(in: 0..<elements.count, using: &self)]
  }
}

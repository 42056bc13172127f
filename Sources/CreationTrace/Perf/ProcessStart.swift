import KernelBPF

/// What the kernel lays on the stack of a new program: argc, the pointers of argv and of the environment.
///
/// Layout: System V ABI for x86_64, "Process Initialization".
struct ProcessStart {
  static let mostArguments = 64
  private let stack: StackDump
  let count: Int
  /// Where the arguments' texts are, and the end of the last, if there is an environment behind them.
  private let places: [UInt64]
  private let end: UInt64?
  /// Of the environment's variables; nil if the copy ends among them.
  let environment: Int?

  /// nil unless it is the stack of a 64-bit program at its start.
  init?(_ sample: PerfSample) {
    stack = sample.stack
    guard !sample.is32Bit, let count = stack.word(at: stack.address), count < 1 << 20 else { return nil }
    self.count = Int(count)
    let first = stack.address &+ 8
    var places: [UInt64] = []
    for index in 0..<min(self.count, Self.mostArguments) {
      guard let place = stack.word(at: first &+ UInt64(index) * 8) else { return nil }
      places.append(place)
    }
    self.places = places
    let variables = first &+ count * 8 &+ 8
    end = stack.word(at: variables).flatMap { $0 == 0 ? nil : $0 }
    var number = 0
    while let word = stack.word(at: variables &+ UInt64(number) * 8), word != 0 { number += 1 }
    environment = stack.word(at: variables &+ UInt64(number) * 8) == nil ? nil : number
  }

  /// The first 64; nil if a text was not copied.
  var arguments: [[UInt8]]? {
    var texts: [[UInt8]] = []
    for place in places {
      guard let text = stack.text(at: place, limit: 1 << 17) else { return nil }
      texts.append(text)
    }
    return texts
  }

  /// Whether these can be the arguments: as many, and each as long as the pointers say.
  func matches(_ arguments: [[UInt8]]) -> Bool {
    guard arguments.count == count else { return false }
    var ends = places.dropFirst().map { Optional($0) }
    ends.append(count == places.count ? end : nil)
    return zip(zip(places, ends), arguments).allSatisfy { (place, text) in
      place.1 == nil || place.1 == place.0 &+ UInt64(text.count) &+ 1
    }
  }

  /// A NUL behind each.
  static func joined(_ arguments: [[UInt8]]) -> [UInt8] { arguments.flatMap { $0 + [0] } }
}

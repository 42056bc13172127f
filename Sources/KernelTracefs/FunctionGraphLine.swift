/// One line of what the function_graph tracer prints, with the options that `FunctionGraph` sets.
public struct FunctionGraphLine: Equatable, Sendable {
  public enum Kind: Equatable, Sendable {
    case enter, leave
    /// Entered and left, with nothing inside.
    case leaf
  }
  public var kind: Kind
  /// CLOCK_BOOTTIME in ns, of a resolution of 1 µs. Of a leaf: its beginning.
  public var time: UInt64
  public var thread: Int32
  /// Without the compiler's suffix (`do_execveat_common.isra.0`) and without the module's name.
  public var function: String
  /// In ns, of `leave` and `leaf`.
  public var duration: UInt64

  public init(_ kind: Kind, time: UInt64, thread: Int32, function: String, duration: UInt64 = 0) {
    self.kind = kind
    self.time = time
    self.thread = thread
    self.function = function
    self.duration = duration
  }

  /// nil for headings, for notes of a change of task, and for what cannot be read.
  ///
  ///        12.421165 |     fg.sh-93    |               |  __x64_sys_clone() {
  ///        12.421552 |     fg.sh-93    |   4.927 us    |        _raw_spin_lock_irq();
  ///        12.437329 |     fg.sh-93    |   15783.23 us |      } /* copy_process */
  init?(_ line: ArraySlice<UInt8>) {
    let bar = UInt8(ascii: "|")
    // A task's name may hold bars and dashes: what is behind it is sought from the end.
    guard let third = line.lastIndex(of: bar), let second = line[..<third].lastIndex(of: bar),
      let first = line[..<second].firstIndex(of: bar),
      let time = Self.fixedPoint(line[..<first], unit: 1_000_000_000),
      let dash = line[first..<second].lastIndex(of: UInt8(ascii: "-")),
      let thread = Self.fixedPoint(line[(dash + 1)..<second], unit: 1), thread <= UInt64(Int32.max)
    else { return nil }
    self.time = time
    self.thread = Int32(thread)
    duration = Self.fixedPoint(line[(second + 1)..<third], unit: 1000) ?? 0
    let text = line[(third + 1)...].drop { $0 == UInt8(ascii: " ") }
    let isName: (UInt8) -> Bool = { ![32, UInt8(ascii: "("), UInt8(ascii: ".")].contains($0) }
    var name = text
    if text.starts(with: "} /* ".utf8) {
      kind = .leave
      name = text.dropFirst(5)
    } else if text.last == UInt8(ascii: "{") {
      kind = .enter
    } else if text.last == UInt8(ascii: ";") {
      kind = .leaf
    } else {
      return nil
    }
    function = String(decoding: name.prefix(while: isName), as: UTF8.self)
    if function.isEmpty { return nil }
  }

  /// `CPU:1 [LOST 345 EVENTS]`: so many were overwritten before they were read.
  static func lostCount(_ line: ArraySlice<UInt8>) -> Int? {
    let mark = Array("[LOST ".utf8)
    guard line.starts(with: "CPU:".utf8), let bracket = line.firstIndex(of: mark[0]),
      line[bracket...].starts(with: mark),
      let count = fixedPoint(line[(bracket + mark.count)...].prefix { $0 != 32 }, unit: 1)
    else { return nil }
    return Int(clamping: count)
  }

  /// A number with or without a fraction, in so many parts; blanks before it and a word behind it are skipped.
  private static func fixedPoint(_ text: ArraySlice<UInt8>, unit: UInt64) -> UInt64? {
    let isDigit: (UInt8) -> Bool = { (48...57).contains($0) }
    let number = text.drop { $0 == 32 }
    let whole = number.prefix(while: isDigit)
    guard !whole.isEmpty, whole.count < 11 else { return nil }
    var value = whole.reduce(0) { $0 * 10 + UInt64($1 - 48) } * unit
    guard number.dropFirst(whole.count).first == UInt8(ascii: ".") else { return value }
    var part = unit
    for digit in number.dropFirst(whole.count + 1).prefix(while: isDigit) {
      part /= 10
      value += part * UInt64(digit - 48)
    }
    return value
  }
}

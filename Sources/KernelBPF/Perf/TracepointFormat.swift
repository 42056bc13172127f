/// What tracefs says of a tracepoint: its number, and where the fields of its records are.
///
/// Layout: `events/GROUP/NAME/format`, Documentation/trace/events.rst. Sample lines:
///
///     ID: 361
///     	field:unsigned long args[6];	offset:16;	size:48;	signed:0;
///     	field:__data_loc char[] filename;	offset:8;	size:4;	signed:0;
struct TracepointFormat: Equatable {
  struct Field: Equatable {
    var offset: Int
    var size: Int
    /// The field holds where the text is: its offset in the lower half, its length in the upper.
    var isElsewhere: Bool
  }

  private(set) var number: UInt64
  private(set) var fields: [String: Field] = [:]

  /// nil without a number.
  init?(_ text: String) {
    number = 0
    for line in text.split(separator: "\n") {
      if line.hasPrefix("ID: ") { number = UInt64(line.dropFirst(4)) ?? 0 }
      guard let (name, field) = Self.field(line) else { continue }
      fields[name] = field
    }
    if number == 0 { return nil }
  }

  private static func field(_ line: Substring) -> (String, Field)? {
    var declaration: Substring = ""
    var numbers: [Substring: Int] = [:]
    for part in line.split(whereSeparator: { $0 == ";" || $0 == "\t" }) {
      let pair = part.split(separator: ":", maxSplits: 1)
      if pair.count < 2 { continue }
      if pair[0] == "field" { declaration = pair[1] } else { numbers[pair[0]] = Int(pair[1]) }
    }
    guard let offset = numbers["offset"], let size = numbers["size"],
      // A sample has 64 KiB at most.
      (0..<1 << 16).contains(offset), (1..<1 << 16).contains(size),
      let name = declaration.split(separator: " ").last?.prefix(while: { $0 != "[" })
    else { return nil }
    return (String(name), Field(offset: offset, size: size, isElsewhere: declaration.hasPrefix("__data_loc")))
  }
}

extension TracepointFormat.Field {
  /// A number of up to 8 bytes, little-endian, without its sign; nil where the record is too short.
  func number(in record: UnsafeRawBufferPointer, at index: Int = 0) -> UInt64? {
    let width = min(size, 8)
    let start = offset + index * width
    guard index * width < size, start + width <= record.count else { return nil }
    var number: UInt64 = 0
    for place in (start..<start + width).reversed() { number = unsafe number << 8 | UInt64(record[place]) }
    return number
  }

  /// Up to a NUL; nil where the record is too short.
  func text(in record: UnsafeRawBufferPointer) -> [UInt8]? {
    var (start, length) = (offset, size)
    if isElsewhere {
      guard let place = unsafe number(in: record) else { return nil }
      (start, length) = (Int(place & 0xffff), Int(place >> 16 & 0xffff))
    }
    guard start + length <= record.count else { return nil }
    // SAFETY: the guard keeps the range inside the record.
    return unsafe Array(record[start..<start + length].prefix { $0 != 0 })
  }
}

import ViewText

/// Text that is made once, and copied for as long as what it was made from comes again: the last two are kept, for the ends
/// of connections come in turns.
///
/// Most sockets of a host agree in their limits, and in the troubles that they do not have: of the numbers of a record
/// a third is made anew, which halves the time of `-o json`.
struct RepeatedText<Key: Equatable> {
  private var key: Key?
  private var made: [UInt8] = []
  private var otherKey: Key?
  private var otherMade: [UInt8] = []

  init() {}

  @inline(__always)
  mutating func append(_ key: Key, to text: inout TextBuffer, make: (inout TextBuffer) -> Void) {
    if key == self.key { return text.append(made) }
    if key == otherKey { return text.append(otherMade) }
    let start = text.count
    make(&text)
    (otherKey, otherMade) = (self.key, made)
    self.key = key
    made = text.withSlice(start..<text.count) { (bytes) in bytes.indices.map { bytes[$0] } }
  }
}

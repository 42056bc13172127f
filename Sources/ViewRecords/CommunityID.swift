import Model
import ViewText

/// Community ID v1, seed 0: one name for a connection in every tool (github.com/corelight/community-id-spec).
///
/// `1:` and base64 of SHA-1 over seed, lower endpoint's address, the other's, protocol, 0, and the two ports. The
/// message is 16 or 40 bytes: one block of SHA-1, built from integers. The hash is a name, no protection; computing
/// the block here keeps the views free of unsafe calls into C, and costs 0.2 us.
enum CommunityID {
  /// Appends `1:LQU9qZlK+B5F3KDmev6m5PMibrg=`, or nothing and false for a socket that has none: only TCP, UDP and SCTP
  /// between two known addresses do. A mapped address counts as IPv4, which is what the wire carries.
  static func append(of socket: Socket, to text: inout TextBuffer) -> Bool {
    guard let flow = Flow(socket) else { return false }
    append(flow, to: &text)
    return true
  }

  /// What the id is made from: the same for both ends of a connection.
  struct Flow: Equatable {
    let first: Endpoint
    let second: Endpoint
    let number: UInt32

    init?(_ socket: Socket) {
      switch socket.protocol {
      case .tcp, .mptcp: number = 6
      case .udp: number = 17
      case .sctp: number = 132
      default: return nil
      }
      guard socket.family.isInternet, socket.peer.port != 0, !socket.peer.address.isUnspecified,
        !socket.local.address.isUnspecified
      else { return nil }
      let one = Endpoint(socket.local.address.unmapped, port: socket.local.port)
      let other = Endpoint(socket.peer.address.unmapped, port: socket.peer.port)
      let inOrder =
        (one.address.high, one.address.low, one.port) <= (other.address.high, other.address.low, other.port)
      (first, second) = inOrder ? (one, other) : (other, one)
    }
  }

  static func append(_ flow: Flow, to text: inout TextBuffer) {
    var message = HalfWords()
    message.append(0)
    message.append(flow.first.address)
    message.append(flow.second.address)
    message.append(flow.number << 8)
    message.append(UInt32(flow.first.port))
    message.append(UInt32(flow.second.port))
    text.append("1:")
    appendBase64(message.digest(), to: &text)
  }

  /// Base64 of 20 bytes: 27 digits and one `=`.
  private static func appendBase64(_ hash: InlineArray<5, UInt32>, to text: inout TextBuffer) {
    text.append(atMost: 28) { room in
      var bits: UInt64 = 0
      var available: UInt64 = 0
      for index in 0..<5 {
        bits = bits << 32 | UInt64(hash[index])
        available &+= 32
        while available >= 6 {
          available &-= 6
          room.append(digit(UInt8(truncatingIfNeeded: bits >> available) & 63))
        }
      }
      room.append(digit(UInt8(truncatingIfNeeded: bits << (6 - available)) & 63))
      room.append(UInt8(ascii: "="))
    }
  }

  /// A digit of base64. The bits are a hash, on which a branch would be guessed wrong half the time: each step of the
  /// alphabet is a mask instead (`limit &- digit` is negative behind it).
  @inline(__always)
  private static func digit(_ value: UInt8) -> UInt8 {
    let digit = Int8(truncatingIfNeeded: value)
    let letter = digit &+ 65 &+ (((25 &- digit) >> 7) & 6) &- (((51 &- digit) >> 7) & 75)
    return UInt8(bitPattern: letter &- (((61 &- digit) >> 7) & 15) &+ (((62 &- digit) >> 7) & 3))
  }
}

/// A message of at most 54 bytes, in units of 16 bits, and its SHA-1 (FIPS 180-4).
struct HalfWords {
  private var words = InlineArray<16, UInt32>(repeating: 0)
  private var count = 0

  mutating func append(_ half: UInt32) {
    words[count >> 1] |= count & 1 == 0 ? half << 16 : half
    count += 1
  }

  mutating func append(_ address: IPAddress) {
    if address.version == .v6 {
      append(word: UInt32(truncatingIfNeeded: address.high >> 32))
      append(word: UInt32(truncatingIfNeeded: address.high))
      append(word: UInt32(truncatingIfNeeded: address.low >> 32))
    }
    append(word: UInt32(truncatingIfNeeded: address.low))
  }

  private mutating func append(word: UInt32) {
    append(word >> 16)
    append(word & 0xffff)
  }

  /// Pads the message to one block and hashes it.
  mutating func digest() -> InlineArray<5, UInt32> {
    let bits = UInt32(count) * 16
    append(0x8000)
    words[15] = bits
    var a: UInt32 = 0x6745_2301
    var b: UInt32 = 0xefcd_ab89
    var c: UInt32 = 0x98ba_dcfe
    var d: UInt32 = 0x1032_5476
    var e: UInt32 = 0xc3d2_e1f0
    func step(_ mix: UInt32, _ word: UInt32) {
      let next = rotate(a, 5) &+ mix &+ e &+ word
      (e, d, c, b, a) = (d, c, rotate(b, 30), a, next)
    }
    for round in 0..<16 { step((d ^ (b & (c ^ d))) &+ 0x5a82_7999, words[round]) }
    for round in 16..<20 { step((d ^ (b & (c ^ d))) &+ 0x5a82_7999, schedule(round)) }
    for round in 20..<40 { step((b ^ c ^ d) &+ 0x6ed9_eba1, schedule(round)) }
    for round in 40..<60 { step(((b & c) | (d & (b | c))) &+ 0x8f1b_bcdc, schedule(round)) }
    for round in 60..<80 { step((b ^ c ^ d) &+ 0xca62_c1d6, schedule(round)) }
    return [
      a &+ 0x6745_2301, b &+ 0xefcd_ab89, c &+ 0x98ba_dcfe, d &+ 0x1032_5476, e &+ 0xc3d2_e1f0,
    ]
  }

  /// The word of a round from 16 on; the block is reused as a ring.
  @inline(__always)
  private mutating func schedule(_ round: Int) -> UInt32 {
    let mixed = words[(round &+ 13) & 15] ^ words[(round &+ 8) & 15] ^ words[(round &+ 2) & 15]
    let word = rotate(mixed ^ words[round & 15], 1)
    words[round & 15] = word
    return word
  }

  @inline(__always)
  private func rotate(_ value: UInt32, _ count: UInt32) -> UInt32 {
    value &<< count | value &>> (32 &- count)
  }
}

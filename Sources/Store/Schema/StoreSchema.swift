/// The numbers that the files of the store are made by.
public enum StoreSchema {
  /// `user_version` of a database that this program writes.
  public static let version = 2

  /// A segment is `1 << segmentShift` connections that were stored one after the other.
  ///
  /// Every index of `connection` begins with the segment. So what is written lies in the pages of the newest segment,
  /// however large the store is, and a query asks one segment after the other, the newest first, until its page is full.
  static let segmentShift: Int64 = 14
  static let segmentSize: Int64 = 1 << segmentShift

  /// Inodes of namespaces are stored from this on: `PROC_DYNAMIC_FIRST` of the kernel, the inode of the first namespace.
  static let firstNamespace: Int64 = 0xf000_0000
}

/// How long a connection lasted, in classes that grow by 4: what finds the few that span a moment long after they began.
///
/// 0: less than 8 s. k: less than 8·4^k s. 11: longer. 15: still open, since at least 8 s.
enum SpanClass {
  static let shortMicroseconds: Int64 = 8_000_000
  static let longest: Int64 = 11
  static let open: Int64 = 15

  static func of(durationMicroseconds duration: Int64) -> Int64 {
    var (span, limit): (Int64, Int64) = (0, shortMicroseconds)
    while duration >= limit && span < longest { (span, limit) = (span + 1, limit * 4) }
    return span
  }

  /// The longest duration of the class, µs; nil when it has no limit.
  static func reach(_ span: Int64) -> Int64? { span >= longest ? nil : shortMicroseconds << (2 * span) }
}

/// `connection.flags`.
struct ConnectionFlags: Equatable {
  var rawValue: Int64 = 0

  /// Bits 0 to 2: 0 internet v4, 1 internet v6, 2 unix, 3 other.
  var family: Int64 {
    get { field(0, 3) }
    set { set(0, 3, newValue) }
  }
  /// Bits 3, 4: `StoredDirection`.
  var direction: Int64 {
    get { field(3, 2) }
    set { set(3, 2, newValue) }
  }
  /// Bits 5, 6: `StoredOutcome`.
  var outcome: Int64 {
    get { field(5, 2) }
    set { set(5, 2, newValue) }
  }
  /// Bit 7: the opening was not seen; `opened` is when it was first known of.
  var isOpenedBefore: Bool {
    get { field(7, 1) == 1 }
    set { set(7, 1, newValue ? 1 : 0) }
  }
  /// Bit 8: found by polling.
  var isPolled: Bool {
    get { field(8, 1) == 1 }
    set { set(8, 1, newValue ? 1 : 0) }
  }
  /// Bits 9 to 18: `IPPROTO_*`.
  var `protocol`: Int64 {
    get { field(9, 10) }
    set { set(9, 10, newValue) }
  }
  /// Bits 19 to 22: `SOCK_*`.
  var type: Int64 {
    get { field(19, 4) }
    set { set(19, 4, newValue) }
  }

  private func field(_ shift: Int64, _ width: Int64) -> Int64 { rawValue >> shift & ((1 << width) - 1) }
  private mutating func set(_ shift: Int64, _ width: Int64, _ value: Int64) {
    let mask: Int64 = ((1 << width) - 1) << shift
    rawValue = rawValue & ~mask | (value << shift & mask)
  }
}

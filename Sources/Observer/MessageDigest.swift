import CNettle

/// SHA-256 (FIPS 180-4) by nettle.
struct MessageDigest {
  private var context = sha256_ctx()

  init() {
    // SAFETY: the context is ours alone.
    unsafe nettle_sha256_init(&context)
  }

  mutating func add(_ bytes: Span<UInt8>) {
    // SAFETY: nettle reads as many bytes as the span has.
    unsafe bytes.withUnsafeBufferPointer { unsafe nettle_sha256_update(&context, $0.count, $0.baseAddress) }
  }

  /// The 32 bytes; the digest begins anew.
  mutating func finish() -> [UInt8] {
    var digest = [UInt8](repeating: 0, count: Int(SHA256_DIGEST_SIZE))
    // SAFETY: the array has the size that is said.
    unsafe nettle_sha256_digest(&context, digest.count, &digest)
    return digest
  }
}

extension Sequence<UInt8> {
  var hexadecimal: String {
    let digits = Array("0123456789abcdef".utf8)
    return String(decoding: flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
  }
}

import CLinux
import Glibc
import KernelSystem

/// A socket of the test's own, with what the system itself says about it.
final class TestSocket {
  let number: Int32
  init(_ family: Int32, _ type: __socket_type, _ protocol: Int32 = 0) throws {
    number = socket(family, Int32(type.rawValue) | Int32(SOCK_CLOEXEC.rawValue), `protocol`)
    guard number >= 0 else {
      throw SystemError("socket", on: "\(family) \(type.rawValue) \(`protocol`)", .current)
    }
  }
  init(owning number: Int32) { self.number = number }
  deinit { close(number) }

  /// `SO_COOKIE`.
  var cookie: UInt64 { option(SOL_SOCKET, SO_COOKIE, UInt64(0)) }
  var inode: UInt32 {
    var status = stat()
    fstat(number, &status)
    return UInt32(status.st_ino)
  }

  func option<Value: BitwiseCopyable>(_ level: Int32, _ name: Int32, _ zero: Value) -> Value {
    var value = zero
    var size = socklen_t(MemoryLayout<Value>.size)
    getsockopt(number, level, name, &value, &size)
    return value
  }

  func set<Value: BitwiseCopyable>(_ level: Int32, _ name: Int32, _ value: Value) throws {
    var value = value
    guard setsockopt(number, level, name, &value, socklen_t(MemoryLayout<Value>.size)) == 0 else {
      throw SystemError("setsockopt", on: "\(level) \(name)", .current)
    }
  }

  func bind(_ address: TestAddress) throws {
    let status = address.withPointer { CLinux.bind(number, __CONST_SOCKADDR_ARG(__sockaddr__: $0), $1) }
    guard status == 0 else { throw SystemError("bind", on: "\(address)", .current) }
  }

  func connect(_ address: TestAddress) throws {
    let status = address.withPointer { CLinux.connect(number, __CONST_SOCKADDR_ARG(__sockaddr__: $0), $1) }
    guard status == 0 else { throw SystemError("connect", on: "\(address)", .current) }
  }

  func listen(_ backlog: Int32) throws {
    guard CLinux.listen(number, backlog) == 0 else { throw SystemError("listen", on: "\(number)", .current) }
  }

  func accept() throws -> TestSocket {
    let accepted = accept4(number, __SOCKADDR_ARG(__sockaddr__: nil), nil, Int32(SOCK_CLOEXEC.rawValue))
    guard accepted >= 0 else { throw SystemError("accept4", on: "\(number)", .current) }
    return TestSocket(owning: accepted)
  }

  /// getsockname(2).
  var local: TestAddress {
    TestAddress { CLinux.getsockname(number, __SOCKADDR_ARG(__sockaddr__: $0), $1) }
  }
  /// getpeername(2).
  var peer: TestAddress {
    TestAddress { CLinux.getpeername(number, __SOCKADDR_ARG(__sockaddr__: $0), $1) }
  }
}

/// The bytes of a socket address.
struct TestAddress {
  var bytes: [UInt8]

  init(_ fill: (UnsafeMutablePointer<sockaddr>, UnsafeMutablePointer<socklen_t>) -> Int32) {
    var bytes = [UInt8](repeating: 0, count: 128)
    var size = socklen_t(bytes.count)
    let status = bytes.withUnsafeMutableBytes {
      fill($0.baseAddress!.assumingMemoryBound(to: sockaddr.self), &size)
    }
    precondition(status == 0, "an address was not given")
    self.bytes = Array(bytes.prefix(Int(size)))
  }

  private init(bytes: [UInt8]) { self.bytes = bytes }

  static func v4(_ address: UInt32, port: UInt16 = 0) -> TestAddress {
    TestAddress(bytes: [2, 0] + big(port) + big(address) + [UInt8](repeating: 0, count: 8))
  }
  static func v6(high: UInt64, low: UInt64, port: UInt16 = 0) -> TestAddress {
    TestAddress(bytes: [10, 0] + big(port) + [0, 0, 0, 0] + big(high) + big(low) + [0, 0, 0, 0])
  }
  static let loopback4 = v4(0x7f00_0001)
  static let loopback6 = v6(high: 0, low: 1)
  /// Port chosen by the kernel; `groups` as a bit mask.
  static func netlink(groups: UInt8) -> TestAddress {
    TestAddress(bytes: [16, 0, 0, 0, 0, 0, 0, 0, groups, 0, 0, 0])
  }
  static func unix(_ name: [UInt8]) -> TestAddress { TestAddress(bytes: [1, 0] + name) }

  private static func big<Value: FixedWidthInteger>(_ value: Value) -> [UInt8] {
    withUnsafeBytes(of: value.bigEndian) { Array($0) }
  }

  var family: UInt8 { bytes[0] }
  var port: UInt16 { UInt16(bytes[2]) << 8 | UInt16(bytes[3]) }
  var high: UInt64 { family == 2 ? 0 : bytes[8..<16].reduce(0) { $0 << 8 | UInt64($1) } }
  var low: UInt64 { (family == 2 ? bytes[4..<8] : bytes[16..<24]).reduce(0) { $0 << 8 | UInt64($1) } }

  func withPointer<Result>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Result) -> Result {
    bytes.withUnsafeBytes {
      body($0.baseAddress!.assumingMemoryBound(to: sockaddr.self), socklen_t($0.count))
    }
  }
}

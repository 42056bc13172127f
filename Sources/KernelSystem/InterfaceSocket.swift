import CLinux

/// Questions about the interfaces of the calling thread's network namespace, by ioctl(2) (netdevice(7)).
///
/// Needs no privilege. An interface that went away meanwhile answers nil.
public struct InterfaceSocket: ~Copyable {
  private let descriptor: OwnedDescriptor

  /// Any internet socket will do; throws where the kernel makes none.
  public init() throws(SystemError) {
    do throws(Errno) {
      descriptor = try ProbeSocket.open(
        family: UInt16(AF_INET), type: UInt16(SOCK_DGRAM.rawValue), protocol: 0)
    } catch { throw SystemError("socket", on: "AF_INET", error) }
  }

  /// `IFF_*` of `linux/if.h`, as the request has them: 16 bits.
  public borrowing func flags(of name: [UInt8]) -> UInt16? { ask(SIOCGIFFLAGS, name)?.load(0) }
  /// Bytes.
  public borrowing func mtu(of name: [UInt8]) -> Int32? { ask(SIOCGIFMTU, name)?.load(0) }
  /// Packets.
  public borrowing func queueLength(of name: [UInt8]) -> Int32? { ask(SIOCGIFTXQLEN, name)?.load(0) }

  /// `ARPHRD_*`, and the first 14 bytes of the hardware address.
  public borrowing func hardware(of name: [UInt8]) -> (type: UInt16, address: [UInt8])? {
    guard let answer = ask(SIOCGIFHWADDR, name) else { return nil }
    return (answer.load(0), Array(answer.bytes[2..<16]))
  }

  /// Where the device is on the bus: `struct ifmap`.
  public struct DeviceMap: Hashable, Sendable {
    public var memoryStart, memoryEnd: UInt64
    public var baseAddress: UInt16
    public var interrupt, dmaChannel, port: UInt8
  }
  public borrowing func deviceMap(of name: [UInt8]) -> DeviceMap? {
    guard let answer = ask(SIOCGIFMAP, name) else { return nil }
    return DeviceMap(
      memoryStart: answer.load(0), memoryEnd: answer.load(8), baseAddress: answer.load(16),
      interrupt: answer.load(18), dmaChannel: answer.load(19), port: answer.load(20))
  }

  public enum Address: Sendable { case own, destination, broadcast, netmask }

  /// An IPv4 address of an interface or of one of its labels, in host order; nil when it has none.
  public borrowing func address(_ kind: Address, of name: [UInt8]) -> UInt32? {
    let request =
      switch kind {
      case .own: SIOCGIFADDR
      case .destination: SIOCGIFDSTADDR
      case .broadcast: SIOCGIFBRDADDR
      case .netmask: SIOCGIFNETMASK
      }
    // struct sockaddr_in: family, port, address.
    return ask(request, name).map { UInt32(bigEndian: $0.load(4)) }
  }

  /// The names under which IPv4 addresses were given, `eth0` and `eth0:1`, once for each address (SIOCGIFCONF).
  public borrowing func addressLabels() throws(Errno) -> [[UInt8]] {
    let size = Answer.size
    var count = 32
    while true {
      var room = [UInt8](repeating: 0, count: count * size)
      let used = try descriptor.borrow { (number) throws(Errno) in
        try retryingOnInterrupt {
          // SAFETY: the kernel writes at most `ifc_len` bytes, which is the size of `room`.
          unsafe room.withUnsafeMutableBytes { buffer -> Int in
            var list = unsafe ifconf()
            unsafe list.ifc_len = Int32(buffer.count)
            unsafe list.ifc_ifcu.ifcu_buf = buffer.baseAddress?.assumingMemoryBound(to: CChar.self)
            return unsafe clinux_ioctl_pointer(number, UInt(SIOCGIFCONF), &list) < 0 ? -1 : Int(list.ifc_len)
          }
        }
      }
      // A full buffer may have been too small.
      if used == room.count {
        count *= 2
        continue
      }
      return stride(from: 0, to: used, by: size).map {
        Array(room[$0..<$0 + Answer.nameSize].prefix { $0 != 0 })
      }
    }
  }

  /// The second half of `struct ifreq`.
  private struct Answer {
    static let nameSize = Int(IFNAMSIZ)
    /// `struct ifreq`: a name, and a union whose largest member is `struct ifmap`.
    static let size = unsafe MemoryLayout<ifreq>.size
    let bytes: [UInt8]

    /// Host order; `offset` is one of the union's own fields.
    func load<Integer: FixedWidthInteger>(_ offset: Int) -> Integer {
      let width = MemoryLayout<Integer>.size
      return bytes[offset..<offset + width].reversed().reduce(0) { $0 << 8 | Integer(truncatingIfNeeded: $1) }
    }
  }

  private borrowing func ask(_ request: Int32, _ name: [UInt8]) -> Answer? {
    guard name.count < Answer.nameSize else { return nil }
    var room = name + [UInt8](repeating: 0, count: Answer.size - name.count)
    let status = descriptor.borrow { number in
      // SAFETY: `room` has the size of `struct ifreq`, which the request reads and writes; its name is terminated.
      unsafe room.withUnsafeMutableBytes {
        unsafe clinux_ioctl_pointer(number, UInt(request), $0.baseAddress)
      }
    }
    return status < 0 ? nil : Answer(bytes: Array(room[Answer.nameSize...]))
  }
}

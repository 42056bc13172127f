import CLinux
import KernelSystem

/// Dumps that are not asked again, and requests about one socket.
extension SockDiagSocket {
  /// Asks once and hands each answer to `each`; whether the table changed meanwhile (`NLM_F_DUMP_INTR`).
  @inlinable
  public mutating func dumpOnce<Record>(
    _ request: SockDiagRequest<Record>, each: (Record) -> Void
  ) throws(SockDiagError) -> Bool {
    try attempt(request, each: each).wasInterrupted
  }

  /// Asks once and hands out each datagram of the answer as it came, the last one included.
  public mutating func copyDump<Record>(
    _ request: SockDiagRequest<Record>, to sink: (Span<UInt8>) -> Void
  ) throws(SockDiagError) {
    let sequence = try send(request.bytes, about: request.subject)
    var reader = DumpReader<Record>(request.subject, sequence: sequence, hasFilter: request.hasFilter)
    while !reader.isFinished {
      let count = try receive(about: request.subject)
      sink(buffer.span.extracting(0..<count))
      do throws(SockDiagError) {
        // SAFETY: bytes have no padding; `receive` promises a count inside the buffer, and the span checks it.
        try unsafe reader.read(buffer.span.bytes.extracting(0..<count)) { _ in }
      } catch {
        if reader.isFinished { finished() }
        throw error
      }
    }
    finished()
  }

  /// Closes a socket: SOCK_DESTROY. The kernel's answer; nil is success.
  public mutating func destroy(_ request: SockDestroyRequest) throws(SockDiagError) -> Errno? {
    let subject = SockDiagSubject(
      family: request.family, protocol: UInt16(truncatingIfNeeded: request.protocol))
    let sequence = try send(request.bytes, about: subject)
    while true {
      let count = try receive(about: subject)
      // SAFETY: as above.
      if let code = try unsafe Self.answer(to: sequence, in: buffer.span.bytes.extracting(0..<count)) {
        finished()
        return code == 0 ? nil : Errno(rawValue: 0 &- code)
      }
    }
  }

  /// The code of the acknowledgement, which is an NLMSG_ERROR; nil while there is none.
  private static func answer(to sequence: UInt32, in datagram: RawSpan) throws(SockDiagError) -> Int32? {
    var messages = NetlinkMessages()
    do throws(NetlinkError) {
      while let message = try messages.next(in: datagram) {
        guard message.sequence == sequence, message.type == NLMSG_ERROR else { continue }
        try message.payload.requireBytes(4, in: datagram)
        return datagram.integer(at: message.payload.lowerBound, as: Int32.self)
      }
    } catch { throw .malformed(error) }
    return nil
  }
}

/// Which internet socket is to be closed: `struct inet_diag_req_v2` with its identity.
public struct SockDestroyRequest: Sendable {
  public typealias End = (high: UInt64, low: UInt64, port: UInt16)
  public let family: UInt8
  /// `IPPROTO_*` of its table: 255 for a raw socket, whose own number is `rawProtocol`.
  public let `protocol`: Int32
  let bytes: [UInt8]

  /// Addresses as in `InetDiagRecord`.
  public init(
    family: UInt8, protocol number: Int32, rawProtocol: UInt8, local: End, peer: End, interface: UInt32,
    cookie: UInt64
  ) {
    self.family = family
    self.protocol = number
    func address(_ end: End) -> [UInt8] {
      family == AF_INET6
        ? requestBytes(of: end.high.bigEndian) + requestBytes(of: end.low.bigEndian)
        : requestBytes(of: UInt32(truncatingIfNeeded: end.low).bigEndian) + [UInt8](repeating: 0, count: 12)
    }
    let identity =
      requestBytes(of: local.port.bigEndian) + requestBytes(of: peer.port.bigEndian) + address(local)
      + address(peer) + requestBytes(of: interface) + requestBytes(of: cookie)
    // sdiag_family, sdiag_protocol, idiag_ext, pad (sdiag_raw_protocol), idiag_states, id
    let pad = number == Int32(IPPROTO_RAW) ? rawProtocol : 0
    let body = [family, UInt8(truncatingIfNeeded: number), 0, pad, 0, 0, 0, 0] + identity
    var header = nlmsghdr()
    header.nlmsg_len = UInt32(MemoryLayout<nlmsghdr>.size + body.count)
    header.nlmsg_type = UInt16(SOCK_DESTROY)
    header.nlmsg_flags = UInt16(NLM_F_REQUEST | NLM_F_ACK)
    bytes = requestBytes(of: header) + body
  }
}

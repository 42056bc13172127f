import CLinux

@testable import KernelNetlink

/// A netlink message as the kernel would lay it out, padded.
func messageBytes(
  type: Int32, flags: Int32 = NLM_F_MULTI, sequence: UInt32 = 1, payload: [UInt8] = []
) -> [UInt8] {
  var header = nlmsghdr()
  header.nlmsg_len = UInt32(16 + payload.count)
  header.nlmsg_type = UInt16(type)
  header.nlmsg_flags = UInt16(flags)
  header.nlmsg_seq = sequence
  return requestBytes(of: header) + payload + [UInt8](repeating: 0, count: -payload.count & 3)
}

/// A vsock record whose source port is `port`: the shortest record there is to tell apart.
func vsockBytes(port: UInt32, flags: Int32 = NLM_F_MULTI, sequence: UInt32 = 1) -> [UInt8] {
  var body = vsock_diag_msg()
  body.vdiag_family = UInt8(AF_VSOCK)
  body.vdiag_src_port = port
  return messageBytes(
    type: SOCK_DIAG_BY_FAMILY, flags: flags, sequence: sequence, payload: requestBytes(of: body))
}

func doneBytes(_ code: Int32 = 0, sequence: UInt32 = 1) -> [UInt8] {
  messageBytes(type: NLMSG_DONE, sequence: sequence, payload: requestBytes(of: code))
}

/// All messages of a datagram.
func messages(of bytes: [UInt8]) throws(NetlinkError) -> [NetlinkMessage] {
  var messages = NetlinkMessages()
  var found: [NetlinkMessage] = []
  while let message = try messages.next(in: bytes.span.bytes) { found.append(message) }
  return found
}

/// Reads `bytes` as one datagram of a dump.
func records<Record: DiagRecord>(
  _ bytes: [UInt8], as type: Record.Type, protocol: UInt16 = 6
) throws(SockDiagError) -> [Record] {
  var reader = DumpReader<Record>(SockDiagSubject(family: 0, protocol: `protocol`), sequence: 1)
  var found: [Record] = []
  try reader.read(bytes.span.bytes) { found.append($0) }
  return found
}

import KernelNetlink

/// Reads the input as one datagram of a dump, by every parser. The corpus is datagrams of real kernels
/// (Tests/KernelNetlinkTests/Fixtures, cut by `Corpus/import-sockdiag.sh`), whose sequence number is 1.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzSockDiag(_ start: UnsafePointer<UInt8>, _ count: Int) -> Int32 {
  let datagram = UnsafeRawBufferPointer(start: start, count: count).bytes
  read(datagram, as: InetDiagRecord.self, protocol: 6)
  read(datagram, as: InetDiagDetails.self, protocol: 6)
  read(datagram, as: InetDiagDetails.self, protocol: 262)
  read(datagram, as: UnixDiagRecord.self, protocol: 0)
  read(datagram, as: PacketDiagRecord.self, protocol: 0)
  read(datagram, as: NetlinkDiagRecord.self, protocol: 0)
  read(datagram, as: VsockDiagRecord.self, protocol: 0)
  read(datagram, as: InetDiagDetails.self, protocol: 132)
  read(datagram, as: XDPDiagRecord.self, protocol: 0)
  read(datagram, as: TIPCDiagRecord.self, protocol: 0)
  var messages = NetlinkMessages()
  while let message = try? messages.next(in: datagram) {
    _ = try? ProcessNotice(datagram, payload: message.payload)
    _ = try? ConntrackRecord(datagram, payload: message.payload)
  }
  return 0
}

private func read<Record: DiagRecord>(_ datagram: RawSpan, as type: Record.Type, protocol: UInt16) {
  var reader = DumpReader<Record>(SockDiagSubject(family: 0, protocol: `protocol`), sequence: 1)
  // A refusal is a right answer to most inputs; only a trap is not.
  try? reader.read(datagram) { _ in }
}

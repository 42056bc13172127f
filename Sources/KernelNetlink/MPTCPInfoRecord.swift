import CLinux

/// `INET_DIAG_INFO` of an MPTCP socket: `struct mptcp_info`, as long as the running kernel sends it.
public struct MPTCPInfoRecord: Hashable, Sendable {
  public var byteCount: Int
  public var subflows: UInt8
  public var maximumSubflows: UInt8
  /// ADD_ADDR options sent and taken, and how many of each are allowed.
  public var addressSignals: UInt8
  public var addressesAccepted: UInt8
  public var maximumAddressSignals: UInt8
  public var maximumAddressesAccepted: UInt8
  /// `MPTCP_INFO_FLAG_*`: fell back to TCP 1, remote key received 2.
  public var flags: UInt32
  public var token: UInt32
  public var writeSequence: UInt64
  public var unacknowledged: UInt64
  public var receiveNext: UInt64

  @usableFromInline init(_ datagram: RawSpan, _ range: Range<Int>) {
    byteCount = range.count
    let info = datagram.overlay(range, on: mptcp_info())
    subflows = info.mptcpi_subflows
    maximumSubflows = info.mptcpi_subflows_max
    addressSignals = info.mptcpi_add_addr_signal
    addressesAccepted = info.mptcpi_add_addr_accepted
    maximumAddressSignals = info.mptcpi_add_addr_signal_max
    maximumAddressesAccepted = info.mptcpi_add_addr_accepted_max
    flags = info.mptcpi_flags
    token = info.mptcpi_token
    writeSequence = info.mptcpi_write_seq
    unacknowledged = info.mptcpi_snd_una
    receiveNext = info.mptcpi_rcv_nxt
  }
}

import KernelBPF
import KernelSystem
import Model

extension Socket {
  init(_ record: borrowing SocketRecord) {
    self.init()
    netns = NetworkNamespace(record.netns)
    cookie = SocketCookie(record.cookie)
    inode = record.inode
    family = AddressFamily(rawValue: record.family)
    type = SocketType(rawValue: record.type)
    `protocol` = SocketProtocol(rawValue: record.protocol)
    state = SocketState(rawValue: record.state) ?? .close
    shutdown = ShutdownSides(rawValue: record.shutdown)
    receiveQueue = record.receiveQueue
    sendQueue = record.sendQueue
    userID = record.uid
    interfaceIndex = record.interfaceIndex
    mark = record.mark
    cgroupID = record.cgroupID
    peerInode = record.peerInode
    if family.isInternet {
      local = Endpoint(
        IPAddress(family: family, high: record.localHigh, low: record.localLow), port: record.localPort)
      peer = Endpoint(
        IPAddress(family: family, high: record.peerHigh, low: record.peerLow), port: record.peerPort)
      if family == .inet6 { isV6Only = record.isV6Only }
    }
    if let isActive = record.isActiveSide { origin = isActive ? .connect : .accept }
    if state == .listen { origin = .listen }
  }
}

extension IPAddress {
  init(family: AddressFamily, high: UInt64, low: UInt64) {
    self =
      family == .inet ? IPAddress(v4: UInt32(truncatingIfNeeded: low)) : IPAddress(v6High: high, low: low)
  }
}

extension SocketDetail {
  /// nil when the record has no internals.
  init?(_ record: borrowing SocketRecord, _ parts: SocketRecordParts, _ rate: inout TickRate) {
    guard let memoryRecord = parts.memory else { return nil }
    self.init()
    memory = SocketMemory(memoryRecord)
    guard let tcpRecord = parts.tcp else { return }
    typeOfService = tcpRecord.tos
    // A listener has no connection to tell of.
    guard SocketProtocol(rawValue: record.protocol) == .tcp, record.state != SocketState.listen.rawValue
    else { return }
    let scale = rate.scale(at: tcpRecord.jiffies)
    tcp = TCPInternals(tcpRecord, scale)
    timer = SocketTimer(tcpRecord, scale)
  }
}

extension SocketMemory {
  init(_ record: MemoryRecord) {
    self.init()
    receiveAllocated = record.rmem_alloc
    receiveBuffer = record.rcvbuf
    sendAllocated = record.wmem_alloc
    sendBuffer = record.sndbuf
    forwardAllocated = record.fwd_alloc
    sendQueued = record.wmem_queued
    options = record.optmem
    backlog = record.backlog
    drops = record.drops
  }
}

/// The kernel's tick rate, which it does not export: found once, from one reading of both clocks.
///
/// `jiffies` began at 2^32 - 300 HZ and advance with CLOCK_MONOTONIC, so a wrong candidate is off by minutes.
struct TickRate {
  private var hertz: UInt64?

  mutating func scale(at jiffies: UInt64) -> JiffiesScale {
    let hertz = hertz ?? Self.hertz(jiffies, KernelClock.monotonicNanoseconds)
    self.hertz = hertz
    return JiffiesScale(hertz: hertz, now: UInt32(truncatingIfNeeded: jiffies))
  }

  private static func hertz(_ jiffies: UInt64, _ monotonicNanoseconds: UInt64) -> UInt64 {
    let seconds = Double(monotonicNanoseconds) / 1e9
    func error(_ candidate: UInt64) -> Double {
      let start = Double(1 << 32) - 300 * Double(candidate)
      return abs(Double(jiffies) - start - seconds * Double(candidate))
    }
    return [100, 250, 300, 1000].min { error($0) < error($1) } ?? 250
  }
}

/// Times of one record, which are told in jiffies.
struct JiffiesScale {
  let hertz: UInt64
  let now: UInt32

  func microseconds(_ jiffies: UInt32) -> UInt64 { UInt64(jiffies) * 1_000_000 / hertz }
  func milliseconds(since then: UInt32) -> UInt32 {
    UInt32(truncatingIfNeeded: microseconds(now &- then) / 1000)
  }
  func milliseconds(until then: UInt32) -> UInt32 {
    let left = Int32(bitPattern: then &- now)
    return left <= 0 ? 0 : UInt32(truncatingIfNeeded: microseconds(UInt32(left)) / 1000)
  }
}

extension SocketTimer {
  init?(_ record: TCPRecord, _ scale: JiffiesScale) {
    guard let kind = Kind(rawValue: record.timer), kind != .none else { return nil }
    self.init()
    self.kind = kind
    expiresMilliseconds = scale.milliseconds(until: record.timer_expires_jiffies)
    retransmits = kind == .probe ? record.probes : record.retransmits
  }
}

extension TCPInternals {
  /// As `tcp_get_info` of net/ipv4/tcp.c does from the same fields.
  init(_ record: TCPRecord, _ scale: JiffiesScale) {
    self.init()
    congestionName = record.congestionWords
    congestionState = record.ca_state
    options = record.options
    sendWindowScale = record.snd_wscale
    receiveWindowScale = record.rcv_wscale
    retransmits = record.retransmits
    probes = record.probes
    backoff = record.backoff
    roundTripMicroseconds = record.srtt >> 3
    roundTripVarianceMicroseconds = record.mdev >> 2
    minimumRoundTripMicroseconds = record.min_rtt
    receiverRoundTripMicroseconds = record.rcv_rtt >> 3
    retransmitTimeoutMicroseconds = UInt32(truncatingIfNeeded: scale.microseconds(record.rto_jiffies))
    delayedAckTimeoutMicroseconds = UInt32(truncatingIfNeeded: scale.microseconds(record.ato_jiffies))
    sendMaximumSegment = record.mss_cache
    receiveMaximumSegment = record.rcv_mss
    advertisedMaximumSegment = record.advmss
    pathMTU = record.pmtu
    congestionWindow = record.snd_cwnd
    slowStartThreshold = record.snd_ssthresh
    receiveSlowStartThreshold = record.rcv_ssthresh
    receiveSpace = record.rcv_space
    sendWindow = record.snd_wnd
    receiveWindow = record.rcv_wnd
    takeCounters(record)
    takeRates(record, scale)
  }

  private mutating func takeCounters(_ record: TCPRecord) {
    unackedSegments = record.packets_out
    sackedSegments = record.sacked_out
    lostSegments = record.lost_out
    retransmittedSegments = record.retrans_out
    totalRetransmits = record.total_retrans
    reordering = record.reordering
    reorderingSeen = record.reord_seen
    segmentsOut = record.segs_out
    segmentsIn = record.segs_in
    dataSegmentsOut = record.data_segs_out
    dataSegmentsIn = record.data_segs_in
    delivered = record.delivered
    deliveredMarked = record.delivered_ce
    duplicateSacks = record.dsack_dups
    outOfOrderPackets = record.rcv_ooopack
    notSentBytes = record.notsent
    sentBytes = record.bytes_sent &- record.bytes_retrans
    retransmittedBytes = record.bytes_retrans
    ackedBytes = record.bytes_acked
    receivedBytes = record.bytes_received
  }

  private mutating func takeRates(_ record: TCPRecord, _ scale: JiffiesScale) {
    pacingRate = record.pacing_rate
    maximumPacingRate = record.max_pacing_rate
    if record.rate_interval_us > 0 {
      deliveryRate =
        UInt64(record.rate_delivered) &* UInt64(record.mss_cache) &* 1_000_000
        / UInt64(record.rate_interval_us)
    }
    // Chronographs, TCP_CHRONO_*: 1 busy, 2 receive window, 3 send buffer. The running one counts up to now, and
    // busy time is the sum of all three.
    var times = (record.chrono_jiffies.0, record.chrono_jiffies.1, record.chrono_jiffies.2)
    let running = scale.now &- record.chrono_start_jiffies
    switch record.chrono_type {
    case 1: times.0 &+= running
    case 2: times.1 &+= running
    case 3: times.2 &+= running
    default: break
    }
    receiveWindowLimitedMicroseconds = scale.microseconds(times.1)
    sendBufferLimitedMicroseconds = scale.microseconds(times.2)
    busyMicroseconds = scale.microseconds(times.0 &+ times.1 &+ times.2)
    lastDataSentMilliseconds = scale.milliseconds(since: record.last_sent_jiffies)
    lastDataReceivedMilliseconds = scale.milliseconds(since: record.last_received_jiffies)
    lastAckReceivedMilliseconds = scale.milliseconds(since: record.last_ack_jiffies)
  }
}

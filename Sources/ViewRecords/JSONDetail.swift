import Model
import ViewText

// What `--info`, `--memory` and `--timers` show, as JSON. A number whose kernel value means "none" is absent.

struct JSONDetailWriter {
  private var path = RepeatedText<TCPPath>()
  private var trouble = RepeatedText<TCPTrouble>()
  private var memory = RepeatedText<SocketMemory>()

  /// `,"tcp":{…},"memory":{…},"timer":{…}`
  mutating func append(_ detail: SocketDetail, to text: inout TextBuffer) {
    if let tcp = detail.tcp { append(tcp, to: &text) }
    if let memory = detail.memory { self.memory.append(memory, to: &text) { $0.append(json: memory) } }
    if let timer = detail.timer, timer.kind != .none { text.append(json: timer) }
  }

  private mutating func append(_ tcp: TCPInternals, to text: inout TextBuffer) {
    text.appendRoundTrips(tcp)
    text.appendCounters(tcp)
    text.appendRates(tcp)
    let path = TCPPath(tcp)
    self.path.append(path, to: &text) { $0.append(json: path) }
    let trouble = TCPTrouble(tcp)
    self.trouble.append(trouble, to: &text) { $0.append(json: trouble) }
    text.append("}")
  }
}

/// What a connection shares with the others of its path: windows, sizes, congestion control.
private struct TCPPath: Equatable {
  let congestionFirst, congestionRest: UInt64
  let congestionState, options, sendWindowScale, receiveWindowScale: UInt8
  let retransmitTimeout, delayedAckTimeout: UInt32
  let congestionWindow, slowStartThreshold, sendWindow, receiveWindow: UInt32
  let receiveSpace, receiveSlowStartThreshold: UInt32
  let sendMaximumSegment, receiveMaximumSegment, advertisedMaximumSegment, pathMTU: UInt32
  let maximumPacingRate: UInt64

  init(_ tcp: TCPInternals) {
    (congestionFirst, congestionRest) = tcp.congestionName
    (congestionState, options) = (tcp.congestionState, tcp.options)
    (sendWindowScale, receiveWindowScale) = (tcp.sendWindowScale, tcp.receiveWindowScale)
    retransmitTimeout = tcp.retransmitTimeoutMicroseconds
    delayedAckTimeout = tcp.delayedAckTimeoutMicroseconds
    (congestionWindow, slowStartThreshold) = (tcp.congestionWindow, tcp.slowStartThreshold)
    (sendWindow, receiveWindow) = (tcp.sendWindow, tcp.receiveWindow)
    (receiveSpace, receiveSlowStartThreshold) = (tcp.receiveSpace, tcp.receiveSlowStartThreshold)
    (sendMaximumSegment, receiveMaximumSegment) = (tcp.sendMaximumSegment, tcp.receiveMaximumSegment)
    (advertisedMaximumSegment, pathMTU) = (tcp.advertisedMaximumSegment, tcp.pathMTU)
    maximumPacingRate = tcp.maximumPacingRate
  }
}

/// What is 0 on a good day.
private struct TCPTrouble: Equatable {
  let retransmits, probes, backoff: UInt8
  let totalRetransmits, notSentBytes, deliveredMarked: UInt32
  let unacked, sacked, lost, retransmittedUnacked: UInt32
  let duplicateSacks, outOfOrder, reordering, reorderingSeen: UInt32
  let retransmittedBytes, receiveWindowLimited, sendBufferLimited: UInt64

  init(_ tcp: TCPInternals) {
    (retransmits, probes, backoff) = (tcp.retransmits, tcp.probes, tcp.backoff)
    (totalRetransmits, retransmittedBytes) = (tcp.totalRetransmits, tcp.retransmittedBytes)
    (notSentBytes, deliveredMarked) = (tcp.notSentBytes, tcp.deliveredMarked)
    (unacked, sacked, lost) = (tcp.unackedSegments, tcp.sackedSegments, tcp.lostSegments)
    (retransmittedUnacked, duplicateSacks) = (tcp.retransmittedSegments, tcp.duplicateSacks)
    (outOfOrder, reordering, reorderingSeen) = (tcp.outOfOrderPackets, tcp.reordering, tcp.reorderingSeen)
    receiveWindowLimited = tcp.receiveWindowLimitedMicroseconds
    sendBufferLimited = tcp.sendBufferLimitedMicroseconds
  }
}

extension TextBuffer {
  fileprivate mutating func appendRoundTrips(_ tcp: TCPInternals) {
    field(#","tcp":{"rtt_us":"#, tcp.roundTripMicroseconds)
    field(#","rtt_variance_us":"#, tcp.roundTripVarianceMicroseconds)
    if tcp.minimumRoundTripMicroseconds != .max {
      field(#","min_rtt_us":"#, tcp.minimumRoundTripMicroseconds)
    }
    field(#","receiver_rtt_us":"#, tcp.receiverRoundTripMicroseconds)
  }

  fileprivate mutating func appendCounters(_ tcp: TCPInternals) {
    field(#","bytes_sent":"#, tcp.sentBytes)
    field(#","bytes_received":"#, tcp.receivedBytes)
    field(#","bytes_acked":"#, tcp.ackedBytes)
    field(#","segments_out":"#, tcp.segmentsOut)
    field(#","segments_in":"#, tcp.segmentsIn)
    field(#","data_segments_out":"#, tcp.dataSegmentsOut)
    field(#","data_segments_in":"#, tcp.dataSegmentsIn)
    field(#","delivered":"#, tcp.delivered)
  }

  fileprivate mutating func appendRates(_ tcp: TCPInternals) {
    if tcp.pacingRate != .max { field(#","pacing_rate":"#, tcp.pacingRate) }
    field(#","delivery_rate":"#, tcp.deliveryRate)
    field(#","busy_us":"#, tcp.busyMicroseconds)
    field(#","last_data_sent_ms":"#, tcp.lastDataSentMilliseconds)
    field(#","last_data_received_ms":"#, tcp.lastDataReceivedMilliseconds)
    field(#","last_ack_received_ms":"#, tcp.lastAckReceivedMilliseconds)
  }

  fileprivate mutating func append(json path: TCPPath) {
    appendCongestion(path)
    field(#","retransmit_timeout_us":"#, path.retransmitTimeout)
    field(#","delayed_ack_timeout_us":"#, path.delayedAckTimeout)
    field(#","send_window":"#, path.sendWindow)
    field(#","receive_window":"#, path.receiveWindow)
    field(#","send_window_scale":"#, path.sendWindowScale)
    field(#","receive_window_scale":"#, path.receiveWindowScale)
    field(#","receive_space":"#, path.receiveSpace)
    field(#","receive_slow_start_threshold":"#, path.receiveSlowStartThreshold)
    field(#","send_mss":"#, path.sendMaximumSegment)
    field(#","receive_mss":"#, path.receiveMaximumSegment)
    field(#","advertised_mss":"#, path.advertisedMaximumSegment)
    field(#","path_mtu":"#, path.pathMTU)
    if path.maximumPacingRate != .max { field(#","max_pacing_rate":"#, path.maximumPacingRate) }
  }

  private mutating func appendCongestion(_ path: TCPPath) {
    if path.congestionFirst != 0 {
      append(#","congestion_control":""#)
      appendJSONWord(path.congestionFirst)
      appendJSONWord(path.congestionRest)
      append(#"""#)
    }
    switch path.congestionState {
    case 0: append(#","congestion_state":"open""#)
    case 1: append(#","congestion_state":"disorder""#)
    case 2: append(#","congestion_state":"cwr""#)
    case 3: append(#","congestion_state":"recovery""#)
    case 4: append(#","congestion_state":"loss""#)
    default: break
    }
    field(#","congestion_window":"#, path.congestionWindow)
    // TCP_INFINITE_SSTHRESH
    if path.slowStartThreshold < 0x7fff_ffff { field(#","slow_start_threshold":"#, path.slowStartThreshold) }
    if path.options != 0 { appendOptions(path.options) }
  }

  fileprivate mutating func append(json trouble: TCPTrouble) {
    field(#","retransmits":"#, trouble.retransmits)
    field(#","total_retransmits":"#, trouble.totalRetransmits)
    field(#","bytes_retransmitted":"#, trouble.retransmittedBytes)
    field(#","bytes_not_sent":"#, trouble.notSentBytes)
    field(#","delivered_ce":"#, trouble.deliveredMarked)
    field(#","unacked":"#, trouble.unacked)
    field(#","sacked":"#, trouble.sacked)
    field(#","lost":"#, trouble.lost)
    field(#","retransmitted_unacked":"#, trouble.retransmittedUnacked)
    field(#","duplicate_sacks":"#, trouble.duplicateSacks)
    field(#","out_of_order":"#, trouble.outOfOrder)
    field(#","reordering":"#, trouble.reordering)
    field(#","reordering_seen":"#, trouble.reorderingSeen)
    field(#","probes":"#, trouble.probes)
    field(#","backoff":"#, trouble.backoff)
    field(#","receive_window_limited_us":"#, trouble.receiveWindowLimited)
    field(#","send_buffer_limited_us":"#, trouble.sendBufferLimited)
  }

  /// The name of a congestion control: the kernel's own modules choose it, letters mostly.
  private mutating func appendJSONWord(_ word: UInt64) {
    var rest = word
    while rest & 0xff != 0 {
      let byte = UInt8(truncatingIfNeeded: rest)
      let isPlain = byte > 0x20 && byte < 0x7f && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\")
      append(byte: isPlain ? byte : UInt8(ascii: "?"))
      rest >>= 8
    }
  }

  private mutating func appendOptions(_ options: UInt8) {
    append(#","options":["#)
    if options & 1 != 0 { append(#""timestamps","#) }
    if options & 2 != 0 { append(#""sack","#) }
    if options & 4 != 0 { append(#""window_scaling","#) }
    if options & 8 != 0 { append(#""ecn","#) }
    if options & 16 != 0 { append(#""ecn_seen","#) }
    if options & 32 != 0 { append(#""fast_open_data","#) }
    if options & 63 != 0 { truncate(to: count - 1) }
    append("]")
  }

  fileprivate mutating func append(json memory: SocketMemory) {
    field(#","memory":{"receive_allocated":"#, memory.receiveAllocated)
    field(#","receive_buffer":"#, memory.receiveBuffer)
    field(#","send_allocated":"#, memory.sendAllocated)
    field(#","send_buffer":"#, memory.sendBuffer)
    field(#","forward_allocated":"#, memory.forwardAllocated)
    field(#","send_queued":"#, memory.sendQueued)
    field(#","options":"#, memory.options)
    field(#","backlog":"#, memory.backlog)
    field(#","drops":"#, memory.drops)
    append("}")
  }

  fileprivate mutating func append(json timer: SocketTimer) {
    switch timer.kind {
    case .none: return
    case .retransmit: append(#","timer":{"kind":"retransmit","#)
    case .keepalive: append(#","timer":{"kind":"keepalive","#)
    case .timeWait: append(#","timer":{"kind":"time_wait","#)
    case .probe: append(#","timer":{"kind":"probe","#)
    }
    field(#""expires_ms":"#, timer.expiresMilliseconds)
    field(#","retransmits":"#, timer.retransmits)
    append("}")
  }
}

import Model
import ViewText

// What `--info`, `--memory` and `--timers` show, as JSON. A number whose kernel value means "none" is absent.

extension TextBuffer {
  /// `,"tcp":{…},"memory":{…},"timer":{…}`
  mutating func append(json detail: SocketDetail) {
    if let tcp = detail.tcp { append(json: tcp) }
    if let memory = detail.memory { append(json: memory) }
    if let timer = detail.timer, timer.kind != .none { append(json: timer) }
  }

  private mutating func append(json tcp: TCPInternals) {
    field(#","tcp":{"rtt_us":"#, tcp.roundTripMicroseconds)
    field(#","rtt_variance_us":"#, tcp.roundTripVarianceMicroseconds)
    if tcp.minimumRoundTripMicroseconds != .max {
      field(#","min_rtt_us":"#, tcp.minimumRoundTripMicroseconds)
    }
    field(#","receiver_rtt_us":"#, tcp.receiverRoundTripMicroseconds)
    field(#","retransmit_timeout_us":"#, tcp.retransmitTimeoutMicroseconds)
    field(#","delayed_ack_timeout_us":"#, tcp.delayedAckTimeoutMicroseconds)
    field(#","retransmits":"#, tcp.retransmits)
    field(#","total_retransmits":"#, tcp.totalRetransmits)
    field(#","bytes_sent":"#, tcp.sentBytes)
    field(#","bytes_received":"#, tcp.receivedBytes)
    field(#","bytes_acked":"#, tcp.ackedBytes)
    field(#","bytes_retransmitted":"#, tcp.retransmittedBytes)
    field(#","bytes_not_sent":"#, tcp.notSentBytes)
    appendCongestion(tcp)
    appendWindows(tcp)
    appendSegments(tcp)
    appendRates(tcp)
    append("}")
  }

  private mutating func appendCongestion(_ tcp: TCPInternals) {
    if tcp.congestionName.0 != 0 {
      append(#","congestion_control":""#)
      appendJSONWord(tcp.congestionName.0)
      appendJSONWord(tcp.congestionName.1)
      append(#"""#)
    }
    switch tcp.congestionState {
    case 0: append(#","congestion_state":"open""#)
    case 1: append(#","congestion_state":"disorder""#)
    case 2: append(#","congestion_state":"cwr""#)
    case 3: append(#","congestion_state":"recovery""#)
    case 4: append(#","congestion_state":"loss""#)
    default: break
    }
    field(#","congestion_window":"#, tcp.congestionWindow)
    // TCP_INFINITE_SSTHRESH
    if tcp.slowStartThreshold < 0x7fff_ffff { field(#","slow_start_threshold":"#, tcp.slowStartThreshold) }
    if tcp.options != 0 { appendOptions(tcp.options) }
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

  private mutating func appendWindows(_ tcp: TCPInternals) {
    field(#","send_window":"#, tcp.sendWindow)
    field(#","receive_window":"#, tcp.receiveWindow)
    field(#","send_window_scale":"#, tcp.sendWindowScale)
    field(#","receive_window_scale":"#, tcp.receiveWindowScale)
    field(#","receive_space":"#, tcp.receiveSpace)
    field(#","receive_slow_start_threshold":"#, tcp.receiveSlowStartThreshold)
    field(#","send_mss":"#, tcp.sendMaximumSegment)
    field(#","receive_mss":"#, tcp.receiveMaximumSegment)
    field(#","advertised_mss":"#, tcp.advertisedMaximumSegment)
    field(#","path_mtu":"#, tcp.pathMTU)
  }

  private mutating func appendSegments(_ tcp: TCPInternals) {
    field(#","segments_out":"#, tcp.segmentsOut)
    field(#","segments_in":"#, tcp.segmentsIn)
    field(#","data_segments_out":"#, tcp.dataSegmentsOut)
    field(#","data_segments_in":"#, tcp.dataSegmentsIn)
    field(#","delivered":"#, tcp.delivered)
    field(#","delivered_ce":"#, tcp.deliveredMarked)
    field(#","unacked":"#, tcp.unackedSegments)
    field(#","sacked":"#, tcp.sackedSegments)
    field(#","lost":"#, tcp.lostSegments)
    field(#","retransmitted_unacked":"#, tcp.retransmittedSegments)
    field(#","duplicate_sacks":"#, tcp.duplicateSacks)
    field(#","out_of_order":"#, tcp.outOfOrderPackets)
    field(#","reordering":"#, tcp.reordering)
    field(#","reordering_seen":"#, tcp.reorderingSeen)
    field(#","probes":"#, tcp.probes)
    field(#","backoff":"#, tcp.backoff)
  }

  private mutating func appendRates(_ tcp: TCPInternals) {
    if tcp.pacingRate != .max { field(#","pacing_rate":"#, tcp.pacingRate) }
    if tcp.maximumPacingRate != .max { field(#","max_pacing_rate":"#, tcp.maximumPacingRate) }
    field(#","delivery_rate":"#, tcp.deliveryRate)
    field(#","busy_us":"#, tcp.busyMicroseconds)
    field(#","receive_window_limited_us":"#, tcp.receiveWindowLimitedMicroseconds)
    field(#","send_buffer_limited_us":"#, tcp.sendBufferLimitedMicroseconds)
    field(#","last_data_sent_ms":"#, tcp.lastDataSentMilliseconds)
    field(#","last_data_received_ms":"#, tcp.lastDataReceivedMilliseconds)
    field(#","last_ack_received_ms":"#, tcp.lastAckReceivedMilliseconds)
  }

  private mutating func append(json memory: SocketMemory) {
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

  private mutating func append(json timer: SocketTimer) {
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

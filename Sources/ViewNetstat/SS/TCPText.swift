import Model
import ViewText

extension TextBuffer {
  /// A label and a number, unless it is 0.
  mutating func part(_ label: StaticString, _ value: some FixedWidthInteger & UnsignedInteger) {
    if value == 0 { return }
    append(label)
    append(decimal: UInt64(value))
  }

  /// As `part`, for what C prints as a signed number.
  mutating func signed(_ label: StaticString, _ value: UInt32) {
    if value == 0 { return }
    append(label)
    append(decimal: Int32(bitPattern: value))
  }

  mutating func hex(_ label: StaticString, _ value: UInt64) {
    if value == 0 { return }
    append(label)
    append(hex: value)
  }

  /// Microseconds as milliseconds, unless they are 0.
  private mutating func milliseconds(_ label: StaticString, _ value: UInt32) {
    if value == 0 { return }
    append(label)
    append(general: Double(value) / 1000)
  }

  /// Bits a second as `12.3M`.
  private mutating func bandwidth(_ value: Double, isNumeric: Bool) {
    if isNumeric { return append(fixed: value, digits: 0) }
    let units: [(Double, StaticString)] = [(1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")]
    for (size, letter) in units where value >= size {
      append(general: value / size, significant: 3)
      return append(letter)
    }
    append(general: value)
  }

  private mutating func rate(_ label: StaticString, _ value: Double, isNumeric: Bool) {
    append(label)
    bandwidth(value, isNumeric: isNumeric)
    append("bps")
  }

  /// `limited`: milliseconds and their part of `busy`.
  private mutating func limit(_ label: StaticString, _ limited: UInt64, _ busy: UInt64) {
    if limited == 0 { return }
    append(label)
    append(decimal: limited / 1000)
    append("ms(")
    append(fixed: 100 * Double(limited) / Double(busy), digits: 1)
    append("%)")
  }

  mutating func append(shortText words: (UInt64, UInt64)) {
    var bytes: [UInt8] = []
    for word in [words.0, words.1] {
      for place in 0..<8 {
        let byte = UInt8(truncatingIfNeeded: word >> UInt64(place * 8))
        if byte == 0 { return appendVisible(bytes) }
        bytes.append(byte)
      }
    }
    appendVisible(bytes)
  }

  /// `cubic wscale:7,7 rto:204 rtt:0.02/0.01 …`, in ss's order.
  mutating func append(
    tcp: TCPInternals, isListener: Bool, extras: [SocketExtra], showsOptions: Bool, isNumeric: Bool
  ) {
    if showsOptions { append(tcpOptions: tcp.options) }
    if tcp.congestionName.0 != 0 {
      append(" ")
      append(shortText: tcp.congestionName)
    }
    if tcp.options & 4 != 0 {
      append(" wscale:")
      append(decimal: tcp.sendWindowScale)
      append(",")
      append(decimal: tcp.receiveWindowScale)
    }
    if tcp.retransmitTimeoutMicroseconds != 3_000_000 {
      milliseconds(" rto:", tcp.retransmitTimeoutMicroseconds)
    }
    part(" backoff:", tcp.backoff)
    if tcp.roundTripMicroseconds != 0 {
      milliseconds(" rtt:", tcp.roundTripMicroseconds)
      append("/")
      append(general: Double(tcp.roundTripVarianceMicroseconds) / 1000)
    }
    milliseconds(" ato:", tcp.delayedAckTimeoutMicroseconds)
    signed(" mss:", tcp.sendMaximumSegment)
    part(" pmtu:", tcp.pathMTU)
    signed(" rcvmss:", tcp.receiveMaximumSegment)
    signed(" advmss:", tcp.advertisedMaximumSegment)
    part(" cwnd:", tcp.congestionWindow)
    if tcp.slowStartThreshold < 0xffff { part(" ssthresh:", tcp.slowStartThreshold) }
    part(" bytes_sent:", tcp.sentBytes &+ tcp.retransmittedBytes)
    part(" bytes_retrans:", tcp.retransmittedBytes)
    part(" bytes_acked:", tcp.ackedBytes)
    part(" bytes_received:", tcp.receivedBytes)
    part(" segs_out:", tcp.segmentsOut)
    part(" segs_in:", tcp.segmentsIn)
    part(" data_segs_out:", tcp.dataSegmentsOut)
    part(" data_segs_in:", tcp.dataSegmentsIn)
    let roundTrip = append(congestion: extras, tcp, isNumeric: isNumeric)
    append(rates: tcp, roundTrip: roundTrip, isNumeric: isNumeric)
    append(counters: tcp, isListener: isListener)
  }

  private mutating func append(tcpOptions options: UInt8) {
    let names: [(UInt8, StaticString)] = [
      (1, " ts"), (2, " sack"), (8, " ecn"), (16, " ecnseen"), (32, " fastopen"),
    ]
    for (bit, name) in names where options & bit != 0 { append(name) }
  }

  /// What the algorithm tells of itself; the round-trip time that the send rate is reckoned with.
  private mutating func append(
    congestion extras: [SocketExtra], _ tcp: TCPInternals, isNumeric: Bool
  ) -> Double {
    var roundTrip = Double(tcp.roundTripMicroseconds)
    for extra in extras {
      switch extra {
      case .vegas(let isEnabled, let time):
        if isEnabled && time != 0 && time != 0x7fff_ffff { roundTrip = Double(time) }
      case .dctcp(let dctcp) where dctcp.isEnabled:
        append(" dctcp:(ce_state:")
        append(decimal: dctcp.congestionState)
        append(",alpha:")
        append(decimal: dctcp.alpha)
        append(",ab_ecn:")
        append(decimal: dctcp.markedBytes)
        append(",ab_tot:")
        append(decimal: dctcp.totalBytes)
        append(")")
      case .dctcp: append(" dctcp:fallback_mode")
      case .bbr(let bbr):
        rate(" bbr:(bw:", Double(bbr.bandwidth) * 8, isNumeric: isNumeric)
        append(",mrtt:")
        append(general: Double(bbr.minimumRoundTripMicroseconds) / 1000)
        if bbr.pacingGain != 0 {
          append(",pacing_gain:")
          append(general: Double(bbr.pacingGain) / 256)
        }
        if bbr.windowGain != 0 {
          append(",cwnd_gain:")
          append(general: Double(bbr.windowGain) / 256)
        }
        append(")")
      default: break
      }
    }
    return roundTrip
  }

  private mutating func append(rates tcp: TCPInternals, roundTrip: Double, isNumeric: Bool) {
    if roundTrip > 0, tcp.sendMaximumSegment != 0, tcp.congestionWindow != 0 {
      let bits = Double(tcp.congestionWindow) * Double(tcp.sendMaximumSegment) * 8_000_000 / roundTrip
      rate(" send ", bits, isNumeric: isNumeric)
    }
    part(" lastsnd:", tcp.lastDataSentMilliseconds)
    part(" lastrcv:", tcp.lastDataReceivedMilliseconds)
    part(" lastack:", tcp.lastAckReceivedMilliseconds)
    if tcp.pacingRate != 0 && tcp.pacingRate != .max {
      rate(" pacing_rate ", Double(tcp.pacingRate) * 8, isNumeric: isNumeric)
      if tcp.maximumPacingRate != 0 && tcp.maximumPacingRate != .max {
        rate("/", Double(tcp.maximumPacingRate) * 8, isNumeric: isNumeric)
      }
    }
    if tcp.deliveryRate != 0 {
      rate(" delivery_rate ", Double(tcp.deliveryRate) * 8, isNumeric: isNumeric)
    }
    part(" delivered:", tcp.delivered)
    part(" delivered_ce:", tcp.deliveredMarked)
    if tcp.isApplicationLimited { append(" app_limited") }
    if tcp.busyMicroseconds != 0 {
      append(" busy:")
      append(decimal: tcp.busyMicroseconds / 1000)
      append("ms")
      limit(" rwnd_limited:", tcp.receiveWindowLimitedMicroseconds, tcp.busyMicroseconds)
      limit(" sndbuf_limited:", tcp.sendBufferLimitedMicroseconds, tcp.busyMicroseconds)
    }
  }

  private mutating func append(counters tcp: TCPInternals, isListener: Bool) {
    part(" unacked:", tcp.unackedSegments)
    if tcp.retransmittedSegments != 0 || tcp.totalRetransmits != 0 {
      append(" retrans:")
      append(decimal: tcp.retransmittedSegments)
      append("/")
      append(decimal: tcp.totalRetransmits)
    }
    part(" lost:", tcp.lostSegments)
    if !isListener { part(" sacked:", tcp.sackedSegments) }
    part(" dsack_dups:", tcp.duplicateSacks)
    if tcp.reordering != 3 {
      append(" reordering:")
      append(decimal: Int32(bitPattern: tcp.reordering))
    }
    signed(" reord_seen:", tcp.reorderingSeen)
    milliseconds(" rcv_rtt:", tcp.receiverRoundTripMicroseconds)
    signed(" rcv_space:", tcp.receiveSpace)
    part(" rcv_ssthresh:", tcp.receiveSlowStartThreshold)
    part(" notsent:", tcp.notSentBytes)
    if tcp.minimumRoundTripMicroseconds != .max {
      milliseconds(" minrtt:", tcp.minimumRoundTripMicroseconds)
    }
    part(" rcv_ooopack:", tcp.outOfOrderPackets)
    part(" snd_wnd:", tcp.sendWindow)
  }
}

import KernelNetlink
import Model

extension DCTCPInternals {
  init(_ record: DCTCPRecord) {
    self.init()
    isEnabled = record.isEnabled
    congestionState = record.congestionState
    alpha = record.alpha
    markedBytes = record.markedBytes
    totalBytes = record.totalBytes
  }
}

extension BBRInternals {
  init(_ record: BBRRecord) {
    self.init()
    bandwidth = record.bandwidth
    minimumRoundTripMicroseconds = record.minimumRoundTripMicroseconds
    pacingGain = record.pacingGain
    windowGain = record.windowGain
  }
}

extension TLSInternals {
  init(_ record: TLSRecord) {
    self.init()
    version = record.version
    cipher = record.cipher
    receiveConfiguration = record.receiveConfiguration
    sendConfiguration = record.sendConfiguration
    sendsWithoutCopy = record.sendsWithoutCopy
  }
}

extension MPTCPSubflow {
  init(_ record: MPTCPSubflowRecord) {
    self.init()
    flags = record.flags
    remoteToken = record.remoteToken
    localToken = record.localToken
    remoteID = record.remoteID
    localID = record.localID
    mapSequence = record.mapSequence
    mapSubflowSequence = record.mapSubflowSequence
    sequenceOffset = record.sequenceOffset
    mapLength = record.mapLength
  }
}

extension MPTCPInternals {
  init(_ record: MPTCPInfoRecord) {
    self.init()
    subflows = record.subflows
    maximumSubflows = record.maximumSubflows
    addressSignals = record.addressSignals
    addressesAccepted = record.addressesAccepted
    maximumAddressSignals = record.maximumAddressSignals
    maximumAddressesAccepted = record.maximumAddressesAccepted
    flags = record.flags
    token = record.token
    writeSequence = record.writeSequence
    unacknowledged = record.unacknowledged
    receiveNext = record.receiveNext
  }
}

extension SCTPInternals {
  init(_ record: SCTPInfoRecord) {
    self.init()
    tag = record.tag
    state = record.state
    receiveWindow = record.receiveWindow
    unacknowledged = record.unacknowledged
    pending = record.pending
    streamsIn = record.streamsIn
    streamsOut = record.streamsOut
    queuedIn = record.queuedIn
    queuedOut = record.queuedOut
    errors = record.errors
    maximumBurst = record.maximumBurst
    maximumSegment = record.maximumSegment
    peerReceiveWindow = record.peerReceiveWindow
    peerTag = record.peerTag
    peerCapabilities = record.peerCapabilities
    peerSack = record.peerSack
    autoclose = record.autoclose
    adaptation = record.adaptation
    partialDeliveryPoint = record.partialDeliveryPoint
    noDelay = record.noDelay
    disablesFragments = record.disablesFragments
    mapsV4 = record.mapsV4
    interleavesFragments = record.interleavesFragments
  }
}

extension PacketInternals.Ring {
  init(_ record: PacketRingRecord) {
    self.init()
    blockSize = record.blockSize
    blockCount = record.blockCount
    frameSize = record.frameSize
    frameCount = record.frameCount
    retireMilliseconds = record.retireMilliseconds
    features = record.features
  }
}

extension XDPInternals.Area {
  init(_ record: XDPAreaRecord) {
    self.init()
    byteCount = record.byteCount
    identifier = record.identifier
    pages = record.pages
    chunkSize = record.chunkSize
    headroom = record.headroom
    interface = record.interface
    queue = record.queue
    isZeroCopy = record.flags & 1 != 0
    references = record.references
  }
}

import Model

extension Snapshot {
  /// Says of every socket without a holder why it has none.
  ///
  /// - Parameter mayBeHidden: there are processes that we may not look into, or do not even see: a socket that still
  ///   belongs to somebody may be theirs.
  public mutating func explainAbsences(mayBeHidden: Bool) {
    for index in sockets.indices where sockets[index].holdingCount == 0 && sockets[index].absence == .none {
      let portID = detail(of: sockets[index])?.netlink?.portID
      sockets[index].absence = sockets[index].absence(isRefusalPossible: mayBeHidden, netlinkPortID: portID)
    }
  }
}

extension Socket {
  fileprivate func absence(isRefusalPossible: Bool, netlinkPortID: UInt32?) -> HolderAbsence {
    if state == .timeWait { return .timeWait }
    if family == .netlink && netlinkPortID == 0 { return .kernelOwned }
    if family.isInternet && inode == 0 {
      switch state {
      case .finWait1, .finWait2, .closing, .lastAck: return .orphaned
      case .established, .closeWait, .synReceived, .newSynReceived: return .notYetAccepted
      default: break
      }
    }
    if family == .unix && inode == 0 { return .notYetAccepted }
    if isRefusalPossible { return .refused }
    return inode == 0 ? .vanished : .inFlight
  }
}

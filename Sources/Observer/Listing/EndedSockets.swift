import KernelNetlink
import KernelSystem
import Model

/// Internet sockets of this thread's network namespace as the kernel lets go of them. No privilege.
public struct EndedSockets: ~Copyable {
  private var listener: DestroyListener
  private let wait: WaitPoint
  private let sockets: ReadinessSet

  public init(tcp4: Bool, tcp6: Bool, udp4: Bool, udp6: Bool) throws(SystemError) {
    var groups: DestroyListener.Groups = []
    if tcp4 { groups.insert(.tcp4) }
    if tcp6 { groups.insert(.tcp6) }
    if udp4 { groups.insert(.udp4) }
    if udp6 { groups.insert(.udp6) }
    let listener = try DestroyListener(groups)
    let sockets = try ReadinessSet()
    try sockets.add(listener.descriptor)
    self.init(listener, try WaitPoint(stopsOnSignals: false), sockets)
  }

  private init(_ listener: consuming DestroyListener, _ wait: WaitPoint, _ sockets: consuming ReadinessSet) {
    self.listener = listener
    self.wait = wait
    self.sockets = sockets
  }

  /// Sockets that were not told of, for there was no room.
  public var lost: UInt64 { listener.lost }

  /// Waits until some have ended, and hands them out.
  public mutating func next(_ body: (SocketRow) -> Void) throws(SystemError) {
    _ = wait.wait(milliseconds: -1, sockets)
    try listener.drain { body(SocketRow($0)) }
  }
}

import Model
import ViewText

/// `PID/Program name` for inodes.
public struct NetstatPrograms {
  /// Bytes of the column; netstat's buffer of that size has room for one less.
  static let width = 20
  static let contextWidth = 50
  private var texts: [RawText] = []
  private var contexts: [RawText] = []
  private var byInode: [UInt64: (text: Int32, context: Int32)] = [:]

  /// Nobody holds anything.
  public init() {}

  /// The first process, by pid, of each socket of the snapshot; with `all`, every one.
  ///
  /// `contexts` are security labels by pid.
  public init(_ snapshot: Snapshot, all: Bool, contexts labels: [ProcessID: RawText] = [:]) {
    let own = snapshot.processes.map { Self.text(of: $0) }
    texts = all ? own : own.map { RawText(Array($0.bytes.prefix(Self.width - 1))) }
    contexts = snapshot.processes.map { process in
      guard let label = labels[process.identity.pid] else { return "-" }
      // netstat keeps the end of a long one.
      return all ? label : RawText(Array(label.bytes.suffix(Self.contextWidth - 1)))
    }
    byInode.reserveCapacity(snapshot.sockets.count)
    for socket in snapshot.sockets where socket.holdingCount > 0 && socket.inode != 0 {
      let holdings = snapshot.holdings(of: socket)
      let first = holdings.lazy.map { $0.process }
        .min { snapshot.processes[Int($0)].identity.pid < snapshot.processes[Int($1)].identity.pid }
      guard let first else { continue }
      var text = first
      if all && holdings.count > 1 { text = append(everyProcessOf: holdings, own) }
      byInode[socket.inode] = (text, first)
    }
  }

  /// `17/sshd,23/sshd`: a text of its own; its index.
  private mutating func append(everyProcessOf holdings: ArraySlice<Holding>, _ own: [RawText]) -> Int32 {
    var known: Set<Int32> = []
    let several = holdings.map(\.process).filter { known.insert($0).inserted }
    if several.count == 1 { return several[0] }
    texts.append(RawText(Array(several.map { own[Int($0)].bytes }.joined(separator: [UInt8(ascii: ",")]))))
    return Int32(texts.count - 1)
  }

  /// The pid and the last part of the command, as its owner wrote it into its arguments.
  private static func text(of process: Process) -> RawText {
    var name = process.arguments?.first?.bytes.prefix(511) ?? []
    if name.first == UInt8(ascii: "/"), let slash = name.lastIndex(of: UInt8(ascii: "/")) {
      name = name[(slash + 1)...]
    }
    return RawText(Array("\(process.identity.pid.rawValue)/".utf8) + name)
  }

  func append(inode: UInt64, to text: inout TextBuffer) {
    guard let found = byInode[inode] else { return text.append("-") }
    text.append(name: texts[Int(found.text)])
  }

  func append(contextOfInode inode: UInt64, to text: inout TextBuffer) {
    guard let found = byInode[inode] else { return text.append("-") }
    text.append(name: contexts[Int(found.context)])
  }
}

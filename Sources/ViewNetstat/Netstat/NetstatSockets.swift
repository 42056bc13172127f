import Model
import ViewText

/// The socket sections of netstat: values in, text out.
public struct NetstatSockets {
  let options: NetstatOptions
  let names: NetstatNames
  /// The holder of each inode, as `-p` names it, and its security context for `-Z`.
  let programs: NetstatPrograms

  public init(_ options: NetstatOptions, names: NetstatNames, programs: NetstatPrograms) {
    self.options = options
    self.names = names
    self.programs = programs
  }

  /// `(w/o servers)`: which states a section has.
  private func appendScope(to text: inout TextBuffer) {
    if options.all {
      text.append("(servers and established)")
    } else if options.listening {
      text.append("(only servers)")
    } else {
      text.append("(w/o servers)")
    }
    text.append("\n")
  }

  public func appendInternetHeader(to text: inout TextBuffer) {
    text.append("Active Internet connections ")
    appendScope(to: &text)
    text.append("Proto Recv-Q Send-Q Local Address           Foreign Address         State      ")
    if options.extended > 0 { text.append(" User       Inode     ") }
    appendHolderHeader(to: &text)
    if options.timers { text.append(" Timer") }
    if options.better { text.append(" Netns") }
    text.append("\n")
  }

  public func appendUnixHeader(to text: inout TextBuffer) {
    text.append("Active UNIX domain sockets ")
    appendScope(to: &text)
    text.append("Proto RefCnt Flags       Type       State         I-Node  ")
    appendHolderHeader(to: &text)
    text.append(options.better ? " Netns      Path\n" : " Path\n")
  }

  private func appendHolderHeader(to text: inout TextBuffer) {
    if options.programs { text.append(" PID/Program name    ") }
    if options.securityContext { text.append(" Security Context", left: 50) }
  }

  /// Behind the inode: who holds the socket.
  func appendHolder(ofInode inode: UInt64, to text: inout TextBuffer) {
    if options.programs {
      text.append(byte: 0x20)
      let start = text.count
      programs.append(inode: inode, to: &text)
      text.pad(from: start, to: NetstatPrograms.width)
    }
    if options.securityContext {
      text.append(byte: 0x20)
      let start = text.count
      programs.append(contextOfInode: inode, to: &text)
      text.pad(from: start, to: NetstatPrograms.contextWidth)
    }
  }

  /// The owner and the inode, the holder, the timer: what follows the state.
  func finish(userID: UInt32, inode: UInt64, to text: inout TextBuffer, timer: (inout TextBuffer) -> Void) {
    if options.extended > 0 {
      text.append(byte: 0x20)
      let start = text.count
      if !options.numericUsers, let name = names.users[userID] {
        text.append(name: name)
      } else {
        // netstat keeps it in an int.
        text.append(decimal: Int32(bitPattern: userID))
      }
      text.pad(from: start, to: 10)
      text.append(byte: 0x20)
      text.append(decimal: Int(clamping: inode), left: 10)
    }
    appendHolder(ofInode: inode, to: &text)
    if options.timers {
      text.append(byte: 0x20)
      timer(&text)
    }
  }
}

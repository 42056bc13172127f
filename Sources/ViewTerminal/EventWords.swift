import Model
import ViewText

extension EventAction {
  var word: StaticString {
    switch self {
    case .bind: "bind"
    case .listen: "listen"
    case .connect: "connect"
    case .connectFailed: "connect fail"
    case .accept: "accept"
    case .close: "close"
    case .udpFlow: "udp flow"
    case .fork: "fork"
    case .exec: "exec"
    case .execFailed: "exec fail"
    case .exit: "exit"
    case .threadStart: "thread start"
    case .threadExit: "thread exit"
    case .moduleLoad: "load"
    case .moduleUnload: "unload"
    case .unixConnect: "unix connect"
    case .unixConnectFailed: "unix fail"
    case .unixAccept: "unix accept"
    case .setID: "set id"
    case .setNamespace: "namespace"
    case .dns: "dns"
    case .gap: "gap"
    }
  }
}

extension Event {
  /// Green waits, cyan begins, dim is over, red failed.
  var style: Style {
    switch action {
    case .bind, .listen: .green
    case .connect, .accept, .udpFlow, .dns, .unixConnect, .unixAccept: .cyan
    case .exec, .setID, .setNamespace: .yellow
    case .connectFailed, .execFailed, .unixConnectFailed, .gap: .red
    case .close, .exit, .threadExit, .moduleUnload: .dim
    case .fork, .threadStart, .moduleLoad: .plain
    }
  }
}

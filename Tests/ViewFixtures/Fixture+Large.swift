import Model

extension Fixture {
  /// A busy proxy: `count` TCP sockets, half of them with an accepted peer, over 200 processes.
  public static func large(_ count: Int, withDetails: Bool) -> Snapshot {
    var host = Fixture()
    for index in 0..<200 {
      let process = host.add(
        pid: Int32(1000 + index), RawText("worker-\(index)"), started: UInt64(100 + index),
        executable: "/usr/lib/proxy/bin/worker",
        arguments: [
          "/usr/lib/proxy/bin/worker", "--config", "/etc/proxy/proxy.conf", "--shard", RawText("\(index)"),
        ],
        user: User(id: 33, name: "www-data"), ancestors: [(900, "proxy"), (1, "systemd")])
      host.edit(process) {
        $0.workingDirectory = "/var/lib/proxy"
        $0.systemdUnit = "proxy.service"
        $0.entry = EntryLeader(kind: .systemd, pid: ProcessID(900))
      }
    }
    var detail = SocketDetail()
    detail.tcp = internals()
    for index in 0..<count {
      let port = UInt16(1024 + index % 60_000)
      let remote = Endpoint(v4(192, 168, UInt32(index >> 8 & 255), UInt32(index & 255)), port: port)
      let local = Endpoint(v4(10, 0, 2, 15), port: 443)
      var socket = Socket.tcp(local, remote, .established, origin: .accept)
      socket.cookie = SocketCookie(UInt64(1_000_000 + index))
      host.add(socket, detail: withDetails ? detail : nil, holders: [(index % 200, [Int32(5 + index / 200)])])
    }
    host.snapshot.gaps = []
    return host.snapshot
  }
}

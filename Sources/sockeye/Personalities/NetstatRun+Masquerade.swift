import Model
import Observer
import ViewNetstat
import ViewText

extension NetstatRun {
  /// Masqueraded connections: netstat reads `/proc/net/ip_masquerade`, which Linux has not had since 2.4; with
  /// `--better` they are asked for where they are now.
  func masquerade() throws -> Int32 {
    guard options.better else {
      noSupport("ip_masquerade")
      return 1
    }
    let connections: [TrackedConnection]
    do throws(ObserverError) { connections = try TrackedConnections.take() } catch {
      return complain("netstat: \(error.description)", status: 1)
    }
    var names = NetstatNames()
    if !options.numericHosts {
      let translated = connections.filter(\.isTranslated).map(\.original)
      names.hosts = hostNames(
        Set(translated.flatMap { [$0.source.address.unmapped, $0.destination.address.unmapped] }))
    }
    if !options.numericPorts {
      names.tcpPorts = HostTables.services("tcp")
      names.udpPorts = HostTables.services("udp")
    }
    var text = TextBuffer()
    NetstatMasquerade(options, names: names).append(connections, to: &text)
    output.write(text)
    return 0
  }
}

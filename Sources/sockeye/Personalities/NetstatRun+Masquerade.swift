import Observer
import ViewNetstat
import ViewText

extension NetstatRun {
  /// Masqueraded connections: netstat reads `/proc/net/ip_masquerade`, which Linux has not had since 2.4.
  func masquerade() throws -> Int32 {
    noSupport("ip_masquerade")
    return 1
  }
}

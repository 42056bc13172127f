import CLinux

/// The host's user database, by whatever nsswitch.conf(5) names: files, LDAP, systemd-userdb.
public enum HostUsers {
  /// getpwuid_r(3): the login name of `id`; nil when there is none or the service does not answer.
  ///
  /// Loads the configured services, and may ask the network: look into `/etc/passwd` first.
  public static func name(of id: UInt32) -> [UInt8]? {
    var entry = unsafe passwd()
    var found: UnsafeMutablePointer<passwd>? = nil
    var buffer = [CChar](repeating: 0, count: 16_384)
    // SAFETY: the strings of `entry` lie in `buffer`, which outlives their use.
    return unsafe buffer.withUnsafeMutableBufferPointer { strings in
      guard let start = strings.baseAddress else { return nil }
      let status = unsafe getpwuid_r(id, &entry, start, strings.count, &found)
      guard status == 0, unsafe found != nil, let name = unsafe entry.pw_name else { return nil }
      return unsafe HostNames.bytes(name)
    }
  }
}

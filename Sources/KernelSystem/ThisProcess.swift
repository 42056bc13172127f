import CLinux

/// The process that we are.
public enum ThisProcess {
  /// exit(3).
  public static func exit(status: Int32) -> Never { CLinux.exit(status) }

  /// getenv(3); nil when it is not set.
  public static func environment(_ name: String) -> String? {
    // SAFETY: nothing in this program writes the environment, so the string stays.
    guard let value = unsafe getenv(name) else { return nil }
    return unsafe String(cString: value)
  }
}

import CLinux

/// The terminal behind a descriptor.
public enum Terminal {
  public static func isTerminal(_ descriptor: Int32) -> Bool { isatty(descriptor) == 1 }

  /// Columns by TIOCGWINSZ; nil when it is no terminal or says 0.
  public static func width(_ descriptor: Int32) -> Int? {
    var size = winsize()
    // SAFETY: the request writes one `struct winsize`.
    guard unsafe clinux_ioctl_pointer(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else {
      return nil
    }
    return Int(size.ws_col)
  }
}

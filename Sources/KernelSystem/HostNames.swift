import CLinux

/// Small look-ups in the host's name databases.
public enum HostNames {
  /// The port of a service by services(5), of any protocol: `https` → 443.
  public static func port(ofService name: String) -> UInt16? {
    // SAFETY: getservbyname(3) keeps its answer until the next call; this program makes it on one thread.
    guard let entry = unsafe getservbyname(name, nil) else { return nil }
    return unsafe UInt16(truncatingIfNeeded: entry.pointee.s_port).bigEndian
  }

  /// if_nametoindex(3): the interface's index in the calling thread's network namespace.
  public static func interfaceIndex(named name: String) -> UInt32? {
    let index = unsafe if_nametoindex(name)
    return index == 0 ? nil : index
  }

  /// if_indextoname(3), in the calling thread's network namespace.
  public static func interfaceName(at index: UInt32) -> [UInt8]? {
    var buffer = [CChar](repeating: 0, count: Int(IF_NAMESIZE))
    // SAFETY: the buffer has the size that the man page asks for.
    guard unsafe if_indextoname(index, &buffer) != nil else { return nil }
    return buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
  }
}

/// The terminal behind a descriptor.
public enum Terminal {
  public static func isTerminal(_ descriptor: Int32) -> Bool { isatty(descriptor) == 1 }

  /// Columns by TIOCGWINSZ; nil when it is no terminal or says 0.
  public static func width(_ descriptor: Int32) -> Int? {
    var size = winsize()
    // SAFETY: the request writes one `struct winsize`.
    guard unsafe clinux_ioctl_pointer(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return nil }
    return Int(size.ws_col)
  }
}

/// Writing to standard output and error.
public enum StandardStream {
  /// Writes all bytes. Throws `.brokenPipe` when the reader has gone.
  public static func write(_ bytes: Span<UInt8>, to descriptor: Int32) throws(Errno) {
    var offset = 0
    while offset < bytes.count {
      // SAFETY: the span is valid for the call, and the count is what is left of it.
      offset += try unsafe bytes.withUnsafeBufferPointer { (buffer) throws(Errno) in
        try retryingOnInterrupt { unsafe CLinux.write(descriptor, buffer.baseAddress! + offset, buffer.count - offset) }
      }
    }
  }

  /// From now on a write to a closed pipe is an error, not the end of the process.
  public static func ignoreBrokenPipes() { clinux_ignore_broken_pipes() }
}

import CLinux

/// Writing to standard output and error.
public enum StandardStream {
  /// Writes all bytes. Throws `.brokenPipe` when the reader has gone.
  public static func write(_ bytes: Span<UInt8>, to descriptor: Int32) throws(Errno) {
    var offset = 0
    while offset < bytes.count {
      // SAFETY: the span is valid for the call, and the count is what is left of it.
      offset += try unsafe bytes.withUnsafeBufferPointer { (buffer) throws(Errno) in
        try retryingOnInterrupt {
          unsafe CLinux.write(descriptor, buffer.baseAddress! + offset, buffer.count - offset)
        }
      }
    }
  }

  /// From now on a write to a closed pipe is an error, not the end of the process.
  public static func ignoreBrokenPipes() { clinux_ignore_broken_pipes() }
}

import KernelSystem

/// A file that is written to, or standard output; remembers the first failure.
final class FileSink {
  private let file: OwnedDescriptor?
  private(set) var failure: Errno?

  /// Makes the file anew; nil is standard output.
  init(_ path: String?) throws(SystemError) {
    if let path { file = try OwnedDescriptor.create(path) } else { file = nil }
  }

  func write(_ bytes: Span<UInt8>) {
    guard failure == nil else { return }
    do throws(Errno) {
      if file == nil {
        try StandardStream.write(bytes, to: 1)
      } else {
        try file?.borrow { (number) throws(Errno) in try StandardStream.write(bytes, to: number) }
      }
    } catch { failure = error }
  }
}

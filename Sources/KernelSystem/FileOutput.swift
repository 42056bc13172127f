/// A file that is written from its beginning; remembers the first failure.
public final class FileOutput {
  private let path: String
  private let descriptor: OwnedDescriptor
  private var failure: Errno?

  /// open(2): a new file, or one whose content goes.
  public init(_ path: String) throws(SystemError) {
    self.path = path
    descriptor = try OwnedDescriptor.create(path)
  }

  /// Where views write; false after a failure.
  public func sink(_ chunk: Span<UInt8>) -> Bool {
    guard failure == nil else { return false }
    do throws(Errno) {
      try descriptor.borrow { (number) throws(Errno) in try StandardStream.write(chunk, to: number) }
      return true
    } catch {
      failure = error
      return false
    }
  }

  /// Throws what writing ran into.
  public func finish() throws(SystemError) {
    if let failure { throw SystemError("write", on: path, failure) }
  }
}

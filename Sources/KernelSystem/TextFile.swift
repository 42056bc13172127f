/// A file of the user's, read whole.
public enum TextFile {
  /// Throws also for a file of more than `limit` bytes (EFBIG).
  public static func read(_ path: String, atMost limit: Int) throws(SystemError) -> [UInt8] {
    let file = try OwnedDescriptor.open(path)
    var bytes: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 65_536)
    do throws(Errno) {
      while bytes.count <= limit {
        let count = try file.read(into: &piece)
        if count == 0 { return bytes }
        bytes += piece[..<count]
      }
      throw Errno.tooLarge
    } catch { throw SystemError("read", on: path, error) }
  }
}

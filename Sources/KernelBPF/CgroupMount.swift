import CLinux
import KernelSystem

/// Where the unified cgroup hierarchy is mounted.
public enum CgroupMount {
  /// The first cgroup2 mount of `/proc/self/mountinfo`; nil if there is none.
  public static func path(mountInformation: String = "/proc/self/mountinfo") -> String? {
    guard let text = try? contents(of: mountInformation) else { return nil }  // without /proc: no mount known
    return path(in: text)
  }

  /// Sample line: `31 24 0:27 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw`.
  static func path(in text: [UInt8]) -> String? {
    for line in text.split(separator: UInt8(ascii: "\n")) {
      let fields = line.split(separator: UInt8(ascii: " "))
      guard let dash = fields.firstIndex(where: { $0.elementsEqual("-".utf8) }), dash >= 6,
        dash + 1 < fields.endIndex, fields[dash + 1].elementsEqual("cgroup2".utf8)
      else { continue }
      return String(decoding: unescaped(fields[4]), as: UTF8.self)
    }
    return nil
  }

  /// Blanks, tabs, newlines and backslashes come as `\040`.
  private static func unescaped(_ field: ArraySlice<UInt8>) -> [UInt8] {
    var bytes: [UInt8] = []
    var rest = field
    while let byte = rest.first {
      let digits = rest.dropFirst().prefix(3)
      if byte == UInt8(ascii: "\\"), digits.count == 3, digits.allSatisfy({ (48...55).contains($0) }) {
        bytes.append(digits.reduce(0) { $0 &* 8 &+ ($1 &- 48) })
        rest = rest.dropFirst(4)
      } else {
        bytes.append(byte)
        rest = rest.dropFirst()
      }
    }
    return bytes
  }

  private static func contents(of path: String) throws(SystemError) -> [UInt8] {
    let file = try OwnedDescriptor.open(path)
    var text: [UInt8] = []
    let chunk = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 8)
    defer { unsafe chunk.deallocate() }
    while true {
      do throws(Errno) {
        // SAFETY: `chunk` lives to the end of the function.
        let count = try unsafe file.read(into: chunk)
        if count == 0 { return text }
        unsafe text.append(contentsOf: UnsafeRawBufferPointer(rebasing: chunk[..<count]))
      } catch { throw SystemError("read", on: path, error) }
    }
  }
}

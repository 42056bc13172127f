import CLinux

/// The process that we are.
public enum ThisProcess {
  /// getpid(2).
  public static var pid: Int32 { getpid() }

  /// `uname -r`: `6.12.107-cloud-amd64`.
  public static var kernelRelease: String {
    var name = utsname()
    // SAFETY: uname(2) fills every field with a terminated string.
    guard unsafe uname(&name) == 0 else { return "unknown" }
    return unsafe withUnsafeBytes(of: &name.release) {
      unsafe String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
    }
  }

  /// Whether `kernelRelease` is of this version or a later one.
  public static func isKernel(atLeast major: Int, _ minor: Int) -> Bool {
    let numbers = kernelRelease.split { !$0.isNumber }.prefix(2).compactMap { Int($0) }
    guard numbers.count == 2 else { return false }
    return (numbers[0], numbers[1]) >= (major, minor)
  }

  /// geteuid(2).
  public static var effectiveUserID: UInt32 { geteuid() }

  /// Resident memory now, and at most, bytes: `VmRSS` and `VmHWM` of `/proc/self/status`. 0 where that cannot be read.
  ///
  /// getrusage(2) has the greatest of the processes that this one was before its exec, too.
  public static var residentBytes: (now: Int, peak: Int) {
    let text = String(
      decoding: (try? TextFile.read("/proc/self/status", atMost: 1 << 16)) ?? [], as: UTF8.self)
    func bytes(_ name: String) -> Int {
      let line = text.split(separator: "\n").first { $0.hasPrefix(name) }
      let words = line?.split { $0 == " " || $0 == "\t" } ?? []
      return words.count > 1 ? (Int(words[1]) ?? 0) * 1024 : 0
    }
    return (bytes("VmRSS:"), bytes("VmHWM:"))
  }

  /// exit(3).
  public static func exit(status: Int32) -> Never { CLinux.exit(status) }

  /// getenv(3); nil when it is not set.
  public static func environment(_ name: String) -> String? {
    // SAFETY: nothing in this program writes the environment, so the string stays.
    guard let value = unsafe getenv(name) else { return nil }
    return unsafe String(cString: value)
  }

  /// Why a file may not be read, by access(2); nil when it may.
  public static func cannotRead(_ path: String) -> Errno? {
    unsafe access(path, R_OK) == 0 ? nil : Errno.current
  }
}

import CLinux
import KernelSystem

/// Keeps what libbpf made of an iterator object, for the other runs of this boot.
///
/// Only the running kernel's types decide how a program is relocated, and working that out takes 20–30 ms of CPU time:
/// vmlinux has 150,000 types. A file is good for one boot, one kernel release and one build of the object, and is
/// replaced when it is not.
///
/// Trust: root's files are taken only from a directory that root alone can write. The kernel verifies a program from
/// here as it does any other, yet a changed one could read kernel memory or tell lies; but whoever can write as root
/// could load it, or replace `sockeye`, anyway. That does not hold for other users: their processes share a uid, not
/// the capabilities that a service or a file (setcap(8)) gave to one of them, so there is no cache for them.
struct ProgramCache: Sendable {
  let directory: String

  /// The cache of root; nil for other users.
  static func ofThisUser() -> ProgramCache? { geteuid() == 0 ? ProgramCache(directory: "/run/sockeye") : nil }

  /// What was kept of `object`; throws why it is of no use.
  func image(of object: BPFObject) throws(CacheMiss) -> IteratorImage {
    let (file, key): ([UInt8], [UInt8])
    do throws(PrivateFileError) {
      let directory = try PrivateDirectory(at: directory)
      file = try directory.contents(of: Self.fileName(of: object), limit: IteratorImage.maximumFile)
      key = try Self.key(of: object)
    } catch { throw error.meansAbsent ? .absent : .untrusted(error) }
    do throws(IteratorImage.FormatError) {
      return try IteratorImage(file: file, key: key)
    } catch { throw error == .otherKey ? .stale : .damaged }
  }

  /// Keeps `image`, and makes the directory when there is none.
  func keep(_ image: IteratorImage, of object: BPFObject) throws(PrivateFileError) {
    let directory = try PrivateDirectory(at: directory, creating: true)
    try directory.replace(Self.fileName(of: object), with: image.file(key: try Self.key(of: object)))
  }

  static func fileName(of object: BPFObject) -> String { "\(object.name).iterator" }

  /// All that an image depends on: "2e076004-bc4b-47dc-ac88-65a8853b4582\n6.12.107-cloud-amd64 sockets 26584 14a2…".
  static func key(of object: BPFObject) throws(PrivateFileError) -> [UInt8] {
    let build = "\(object.name) \(object.byteCount) \(String(object.fingerprint, radix: 16))"
    return try bootID() + Array("\(ThisProcess.kernelRelease) \(build)".utf8)
  }

  /// A line of random(4), new at each boot.
  private static func bootID() throws(PrivateFileError) -> [UInt8] {
    let path = "/proc/sys/kernel/random/boot_id"
    do throws(SystemError) {
      let file = try OwnedDescriptor.open(path)
      var line = [UInt8](repeating: 0, count: 64)
      do throws(Errno) {
        let count = try file.read(into: &line)
        return Array(line[..<count])
      } catch { throw SystemError("read", on: path, error) }
    } catch { throw .system(error) }
  }
}

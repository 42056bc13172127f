/// What is in a file: where it lies, and when it last changed.
///
/// Of one boot. Two files with the same identity have the same contents: ctime moves with each change of them, by a clock
/// of the kernel that ticks each few milliseconds, and nobody can set it.
public struct FileIdentity: Hashable, Sendable {
  /// The kernel's number of the file system: 12 bits major, 20 bits minor.
  public var device: UInt32
  public var inode: UInt64
  /// ctime, nanoseconds since 1970.
  public var changed: Int64
  /// mtime, nanoseconds since 1970. No part of the identity.
  public var modified: Int64
  /// Tells the file from a later one with its number; nil where that is not told. No part of the identity.
  public var generation: UInt32?

  public init(device: UInt32, inode: UInt64, changed: Int64, modified: Int64 = 0, generation: UInt32? = nil) {
    (self.device, self.inode, self.changed) = (device, inode, changed)
    (self.modified, self.generation) = (modified, generation)
  }

  public static func == (left: FileIdentity, right: FileIdentity) -> Bool {
    left.inode == right.inode && left.changed == right.changed && left.device == right.device
  }
  public func hash(into hasher: inout Hasher) { hasher.combine(inode ^ UInt64(bitPattern: changed)) }

  /// The same contents, by two ways of asking.
  public func hasSameContents(as other: FileIdentity) -> Bool {
    isSamePlace(as: other) && changed == other.changed
  }

  /// The same file, whose contents nobody could write to between the two: its name and mode may be others by now. As far
  /// as is known of a process that runs it.
  public func isSameRunning(as other: FileIdentity) -> Bool {
    guard isSamePlace(as: other), modified == other.modified else { return false }
    guard let generation, let known = other.generation else { return true }
    return generation == known
  }

  /// btrfs and overlayfs tell stat(2) another device than the kernel's own, both without a major number.
  public func isSamePlace(as other: FileIdentity) -> Bool {
    inode == other.inode && (device == other.device || device >> 20 == 0 && other.device >> 20 == 0)
  }
}

/// What was found out about a file that processes run.
public enum FileHash: Hashable, Sendable {
  /// SHA-256, 64 hexadecimal digits in lower case.
  case sha256(String)
  case missing(Absence)

  public var sha256: String? { if case .sha256(let hash) = self { hash } else { nil } }

  /// Why there is none.
  public enum Absence: String, Sendable, CaseIterable {
    /// The process had ended, or runs something else, and its path leads to no such file: another mount namespace, a
    /// deleted file, a file system that cannot be compared.
    case gone
    /// The file changed after it was executed, or while it was read.
    case changed
    /// It may not be read, or reading failed.
    case unreadable
    /// More than 1 GiB.
    case tooLarge = "too_large"
  }
}

import KernelSystem

/// How an iterator program came to be loaded, for `doctor`.
public struct IteratorLoadReport: Hashable, Sendable {
  /// Whether the program came from the cache, and if not, why not.
  public let cache: CacheUse
  /// Whether libbpf's work was kept for the next run.
  public internal(set) var keeping: CacheKeeping = .notTried

  /// The program came from the cache: no work on the kernel's types.
  public var wasCached: Bool { cache == .used }
}

public enum CacheUse: Hashable, Sendable {
  case used
  /// The caller wanted none.
  case notWanted
  /// There is no cache for this user: only root has one.
  case noPlace
  case missed(CacheMiss)
}

/// Why the cache had nothing to load.
public enum CacheMiss: Error, Hashable, Sendable {
  /// The first run of this boot.
  case absent
  /// From another boot, kernel or build.
  case stale
  /// Cut short, or changed.
  case damaged
  /// The directory or the file is not ours alone, or could not be read.
  case untrusted(PrivateFileError)
  /// The kernel did not take it.
  case refused(BPFError)
}

public enum CacheKeeping: Hashable, Sendable {
  /// Nothing to keep, or nowhere.
  case notTried
  case kept
  /// The program depends on more than the kernel's types.
  case notCacheable
  case failed(PrivateFileError)
}

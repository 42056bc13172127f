/// What a recorder decides about its store.
public struct StoreSettings: Sendable {
  /// When a connection gets its row.
  public enum RowTime: String, Sendable, CaseIterable {
    /// At once: an open connection is found by queries, and after a crash.
    case open
    /// When it has ended: one write less a connection that outlives a batch.
    case close
  }
  public var rowTime = RowTime.open
  /// What is older than this is on disk.
  public var flushInterval = Duration.seconds(1)
  /// A batch of so many records is written at once.
  public var batchLimit = 16_384
  /// An idle recorder still says that it lives, so that a crash leaves no longer gap than this.
  public var heartbeat = Duration.seconds(60)
  /// `/proc/sys/kernel/random/boot_id`.
  public var bootID: String
  /// Of sockeye.
  public var version: String
  /// Pages beyond which SQLite says that the disk is full; nil for no limit. For tests.
  public var maximumPages: Int?

  public init(bootID: String, version: String) {
    self.bootID = bootID
    self.version = version
  }
}

/// One moment on both clocks, nanoseconds: CLOCK_BOOTTIME and CLOCK_REALTIME.
public struct StoreTime: Sendable, Equatable {
  public var boot: UInt64
  public var wall: UInt64
  public init(boot: UInt64, wall: UInt64) {
    self.boot = boot
    self.wall = wall
  }
}

/// What the recorder has done so far.
public struct StoreCounters: Sendable, Equatable {
  public var connections: UInt64 = 0
  public var batches: UInt64 = 0
  /// Records that a failed batch took with it.
  public var lost: UInt64 = 0
  /// Connections that were open beyond the ceiling: stored when they close, not before.
  public var untracked: UInt64 = 0
  /// What was on the watch-list.
  public var hits: UInt64 = 0
  /// Connections that are open now.
  public var open = 0
}

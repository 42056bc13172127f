import CLinux

/// Readings of the kernel's clocks.
public enum KernelClock {
  /// Ticks a second in `/proc/PID/stat` (`sysconf(_SC_CLK_TCK)`; 100 on every architecture we know).
  public static let ticksPerSecond = UInt64(sysconf(Int32(_SC_CLK_TCK)))

  /// CLOCK_REALTIME, nanoseconds since 1970.
  public static var wallTimeNanoseconds: UInt64 { nanoseconds(of: CLOCK_REALTIME) }
  /// CLOCK_BOOTTIME, nanoseconds since boot, sleep included.
  public static var bootTimeNanoseconds: UInt64 { nanoseconds(of: CLOCK_BOOTTIME) }
  /// CLOCK_MONOTONIC, nanoseconds since boot, sleep excluded.
  public static var monotonicNanoseconds: UInt64 { nanoseconds(of: CLOCK_MONOTONIC) }
  /// CPU time (user and system) of this process, nanoseconds.
  public static var processCPUNanoseconds: UInt64 { nanoseconds(of: CLOCK_PROCESS_CPUTIME_ID) }

  private static func nanoseconds(of clock: Int32) -> UInt64 {
    var time = timespec()
    let status = unsafe clock_gettime(clock, &time)
    precondition(status == 0, "clock \(clock) is missing")
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
  }
}

import CLinux
import KernelSystem

/// Keeps the last of libbpf's warnings while an object loads, for the error message: the verifier's verdict is at
/// their end.
///
/// libbpf has one log function a process; loads happen one after the other, on one thread at a time.
final class BPFLog {
  private static let limit = 1_200

  init() {
    Self.text.withLock { $0 = "" }
    unsafe clinux_set_bpf_log { level, line in
      // 0 is LIBBPF_WARN of bpf/libbpf.h; the rest is chatter.
      guard level == 0, let line = unsafe line else { return }
      let added = unsafe String(cString: line)
      BPFLog.text.withLock { $0 = String(($0 + added).suffix(BPFLog.limit)) }
    }
  }

  func taken() -> String {
    Self.text.withLock { text in
      defer { text = "" }
      return text
    }
  }

  deinit { clinux_set_bpf_log(nil) }

  private static let text = LockedValue("")
}

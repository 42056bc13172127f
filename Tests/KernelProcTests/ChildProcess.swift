import CLinux
import Glibc
import KernelSystem
import ProcessFixture

/// A process of the fixture's that is killed and waited for with its object.
final class ChildProcess {
  let pid: Int32
  private var isReaped = false

  init(_ kind: process_fixture = PROCESS_WAITS, name: [UInt8] = bytes("fixture"), sockets: Int32 = 0) throws {
    let name = (name + [0]).map { CChar(bitPattern: $0) }
    pid = process_fixture_start(kind, name, sockets)
    guard pid > 0 else { throw SystemError("fork", on: "a fixture process", .current) }
  }

  deinit { end() }

  /// Kills it and waits for it: from here on it is gone.
  func end() {
    if isReaped { return }
    kill(pid, SIGKILL)
    var status: Int32 = 0
    while waitpid(pid, &status, 0) < 0 && errno == EINTR {}
    isReaped = true
  }

  /// Returns once it is a zombie that nobody waited for.
  func waitForZombie() throws {
    var state: UInt8 = 0
    for _ in 0..<5000 where state != UInt8(ascii: "Z") {
      let text = try TextFile.read("/proc/\(pid)/stat", atMost: 4096)
      let end = text.lastIndex(of: UInt8(ascii: ")"))!
      state = text[end + 2]
      if state != UInt8(ascii: "Z") { usleep(1000) }
    }
    guard state == UInt8(ascii: "Z") else { throw Errno(rawValue: ETIMEDOUT) }
  }
}

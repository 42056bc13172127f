import KernelSystem
import OwnThread
import ProcessFixture

/// Runs `body` on a thread of its own that has another user's rights, and no capability. Needs CAP_SETUID.
func asUser(_ user: UInt32, _ body: @escaping () throws -> Void) throws {
  try onOwnThread {
    guard process_fixture_become(user) == 0 else {
      throw SystemError("setresuid", on: "\(user)", .current)
    }
    try body()
  }
}

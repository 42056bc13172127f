import CLinux
import Glibc
import KernelSystem
import ProcessFixture

/// A closure on its way to a thread, and its result on the way back.
private final class Parcel {
  let body: () throws -> Void
  var error: (any Error)?
  init(_ body: @escaping () throws -> Void) { self.body = body }
}

/// Runs `body` on a thread of its own inside a fresh network namespace. Needs CAP_SYS_ADMIN.
func inFreshNamespace(_ body: @escaping () throws -> Void) throws {
  try onOwnThread {
    guard clinux_unshare(CLONE_NEWNET) == 0 else {
      throw SystemError("unshare", on: "CLONE_NEWNET", .current)
    }
    try body()
  }
}

/// Runs `body` on a thread of its own that has another user's rights, and no capability. Needs CAP_SETUID.
func asUser(_ user: UInt32, _ body: @escaping () throws -> Void) throws {
  try onOwnThread {
    guard process_fixture_become(user) == 0 else {
      throw SystemError("setresuid", on: "\(user)", .current)
    }
    try body()
  }
}

/// Runs `body` on a thread that nobody else uses, and waits for it.
func onOwnThread(_ body: @escaping () throws -> Void) throws {
  let parcel = Parcel(body)
  var thread = pthread_t()
  let argument = Unmanaged.passUnretained(parcel).toOpaque()
  let status = pthread_create(
    &thread, nil,
    { argument in
      let parcel = Unmanaged<Parcel>.fromOpaque(argument!).takeUnretainedValue()
      do { try parcel.body() } catch { parcel.error = error }
      return nil
    }, argument)
  precondition(status == 0, "pthread_create: \(status)")
  pthread_join(thread, nil)
  if let error = parcel.error { throw error }
}

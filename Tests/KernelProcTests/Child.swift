import Glibc
import Testing

/// A child process that is killed and reaped with this value.
final class Child {
  let pid: Int32
  private var isReaped = false

  /// Starts `path`; its standard input is a pipe that nobody writes.
  init(_ path: String, _ arguments: [String]) throws {
    var ends: [Int32] = [0, 0]
    try #require(pipe(&ends) == 0)
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    posix_spawn_file_actions_adddup2(&actions, ends[0], 0)
    var argv = ([path] + arguments).map { strdup($0) } + [nil]
    var pid: Int32 = 0
    let status = posix_spawn(&pid, path, &actions, nil, &argv, environ)
    for argument in argv { free(argument) }
    posix_spawn_file_actions_destroy(&actions)
    close(ends[0])
    writer = ends[1]
    self.pid = pid
    try #require(status == 0)
  }

  private let writer: Int32

  func end() {
    if isReaped { return }
    isReaped = true
    kill(pid, SIGKILL)
    waitpid(pid, nil, 0)
    close(writer)
  }

  deinit { end() }
}

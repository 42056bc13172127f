import Foundation
import ProgramRuns
import Testing

/// A network namespace of its own, loopback up, with what a test puts into it; ends with this object.
///
/// All that is made stays in the namespace: traffic, interfaces, routes, sockets. Needs root.
final class Scene {
  /// Keeps the namespace; the rest enters it.
  private let keeper: HeldProcess
  private var holders: [HeldProcess] = []

  var netnsPath: String { "/proc/\(keeper.pid)/ns/net" }

  init() throws {
    keeper = try HeldProcess([
      "unshare", "--net", "bash", "-c", "ip link set lo up && echo ready && exec cat >/dev/null",
    ])
  }

  /// Runs lines of bash in the namespace to their end; any failure of them is the test's.
  func shell(_ lines: String) throws {
    let run = try ToolRun.run(inside(["bash", "-euc", lines]))
    guard run.status == 0 else { throw RunFailure("exit \(run.status) of \(lines): \(run.errors)") }
  }

  /// As `shell`, but a failure cancels the test: this kernel has no `what`.
  func shell(_ lines: String, orCancelFor what: String) throws {
    do { try shell(lines) } catch let failure as RunFailure {
      try Test.cancel("this kernel has no \(what): \(failure)")
    }
  }

  /// Makes scenarios of socket-fixture here (`socket-fixture --list`), and holds them.
  @discardableResult func fixture(_ scenarios: String...) throws -> HeldProcess {
    let held = try HeldProcess(inside([BuiltProducts.fixture] + scenarios))
    if let skipped = held.lines.first(where: { $0.contains("\"skipped\"") }) {
      try Test.cancel("this kernel cannot make it: \(skipped)")
    }
    holders.append(held)
    return held
  }

  /// Runs a script here, with `Scene.prelude` before it, and holds what it made.
  ///
  /// Whatever it prints is in the result's `lines`. `wrapper` goes before python3: setpriv.
  @discardableResult func python(_ script: String, wrapper: [String] = []) throws -> HeldProcess {
    let text = Self.prelude + script + "\nprint('ready', flush=True)\nsys.stdin.read()\n"
    return try hold(wrapper + ["/usr/bin/python3", "-c", text])
  }

  /// Runs a program here that prints `ready`, and holds it.
  @discardableResult func hold(_ command: [String]) throws -> HeldProcess {
    let held = try HeldProcess(inside(command))
    holders.append(held)
    return held
  }

  /// Ends what `fixture`, `python` and `hold` hold, and waits for it.
  func release() {
    for holder in holders { holder.end() }
    holders.removeAll()
  }

  /// `command` as it is run in the namespace.
  func inside(_ command: [String]) -> [String] { ["nsenter", "--net=\(netnsPath)"] + command }

  /// For scripts: sockets that stay (in `kept`), made in one line.
  static let prelude = """
    import os, socket, struct, sys, time
    from socket import *
    kept = []
    def keep(s):
        kept.append(s)
        return s
    def listen(address='127.0.0.1', port=0, backlog=128, family=AF_INET):
        s = keep(socket(family, SOCK_STREAM))
        s.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1)
        s.bind((address, port))
        s.listen(backlog)
        return s
    def connect(listener, port=0):
        c = keep(socket(listener.family, SOCK_STREAM))
        if port: c.bind((listener.getsockname()[0], port))
        c.connect(listener.getsockname())
        return c, keep(listener.accept()[0])
    def udp(address='127.0.0.1', port=0, family=AF_INET):
        s = keep(socket(family, SOCK_DGRAM))
        s.bind((address, port))
        return s

    """
}

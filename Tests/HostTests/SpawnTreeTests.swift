import Foundation
import ProgramRuns
import Testing
import ViewFixtures

extension HostTests {
  /// Whole trees of real runs, as they are printed; what differs from run to run and from host to host is masked.
  @Suite struct SpawnTreeTests {
    /// What is masked, in this order. The order of lines is the tree's own, and no race decides it: a child stands
    /// beneath the call that made it.
    private static let masks: [(pattern: String, mask: String)] = [
      // A kernel's functions on the way differ by its version: where it ends does not.
      (#"(?:entry_SYSCALL_64|do_syscall_64) → .* → (\w+)"#, "entry_SYSCALL_64 → … → $1"),
      // One switch in a thousand is not told of by the kernel.
      (#", first run \+[0-9.]+ [µm]?s on CPU \d+"#, ""),
      (#"[0-9.]+ [µm]?s\b"#, "TIME"),
      (#"\b(pid|child|returns) \d{2,}"#, "$1 PID"),
      (#"0x[0-9a-f]+"#, "0x…"),
      // Functions that only the libc's debug file names, which may be installed or not.
      (#"(libc\.so\.6  +)(?!(__libc_start_main|system|posix_spawn|fork|_Fork|execvp|execve)\b)\S+"#, "$1…"),
      (#"(__libc_start_call_main|__run_exit_handlers|libc\.so\.6\+0x…) →"#, "… →"),
      (#"envc=\d+"#, "envc=N"),
      (#"\.so\.([0-9]+)[0-9.]*"#, ".so.$1"),
    ]

    private func tree(_ command: [String]) throws -> String {
      let empty = SpawnFixtures.folder.appending(path: "empty").path
      try FileManager.default.createDirectory(atPath: empty, withIntermediateDirectories: true)
      let run = try ToolRun.run(
        ["env", "-i", "-C", empty, "PATH=/usr/bin:/bin:/nonexistent", BuiltProducts.sockeye, "spawn", "--"]
          + command)
      #expect(run.errors.isEmpty)
      let output = String(decoding: run.output, as: UTF8.self)
        .replacingOccurrences(of: SpawnFixtures.folder.path, with: "/FOLDER")
      return Self.masks.reduce(output) { (text, mask) in
        text.replacingOccurrences(of: mask.pattern, with: mask.mask, options: .regularExpression)
      }
    }

    private func expectGolden(_ command: [String], _ name: String) throws {
      let difference = Golden.difference(try tree(command), "spawn-\(name).txt", testFile: #filePath)
      #expect(difference == nil, "\(difference ?? "")")
    }

    @Test("bash, ls")
    func bash() throws { try expectGolden(["bash", "-c", "ls; true"], "bash") }

    @Test("system(3): the program, a shell, a program")
    func system() throws { try expectGolden([SpawnFixtures.chains(), "system", "/dev/null"], "system") }

    @Test("A command that is nowhere in PATH")
    func notFound() throws {
      try expectGolden([SpawnFixtures.chains(), "sockeye-no-such-command", "/dev/null"], "not-found")
    }

    @Test("A script whose interpreter is missing")
    func interpreter() throws {
      let script = try SpawnFixtures.script("orphan", "#!/nonexistent/interpreter -x\n")
      try expectGolden([SpawnFixtures.chains(), script, "/dev/null"], "interpreter")
    }
  }
}

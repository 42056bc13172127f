import Foundation
import ProgramRuns
import Testing

extension HostTests {
  /// Programs that are not C's: their own ways to a process, whole all the same.
  @Suite struct SpawnLanguageTests {
    @Test(
      "Python's subprocess, by vfork and by posix_spawn",
      .enabled(if: SpawnFixtures.isInstalled("/usr/bin/python3")))
    func python() throws {
      let ways = [("True", "vfork", "vfork"), ("False", "clone3", "posix_spawn")]
      for (closes, call, function) in ways {
        let text = "import subprocess; subprocess.run(['/bin/true'], close_fds=\(closes))"
        let trace = try Spawning.run(["/usr/bin/python3", "-S", "-c", text])
        let birth = try #require(trace.births.first { trace.child(of: $0)?.process.args == ["/bin/true"] })
        #expect(birth.call.name == call)
        #expect(birth.userStackWhole == true, "\(birth.userStackStopped ?? "")")
        #expect(birth.userStack.contains { $0.import?.symbol == function })
        #expect(birth.userStack.contains { $0.function == "Py_BytesMain" })
      }
    }

    @Test("A Go program, from the start of its goroutine", .enabled(if: SpawnFixtures.isInstalled("go")))
    func go() throws {
      let output = SpawnFixtures.folder.appending(path: "gorun").path
      let source = SpawnFixtures.sources.appending(path: "gorun.go").path
      try SpawnFixtures.require(
        ToolRun.run(["env", "GOCACHE=\(output).cache", "go", "build", "-o", output, source], limit: 600))
      let trace = try Spawning.run([output])
      let birth = try #require(trace.births.first)
      // perf copies nothing below the stack pointer, where Go has put the return address.
      for trace in [trace, try Spawning.run([output], options: ["--perf"])] {
        let birth = try #require(trace.births.first)
        #expect(birth.userStackWhole == true, "\(birth.userStackStopped ?? "")")
        let functions = birth.functions(of: "gorun")
        #expect(
          functions.starts(with: [
            "runtime.goexit.abi0", "runtime.main", "main.main", "main.launch", "os/exec.(*Cmd).Run",
          ]))
        #expect(functions.contains("syscall.forkAndExecInChild1"))
        #expect(trace.execs.allSatisfy { $0.userStackWhole == true })
      }

      // Stripped it has neither names nor rules: frame pointers lead to the same addresses.
      let stripped = output + "-stripped"
      try SpawnFixtures.require(ToolRun.run(["strip", "-o", stripped, output]))
      let bare = try Spawning.run([stripped])
      let bareBirth = try #require(bare.births.first)
      #expect(bareBirth.userStackWhole == true, "\(bareBirth.userStackStopped ?? "")")
      #expect(bareBirth.userStack.map(\.moduleAddress) == birth.userStack.map(\.moduleAddress))
      #expect(bareBirth.userStack.allSatisfy { $0.function == nil })
    }

    @Test("A Swift program with Foundation's Process", .enabled(if: SpawnFixtures.isInstalled("swiftc")))
    func swift() throws {
      let folder = SpawnFixtures.folder.appending(path: "swift")
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      let source = folder.appending(path: "main.swift").path
      try FileManager.default.copyItem(
        atPath: SpawnFixtures.sources.appending(path: "process.swift.txt").path, toPath: source)
      let output = folder.appending(path: "process").path
      try SpawnFixtures.require(ToolRun.run(["swiftc", "-O", source, "-o", output], limit: 600))
      let trace = try Spawning.run([output])
      let birth = try #require(trace.births.first)
      #expect(birth.userStackWhole == true, "\(birth.userStackStopped ?? "")")
      #expect(birth.functions(of: "process").starts(with: ["_start", "main"]))
      #expect(birth.userStack.contains { $0.function?.hasPrefix("Foundation.Process.run() throws") == true })
      #expect(trace.child(of: birth)?.process.args == ["/bin/true"])
    }
  }

  /// Execs that fail, each kind with its cause.
  @Suite struct SpawnFailureTests {
    private func failed(_ path: String, options: [String] = []) throws -> [Spawning.Call] {
      let chain = try KnownChain(SpawnFixtures.chains(), path, options: options)
      let execs = chain.trace.execs.filter { $0.failure != nil }
      for exec in execs {
        #expect(exec.userStackWhole == true)
        #expect(exec.functions(of: "chains") == ["_start", "main", "launch", "fail"])
        #expect(chain.outerFrames(exec) == chain.truth)
      }
      #expect(chain.trace.births.first.flatMap { chain.trace.child(of: $0) }?.end?.exitCode == 127)
      return execs
    }

    @Test(
      "A command that is nowhere in PATH: an attempt a directory, one line of them in the tree",
      arguments: [[], ["--perf"]])
    func notFound(_ options: [String]) throws {
      let name = "sockeye-no-such-command"
      let places = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
      let execs = try failed(name, options: options)
      #expect(execs.map(\.path) == places.map { "\($0)/\(name)" })
      #expect(execs.allSatisfy { $0.failure?.code == "ENOENT" })
      let run = try ToolRun.run(
        [BuiltProducts.sockeye, "spawn"] + options + ["--", SpawnFixtures.chains(), name, "/dev/null"])
      let tree = String(decoding: run.output, as: UTF8.self)
      #expect(tree.contains("execve of \"\(name)\" in \(places.count) places"))
      #expect(tree.split(separator: "\n").filter { $0.contains("EXEC") }.count == 2)
    }

    @Test("Without execute permission, a directory, and a script whose interpreter is missing")
    func causes() throws {
      let plain = try failed(SpawnFixtures.script("plain", "text", mode: 0o644))
      #expect(plain.first?.failure?.code == "EACCES")
      #expect(plain.first?.failure?.cause == "it has no execute permission")
      let folder = try failed(SpawnFixtures.folder.path)
      #expect(folder.first?.failure?.code == "EACCES" && folder.first?.failure?.cause == "it is a directory")
      let script = try failed(SpawnFixtures.script("bad", "#!/nonexistent/interpreter -x\n"))
      #expect(script.first?.failure?.code == "ENOENT")
      #expect(
        script.first?.failure?.cause
          == "the script names the interpreter /nonexistent/interpreter, which is missing")
    }

    @Test("A text without #! is retried with a shell by execvp, and says so")
    func formatUnknown() throws {
      let path = try SpawnFixtures.script("noshebang", "exit 127\n")
      let chain = try KnownChain(SpawnFixtures.chains(), path)
      let execs = chain.trace.execs
      #expect(execs.map { $0.failure?.code } == ["ENOEXEC", nil])
      #expect(execs.first?.failure?.cause == "neither a program nor a script with #!")
      #expect(execs.last?.path == "/bin/sh" && execs.last?.note?.contains("shell") == true)
    }

    @Test("By perf a path or an argument that did not lie on the stack is said not to be seen")
    func unseen() throws {
      let program = try SpawnFixtures.compiled("heap.c", "heap", [])
      let trace = try Spawning.run([program], options: ["--perf"])
      let exec = try #require(trace.execs.first { $0.failure != nil })
      #expect(exec.failure?.code == "ENOENT" && exec.failure?.cause == nil)
      #expect(exec.call.arguments["path"] != nil && exec.path == nil)
      #expect(exec.call.arguments["argv"] != nil && exec.call.arguments["argv"]?.list == nil)
      let probed = try Spawning.run([program])
      #expect(probed.execs.first { $0.failure != nil }?.path == "/nonexistent/heap")
      let run = try ToolRun.run([BuiltProducts.sockeye, "spawn", "--perf", "--", program])
      #expect(
        String(decoding: run.output, as: UTF8.self).contains("execve(path=⟨not seen⟩, argv=⟨not seen⟩)"))
    }

    @Test("A script's interpreters are named in their order", arguments: [[], ["--perf"]])
    func scripts(_ options: [String]) throws {
      let inner = try SpawnFixtures.script("inner", "#!/bin/sh\nexit 127\n")
      let outer = try SpawnFixtures.script("outer", "#!\(inner)\n")
      let chain = try KnownChain(SpawnFixtures.chains(), outer, options: options)
      let exec = try #require(chain.trace.execs.first)
      #expect(exec.interpreters == [inner, "/bin/sh"])
      let arguments = exec.call.arguments["argv"]?.list
      #expect(arguments == ["/bin/sh", inner, outer] || (arguments == nil && !options.isEmpty))
    }

    @Test("The command itself may fail: its attempt is shown, and the exit status is 2")
    func command() throws {
      let run = try ToolRun.run([BuiltProducts.sockeye, "spawn", "--", "/nonexistent/program"])
      #expect(run.status == 2)
      #expect(String(decoding: run.output, as: UTF8.self).contains("-1 ENOENT"))
      #expect(run.errors.contains("/nonexistent/program"))
    }
  }
}

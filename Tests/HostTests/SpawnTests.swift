import Foundation
import Testing

extension HostTests {
  /// Each stack is held against what glibc's own unwinder says of it in the program, and against the source's names.
  @Suite struct SpawnTests {
    private static let ways: [(way: String, call: String, functions: [String])] = [
      ("system", "clone3", ["_start", "main", "launch", "launch_system"]),
      ("popen", "clone3", ["_start", "main", "launch", "launch_popen"]),
      ("spawn", "clone3", ["_start", "main", "launch", "launch_spawn"]),
      ("fork", "clone", ["_start", "main", "launch", "launch_fork"]),
      ("vfork", "vfork", ["_start", "main", "launch", "launch_vfork"]),
      ("clone3", "clone3", ["_start", "main", "launch", "launch_clone3"]),
      ("inline", "clone3", ["_start", "main", "launch", "launch_inline"]),
      ("thread", "clone3", ["thread_body", "launch_spawn"]),
      ("signal", "clone3", ["_start", "main", "launch", "launch_signal", "handler", "launch_spawn"]),
      (
        "other-stack", "clone3",
        ["_start", "main", "launch", "launch_other_stack", "handler", "launch_spawn"]
      ),
      (
        "deep", "clone3",
        ["_start", "main", "launch"] + Array(repeating: "launch_deep", count: 201) + ["launch_spawn"]
      ),
    ]

    @Test(
      "Each way to a new process is one stack, whole and right frame by frame, by probes and by perf",
      arguments: ways.map(\.way), [[], ["--perf"]])
    func wayToBirth(_ way: String, _ options: [String]) throws {
      let expected = try #require(Self.ways.first { $0.way == way })
      let chain = try KnownChain(SpawnFixtures.chains(), way, options: options)
      #expect(chain.trace.trace.way == (options.isEmpty ? "probes" : "perf"))
      let birth = try #require(chain.trace.births.first)
      #expect(birth.call.name == expected.call)
      #expect(chain.truth.count > 1)
      if !options.isEmpty && ["deep", "other-stack"].contains(way) {
        // More than perf copies: right as far as it goes, and it says why it ends.
        #expect(birth.userStackWhole == false)
        #expect(birth.userStackStopped?.contains("perf copies 64 KiB at most") == true)
        let functions = birth.functions(of: "chains")
        #expect(!functions.isEmpty && functions == expected.functions.suffix(functions.count))
        #expect(chain.outerFrames(birth) == Array(chain.truth.prefix(chain.outerFrames(birth).count)))
      } else {
        #expect(birth.userStackWhole == true, "\(birth.userStackStopped ?? "")")
        #expect(birth.functions(of: "chains") == expected.functions)
        #expect(chain.outerFrames(birth) == chain.truth)
      }
      #expect(birth.kernelStack.last == "copy_process", "\(birth.kernelStack)")
      #expect(birth.kernelStack.first == "entry_SYSCALL_64" || birth.kernelStack.first == "do_syscall_64")
      #expect(birth.result == birth.childPid)
      let child = try #require(chain.trace.child(of: birth))
      // perf may come too late for them, and says so.
      if let args = child.process.args {
        #expect(args == ["/bin/true"] || way == "system" || way == "popen")
      } else {
        #expect(!options.isEmpty)
      }
      #expect(child.end?.exitCode == 0)
      #expect(child.end?.kernelStack.last == "do_exit")
      #expect(chain.trace.gaps.isEmpty)
    }

    @Test(
      "Every exec's stack is whole, down to execve and to begin_new_exec, by probes and by perf",
      arguments: ways.map(\.way), [[], ["--perf"]])
    func wayToExec(_ way: String, _ options: [String]) throws {
      let chain = try KnownChain(SpawnFixtures.chains(), way, options: options)
      let execs = chain.trace.execs
      #expect(!execs.isEmpty)
      for exec in execs {
        #expect(exec.userStackWhole == true, "\(exec.userStackStopped ?? "")")
        #expect(exec.userStack.last?.function?.hasSuffix("execve") == true)
        #expect(exec.kernelStack.last == "begin_new_exec", "\(exec.kernelStack)")
        #expect(exec.result == 0)
      }
      // fork and vfork: the child's stack is the parent's.
      if ["fork", "vfork", "clone3", "inline"].contains(way) {
        #expect(chain.outerFrames(execs[0]) == chain.truth)
      }
    }

    @Test("A static program, a stripped one and one with .debug_frame only have whole stacks too")
    func otherPrograms() throws {
      let fixed = try KnownChain(SpawnFixtures.chains("static", ["-static"]), "vfork")
      let birth = try #require(fixed.trace.births.first)
      #expect(
        birth.userStackWhole == true && fixed.outerFrames(birth, outside: "launch_vfork") == fixed.truth)
      #expect(birth.functions(of: "static").suffix(3) == ["launch", "launch_vfork", "vfork"])

      let stripped = try KnownChain(SpawnFixtures.chains("stripped", ["-fPIE", "-pie", "-s"]), "system")
      let system = try #require(stripped.trace.births.first)
      #expect(system.userStackWhole == true && stripped.outerFrames(system) == stripped.truth)
      // No name where there is none, and never a neighbour's.
      #expect(system.functions(of: "stripped") == ["?", "?", "?", "?"])

      let flags = ["-no-pie", "-fno-asynchronous-unwind-tables", "-fno-exceptions", "-gdwarf-4"]
      let debugFrame = try KnownChain(SpawnFixtures.chains("debugframe", flags), "spawn")
      let spawn = try #require(debugFrame.trace.births.first)
      #expect(spawn.userStackWhole == true)
      #expect(spawn.functions(of: "debugframe") == ["_start", "main", "launch", "launch_spawn"])
    }

    @Test(
      "A step into another library names the slot and the symbol that readelf shows, and who provides it",
      arguments: [("chains", []), ("chains32", ["-m32"])])
    func imports(_ name: String, _ flags: [String]) throws {
      let program = try SpawnFixtures.chains(name, flags)
      let relocations = try ToolRun.run(["readelf", "-rW", program])
      let line = try #require(
        String(decoding: relocations.output, as: UTF8.self).split(separator: "\n")
          .first { $0.contains(" posix_spawn@") })
      let slot = UInt64(try #require(line.split(separator: " ").first), radix: 16)
      let chain = try KnownChain(program, "spawn")
      let frame = try #require(
        chain.trace.births.first?.userStack.first { $0.function == "launch_spawn" }?.import)
      #expect(frame.symbol == "posix_spawn" && frame.slot == slot)
      #expect(frame.provider?.hasSuffix("/libc.so.6") == true)
    }

    @Test("A file whose rules would take much memory has none, and the stack says so")
    func hostileRules() throws {
      let trace = try Spawning.run([SpawnFixtures.compiled("hostile.c", "hostile", [])])
      let birth = try #require(trace.births.first)
      #expect(birth.userStackWhole == false)
      #expect(birth.userStackStopped == "no unwinding rules there")
      #expect(birth.userStack.first?.function == "launch" && birth.userStack.last?.function == "clone3")
    }

    @Test("main that jumped on is inferred; nothing else is made up for it")
    func tailCalls() throws {
      let trace = try Spawning.run([SpawnFixtures.compiled("tail.c", "tail", []), "exec /bin/true"])
      let birth = try #require(trace.births.first)
      #expect(birth.userStackWhole == true)
      #expect(birth.functions(of: "tail") == ["_start", "main"])
      #expect(birth.userStack.first { $0.function == "main" }?.inferred == true)
    }

    @Test("The steps of a life come in their order, and ls under bash is whole from _start")
    func bash() throws {
      let trace = try Spawning.run(["bash", "-c", "ls /dev/null >/dev/null; true"])
      let birth = try #require(trace.births.first)
      #expect(birth.userStackWhole == true)
      #expect(birth.functions(of: "bash").contains("main"))
      let child = try #require(trace.child(of: birth))
      #expect(child.process.args == ["ls", "/dev/null"])
      let exec = try #require(child.calls.first { $0.kind == "exec" })
      #expect(exec.userStackWhole == true)
      let phases = ["called", "point_of_no_return", "executed", "user_mode"]
      #expect(exec.moments.map(\.phase).starts(with: phases))
      #expect(exec.moments.map(\.bootTimeNs) == exec.moments.map(\.bootTimeNs).sorted())
      #expect(birth.moments.map(\.phase).contains("first_run"))
    }
  }
}

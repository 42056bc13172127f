import Foundation
import ProgramRuns
import Testing
import ViewFixtures

extension HostTests {
  /// The other ways to trace, and the other forms of what was traced.
  @Suite struct SpawnWayTests {
    @Test(
      "By ptrace the user stacks are the same, frame by frame",
      arguments: ["system", "vfork", "thread", "other-stack"])
    func ptrace(_ way: String) throws {
      let program = try SpawnFixtures.chains()
      let account = SpawnFixtures.folder.appending(path: "truth-ptrace").path
      let probed = try KnownChain(program, way)
      let traced = try Spawning.run([program, way, account], options: ["--ptrace"])
      func frames(_ trace: Spawning) -> [[String]] {
        trace.births.map { $0.userStack.map { "\($0.file) \($0.moduleAddress) \($0.function ?? "")" } }
      }
      #expect(frames(traced) == frames(probed.trace))
      #expect(traced.births.allSatisfy { $0.userStackWhole == true && $0.kernelStack.isEmpty })
      #expect(traced.processes.map { $0.end?.exitCode } == probed.trace.processes.map { $0.end?.exitCode })
    }

    @Test(
      "A thread that is not the first becomes the process by its exec",
      arguments: [[], ["--perf"], ["--ptrace"]])
    func execFromThread(_ options: [String]) throws {
      let account = SpawnFixtures.folder.appending(path: "truth-exec").path
      let trace = try Spawning.run([SpawnFixtures.chains(), "thread-exec", account], options: options)
      #expect(trace.processes.count == 1)
      let process = try #require(trace.processes.first)
      #expect(process.process.args == ["/bin/true"] || (process.process.args == nil && options == ["--perf"]))
      #expect(process.end?.exitCode == 0)
      let exec = try #require(trace.execs.first)
      #expect(exec.userStackWhole == true && exec.result == 0)
      #expect(exec.functions(of: "chains") == ["exec_body"])
    }

    @Test("Where BPF may not be used perf shows the kernel's part, and that is said")
    func withoutBPF() throws {
      let run = try ToolRun.run([
        "setpriv", "--bounding-set=-bpf,-sys_admin", BuiltProducts.sockeye, "spawn", "--json", "--",
        "/bin/sh", "-c",
        "/bin/true; exit 23",
      ])
      let trace = try Spawning(run)
      #expect(trace.trace.way == "perf" && trace.trace.kernel == "spine")
      #expect(run.errors.contains("traced by perf's samples, because the probes cannot be loaded"))
      let birth = try #require(trace.births.first)
      #expect(birth.userStackWhole == true && birth.kernelStack.last == "copy_process")
      let exec = try #require(trace.execs.first)
      #expect(exec.userStackWhole == true && exec.kernelStack.last == "begin_new_exec")
      #expect(trace.processes.map { $0.end?.exitCode } == [23, 0])
      #expect(trace.processes.allSatisfy { $0.end?.kernelStack.last == "do_exit" })
      // Its uprobes want CAP_SYS_ADMIN.
      #expect(trace.gaps.contains { $0.message.contains("times on the way to main are missing") })
    }

    @Test(
      "By perf an end by a signal is that signal, and 23 programs are 23 births, most of them with arguments")
    func perfEnds() throws {
      for signal in ["KILL", "TERM", "SEGV"] {
        let trace = try Spawning.run(["/bin/bash", "-c", "kill -\(signal) $$"], options: ["--perf"])
        #expect(trace.processes.first?.end?.signal == "SIG\(signal)")
      }
      let trace = try Spawning.run(
        ["bash", "-c", "trap : TERM; for i in {1..23}; do /bin/true; done; kill -TERM $$; exit 7"],
        options: ["--perf"])
      #expect(trace.births.count == 23 && trace.gaps.isEmpty)
      #expect(trace.processes.first?.end?.exitCode == 7)
      let arguments = trace.processes.dropFirst().compactMap(\.process.args)
      #expect(!arguments.isEmpty && arguments.allSatisfy { $0 == ["/bin/true"] })
      // The places on the way to main are uprobes without BPF.
      #expect(trace.execs.allSatisfy { $0.moments.contains { $0.phase == "main" } })
    }

    @Test("By perf --full is by function_graph, or says why there is no more")
    func perfFull() throws {
      let trace = try Spawning.run(["/bin/true"], options: ["--perf", "--full"])
      if trace.trace.kernel != "function_graph" {
        #expect(trace.trace.kernel == "spine")
        #expect(
          trace.trace.kernelReason?.contains("perf cannot keep the tracepoints inside to the calls") == true)
      }
    }

    @Test("One way at a time can be asked for")
    func twoWays() throws {
      let run = try ToolRun.run([BuiltProducts.sockeye, "spawn", "--perf", "--ptrace", "--", "/bin/true"])
      #expect(run.status == 2 && run.errors.contains("One way at a time"))
    }

    @Test("An ordinary user's trace is by ptrace, and says so first")
    func ordinaryUser() throws {
      let run = try ToolRun.run([
        "setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", BuiltProducts.sockeye, "spawn", "--",
        "/bin/sh", "-c",
        "/bin/true; exit 0",
      ])
      #expect(run.status == 0, "\(run.errors)")
      #expect(run.errors.contains("traced by ptrace"))
      let tree = String(decoding: run.output, as: UTF8.self)
      #expect(tree.hasPrefix("traced by ptrace: no kernel part\n"))
      #expect(tree.contains("BIRTH") && tree.contains("path=\"/bin/true\""))
    }

    /// A shell that is there already and reads seven lines: what `-p` tells of it.
    private func attached(_ script: String, _ options: [String], family: Int = 1) throws -> (Spawning, Int) {
      let shell = Process()
      shell.executableURL = URL(filePath: "/bin/bash")
      shell.arguments = ["-c", script]
      let input = Pipe()
      shell.standardInput = input
      try shell.run()
      // Its children are there before sockeye is.
      var youngest = shell.processIdentifier
      for _ in 1..<family {
        var children = ""
        while children.isEmpty {
          children = try String(
            contentsOfFile: "/proc/\(youngest)/task/\(youngest)/children", encoding: .utf8)
        }
        youngest = try #require(Int32(children.trimmingCharacters(in: .whitespaces)))
      }
      let feeder = Thread {
        for _ in 0..<7 {
          Thread.sleep(forTimeInterval: 0.3)
          input.fileHandleForWriting.write(Data("\n".utf8))
        }
        try? input.fileHandleForWriting.close()  // the shell ends with its input
      }
      feeder.start()
      let run = try ToolRun.run(
        [BuiltProducts.sockeye, "spawn", "--json"] + options + ["-p", "\(shell.processIdentifier)"])
      return (try Spawning(run), Int(youngest))
    }

    @Test(
      "A process that is there already is followed with its own stack, and what it starts",
      arguments: [[], ["--perf"]])
    func attached(_ options: [String]) throws {
      let (trace, _) = try attached("while read line; do /bin/true; done", options)
      // The first lines may have come before the probes were there.
      #expect(!trace.births.isEmpty)
      for birth in trace.births {
        #expect(birth.userStackWhole == true)
        #expect(birth.functions(of: "bash").contains("main"))
        let child = try #require(trace.child(of: birth))
        #expect(child.process.args == ["/bin/true"] || (child.process.args == nil && !options.isEmpty))
      }
      #expect(trace.processes.first?.end?.exitCode == 0)
    }

    @Test(
      "So is what it had started before: a shell's shell's shell",
      arguments: [[], ["--perf"], ["--ptrace"]])
    func family(_ options: [String]) throws {
      let script = "( ( while read line; do /bin/true; done; true ); true ); true"
      let (trace, youngest) = try attached(script, options, family: 3)
      #expect(trace.gaps.isEmpty)
      try #require(trace.processes.count > 3)
      #expect(trace.processes[2].process.pid == youngest)
      #expect(trace.processes[2].process.parent?.pid == trace.processes[1].process.pid)
      #expect(trace.processes[1].process.parent?.pid == trace.processes[0].process.pid)
      #expect(!trace.births.isEmpty)
      #expect(trace.births.count == trace.processes[2].calls.filter { $0.childPid != nil }.count)
      for birth in trace.births {
        #expect(birth.userStackWhole == true, "\(birth.userStackStopped ?? "")")
        #expect(birth.functions(of: "bash").contains("main"))
        let child = try #require(trace.child(of: birth)).process
        #expect(child.args == ["/bin/true"] || (child.args == nil && options == ["--perf"]))
      }
      #expect(trace.processes.allSatisfy { $0.end?.exitCode == 0 })
    }

    /// `chains spawn`, started by the test itself again and again while `-a` is running.
    private func wholeHost(_ options: [String]) throws -> ToolRun {
      let program = try SpawnFixtures.chains()
      let account = SpawnFixtures.folder.appending(path: "truth-host").path
      let starter = Thread {
        while !Thread.current.isCancelled {
          // Whether it ran is seen in the report.
          _ = try? ToolRun.run([program, "spawn", account])
          Thread.sleep(forTimeInterval: 0.1)
        }
      }
      starter.start()
      defer { starter.cancel() }
      return try ToolRun.run([BuiltProducts.sockeye, "spawn", "-a", "--duration", "2s"] + options)
    }

    @Test("-a has what somebody else started, with its whole stack and chain")
    func wholeHost() throws {
      let run = try wholeHost(["--json"])
      #expect(run.status == 0, "\(run.errors)")
      let decoder = JSONDecoder()
      decoder.keyDecodingStrategy = .convertFromSnakeCase
      let trace = try decoder.decode(Spawning.self, from: run.output)
      let program = try SpawnFixtures.chains()
      // Born and ended while it was running.
      let started = trace.processes.filter {
        $0.process.args?.first == program && $0.process.parent != nil && $0.end?.exitCode == 0
      }
      #expect(!started.isEmpty)
      for process in started {
        let birth = try #require(process.calls.first { $0.childPid != nil })
        #expect(birth.userStackWhole == true, "\(birth.userStackStopped ?? "")")
        #expect(birth.functions(of: "chains") == ["_start", "main", "launch", "launch_spawn"])
        #expect(birth.kernelStack.last == "copy_process")
        #expect(trace.child(of: birth)?.process.args == ["/bin/true"])
        #expect(trace.child(of: birth)?.process.parent?.pid == process.process.pid)
        // Its own exec, by the test's Process, is there too.
        #expect(process.calls.contains { $0.kind == "exec" && $0.userStackWhole != nil })
      }
      let tree = try wholeHost([])
      let text = String(decoding: tree.output, as: UTF8.self)
      #expect(text.contains("launch_spawn+0x"))
    }

    @Test("-a without the right to load probes is refused, and says why")
    func wholeHostRefused() throws {
      let run = try ToolRun.run([
        "setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", BuiltProducts.sockeye, "spawn", "-a",
        "--duration", "1s",
      ])
      #expect(run.status == 2 && run.output.isEmpty)
      #expect(run.errors.contains("the whole host cannot be traced"))
      #expect(run.errors.contains("CAP_BPF"), "\(run.errors)")
    }

    @Test("--full shows a tree of the kernel's functions, with copy_process and begin_new_exec in it")
    func full() throws {
      struct Node: Decodable {
        let function: String
        let children: [Node]?
        var all: [String] { [function] + (children ?? []).flatMap(\.all) }
      }
      struct Call: Decodable {
        let kind: String
        let kernelTree: Node?
      }
      struct Traced: Decodable { let calls: [Call] }
      struct Trace: Decodable { let processes: [Traced] }
      let run = try ToolRun.run([
        BuiltProducts.sockeye, "spawn", "--full", "--json", "--", "/bin/sh", "-c", "/bin/true; exit 0",
      ])
      let decoder = JSONDecoder()
      decoder.keyDecodingStrategy = .convertFromSnakeCase
      let calls = try decoder.decode(Trace.self, from: run.output).processes.flatMap(\.calls)
      let births = calls.filter { $0.kind == "birth" }.compactMap { $0.kernelTree?.all }
      let execs = calls.filter { $0.kind == "exec" }.compactMap { $0.kernelTree?.all }
      #expect(!births.isEmpty && births.allSatisfy { $0.contains("copy_process") && $0.count > 10 })
      #expect(!execs.isEmpty && execs.allSatisfy { $0.contains("begin_new_exec") && $0.count > 20 })
    }

    @Test("23 programs one after another are 23 births, none lost, and the trace file of them is valid")
    func files() throws {
      let trace = SpawnFixtures.folder.appending(path: "trace.json")
      let picture = SpawnFixtures.folder.appending(path: "picture.svg")
      let spawning = try Spawning.run(
        ["bash", "-c", "for i in {1..23}; do /bin/true; done; true"],
        options: ["--trace", trace.path, "--svg", picture.path])
      #expect(spawning.births.count == 23 && spawning.gaps.isEmpty)
      #expect(spawning.execs.count == 23)
      #expect(try TraceEventCheck.problems(in: Data(contentsOf: trace)) == [])
      #expect(try String(contentsOf: picture, encoding: .utf8).hasPrefix("<svg"))
    }

    @Test(
      "Perfetto and Catapult read from the trace file what is in it, without a warning",
      .enabled(if: SpawnFixtures.hasViewers, "scripts/dependencies test fetches the viewers"))
    func viewers() throws {
      let trace = SpawnFixtures.folder.appending(path: "viewed.json").path
      let command = "\(try SpawnFixtures.chains()) thread /dev/null; ls | wc -l; /nonexistent; true"
      let spawning = try ToolRun.run([
        BuiltProducts.sockeye, "spawn", "--trace", trace, "--", "bash", "-c", command,
      ])
      #expect(spawning.status == 0, "\(spawning.errors)")
      let run = try ToolRun.run([SpawnFixtures.openTrace, trace], limit: 300)
      let output = String(decoding: run.output, as: UTF8.self)
      #expect(run.status == 0, "\(output)\(run.errors)")
      // bash, chains and its true, ls, wc, and the shell's copy that found nothing.
      #expect(output.contains("perfetto: 6 processes") && output.contains("catapult: 6 processes"))
      #expect(output.contains("5 arrows, 0 warnings"))

      // What crosses another slice, and an arrow that ends nowhere, are found by them.
      let damaged = SpawnFixtures.folder.appending(path: "damaged.json").path
      let slice = #"{"ph":"X","pid":1,"tid":1,"name":"a","ts":"#
      let arrow = #"{"ph":"s","pid":1,"tid":1,"name":"c","cat":"birth","id":1,"bp":"e","ts":1}"#
      try #"{"traceEvents":[\#(slice)0,"dur":5},\#(slice)3,"dur":5},\#(arrow)]}"#
        .write(toFile: damaged, atomically: false, encoding: .utf8)
      #expect(try ToolRun.run([SpawnFixtures.openTrace, damaged], limit: 300).status == 1)
    }

    @Test("Repeated runs are summed up by step")
    func repeated() throws {
      let run = try ToolRun.run([
        BuiltProducts.sockeye, "spawn", "--repeat", "7", "--", "/bin/sh", "-c", "/bin/true; exit 0",
      ])
      let rows = String(decoding: run.output, as: UTF8.self).split(separator: "\n").map {
        $0.split(separator: " ")
      }
      #expect(rows.first?.first == "PROGRAM")
      let born = try #require(rows.first { $0.starts(with: ["true", "born"]) })
      let numbers = born.suffix(4).compactMap { Double($0) }
      #expect(numbers.count == 4 && numbers[0] == 7)
      #expect(numbers[1] > 0 && numbers[1] <= numbers[2] && numbers[2] <= numbers[3])
    }
  }
}

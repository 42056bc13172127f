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

    @Test("A thread that is not the first becomes the process by its exec", arguments: [[], ["--ptrace"]])
    func execFromThread(_ options: [String]) throws {
      let account = SpawnFixtures.folder.appending(path: "truth-exec").path
      let trace = try Spawning.run([SpawnFixtures.chains(), "thread-exec", account], options: options)
      #expect(trace.processes.count == 1)
      let process = try #require(trace.processes.first)
      #expect(process.process.args == ["/bin/true"] && process.end?.exitCode == 0)
      let exec = try #require(trace.execs.first)
      #expect(exec.userStackWhole == true && exec.result == 0)
      #expect(exec.functions(of: "chains") == ["exec_body"])
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

    @Test("A process that is there already is followed with its own stack, and what it starts")
    func attached() throws {
      let shell = Process()
      shell.executableURL = URL(filePath: "/bin/bash")
      // Waits for a line before each program.
      shell.arguments = ["-c", "while read line; do /bin/true; done"]
      let input = Pipe()
      shell.standardInput = input
      try shell.run()
      let feeder = Thread {
        for _ in 0..<7 {
          Thread.sleep(forTimeInterval: 0.3)
          input.fileHandleForWriting.write(Data("\n".utf8))
        }
        try? input.fileHandleForWriting.close()  // the shell ends with its input
      }
      feeder.start()
      let run = try ToolRun.run([
        BuiltProducts.sockeye, "spawn", "--json", "-p", "\(shell.processIdentifier)",
      ])
      let decoder = JSONDecoder()
      decoder.keyDecodingStrategy = .convertFromSnakeCase
      let trace = try decoder.decode(Spawning.self, from: run.output)
      // The first lines may have come before the probes were there.
      #expect(!trace.births.isEmpty)
      for birth in trace.births {
        #expect(birth.userStackWhole == true)
        #expect(birth.functions(of: "bash").contains("main"))
        #expect(trace.child(of: birth)?.process.args == ["/bin/true"])
      }
      #expect(trace.processes.first?.end?.exitCode == 0)
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

import Testing

extension HostTests {
  /// 32-bit programs on a 64-bit kernel: other registers, other numbers of calls, and the kernel's own code between.
  @Suite struct SpawnMachineTests {
    private static let ways: [(way: String, call: String, number: Int, functions: [String])] = [
      ("system", "clone3", 435, ["_start", "main", "launch", "launch_system"]),
      ("fork", "clone", 120, ["_start", "main", "launch", "launch_fork"]),
      ("vfork", "vfork", 190, ["_start", "main", "launch", "launch_vfork"]),
      ("inline", "clone3", 435, ["_start", "main", "launch", "launch_inline"]),
      ("thread", "clone3", 435, ["thread_body", "launch_spawn"]),
      ("signal", "clone3", 435, ["_start", "main", "launch", "launch_signal", "handler", "launch_spawn"]),
      (
        "other-stack", "clone3", 435,
        ["_start", "main", "launch", "launch_other_stack", "handler", "launch_spawn"]
      ),
    ]

    private static func program() throws -> String { try SpawnFixtures.chains("chains32", ["-m32"]) }

    @Test(
      "A 32-bit program's way to a new process is whole and right frame by frame",
      arguments: ways.map(\.way), [[], ["--ptrace"]])
    func wayToBirth(_ way: String, _ options: [String]) throws {
      let expected = try #require(Self.ways.first { $0.way == way })
      let chain = try KnownChain(Self.program(), way, options: options)
      let birth = try #require(chain.trace.births.first)
      #expect(birth.userStackWhole == true, "\(birth.userStackStopped ?? "")")
      #expect(birth.call.name == expected.call && birth.call.number == expected.number)
      #expect(birth.call.abi == "i386")
      #expect(birth.functions(of: "chains32") == expected.functions)
      #expect(chain.truth.count > 1)
      #expect(chain.outerFrames(birth) == chain.truth)
      #expect(birth.kernelStack.last == "copy_process" || options == ["--ptrace"], "\(birth.kernelStack)")
      let child = try #require(chain.trace.child(of: birth))
      #expect(child.process.args == ["/bin/true"] || way == "system")
      #expect(child.end?.exitCode == 0)
    }

    @Test(
      "Its exec has its arguments, and the exec that starts it has its result", arguments: [[], ["--ptrace"]])
    func execs(_ options: [String]) throws {
      let chain = try KnownChain(Self.program(), "spawn", options: options)
      let start = try #require(chain.trace.processes.first?.calls.first)
      #expect(start.call.name == "execve" && start.call.abi == nil && start.result == 0)
      let exec = try #require(chain.trace.execs.first)
      #expect(exec.call.abi == "i386" && exec.call.number == 11 && exec.userStackWhole == true)
      #expect(exec.call.arguments["path"]?.text == "/bin/true")
      #expect(exec.call.arguments["argv"]?.list == ["/bin/true"])
      #expect(exec.result == 0)
    }

    @Test("A failed one has its path and arguments too", arguments: [[], ["--ptrace"]])
    func failure(_ options: [String]) throws {
      let chain = try KnownChain(Self.program(), "/no/such/program", options: options)
      let exec = try #require(chain.trace.execs.last)
      #expect(exec.failure?.code == "ENOENT" && exec.call.abi == "i386")
      #expect(exec.call.arguments["path"]?.text == "/no/such/program")
      #expect(exec.call.arguments["argv"]?.list == ["/no/such/program"])
    }
  }
}

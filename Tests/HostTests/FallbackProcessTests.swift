import Foundation
import ProgramRuns
import Testing

extension HostTests {
  /// Processes without event probes: by the proc connector, or by polling /proc.
  @Suite struct FallbackProcessTests {
    @Test("Each of 155 children has one fork, one exit with its code, and its exec if it executed")
    func tree() throws {
      let run = try ToolRun.run([
        "SOCKEYE_EVENTS_FROM=polling", BuiltProducts.sockeye, "watch", "-o", "jsonl", "process", "--",
        Watching.fixture, "tree", "3", "5",
      ])
      let watching = try Watching(run)
      let forks = Dictionary(grouping: watching.events("fork")) { $0.pid ?? 0 }
      let execs = Dictionary(grouping: watching.events("exec")) { $0.pid ?? 0 }
      let exits = Dictionary(grouping: watching.events("exit")) { $0.pid ?? 0 }
      #expect(watching.facts("child").count == 155)
      for fact in watching.facts("child") {
        let pid = Int(fact[0]) ?? -1
        #expect(forks[pid]?.map { $0.at("process", "parent", "pid") as? Int } == [Int(fact[1])])
        #expect(exits[pid]?.map { $0.at("process", "exit_code") as? Int } == [Int(fact[2])])
        #expect(execs[pid]?.count ?? 0 == Int(fact[3]))
        #expect(forks[pid]?.first?.evidence == "proc_connector")
      }
      #expect(watching.errors.contains("way: proc connector, polling every 200 ms"))
    }

    @Test("Exit by signal, a failed exec and an exec by a thread are told for what they are")
    func life() throws {
      let run = try ToolRun.run([
        "SOCKEYE_EVENTS_FROM=polling", BuiltProducts.sockeye, "watch", "-o", "jsonl", "process", "--",
        Watching.fixture, "life",
      ])
      let watching = try Watching(run)
      func exits(_ name: String) throws -> [[String: Any]] {
        let pid = try #require(watching.facts(name).first.flatMap { Int($0[0]) })
        return watching.events("exit").filter { $0.pid == pid }
      }
      #expect(try exits("killed").map { $0.at("process", "signal") as? Int } == [9])
      #expect(try exits("exit").map { $0.at("process", "exit_code") as? Int } == [23])
      #expect(try exits("failed").map { $0.at("process", "exit_code") as? Int } == [37])
      // The first thread ends at the exec of another; the process does not.
      #expect(try exits("thread-exec").map { $0.at("process", "exit_code") as? Int } == [29])
      let normal = try #require(watching.facts("exit").first.flatMap { Int($0[0]) })
      let exec = watching.events("exec").first { $0.pid == normal }
      #expect(exec?.arguments == ["EventFixture", "exit", "23", "an argument"])
      #expect(exec?.at("process", "executable") as? String == watching.facts("executable").first?[0])
      #expect(watching.events.allSatisfy { $0.at("process", "cpu_ns") as? Int != 0 }, "unknown is not 0")
    }

    @Test("A program that ended before it could be read has no name, and is said to have ended")
    func gone() throws {
      let watch = try BackgroundWatch(["process"], wrapper: ["SOCKEYE_EVENTS_FROM=polling"])
      watch.send(SIGSTOP)
      let run = try ToolRun.run(["sh", "-c", "echo gone $$; exec /bin/true inside"])
      watch.send(SIGCONT)
      let watching = try watch.end(facts: run)
      let pid = try #require(watching.facts("gone").first.flatMap { Int($0[0]) })
      let exec = try #require(watching.events("exec").first { $0.pid == pid })
      #expect(exec.at("process", "ended") as? Bool == true)
      #expect(exec.at("process", "name") == nil && exec.at("process", "executable") == nil)
      #expect(exec.at("process", "args") == nil && exec.at("process", "entity_id") == nil)
      #expect(watching.events("exit").first { $0.pid == pid }?.at("process", "exit_code") as? Int == 0)
    }

    @Test("What a small buffer could not hold is a gap, and the last line counts the same")
    func lost() throws {
      let copy = try PublicCopy()
      // Without CAP_NET_ADMIN the buffer stays at net.core.rmem_max: some 10,000 messages.
      let watch = try BackgroundWatch(["process"], wrapper: FallbackTests.ordinary(), binary: copy.path)
      watch.send(SIGSTOP)
      let run = try ToolRun.run(["sh", "-c", "echo parent $$; exec \(Watching.fixture) pace fork 20011"])
      watch.send(SIGCONT)
      let watching = try watch.end(facts: run)
      let gaps = watching.events("gap").filter { $0.at("gap", "kind") as? String == "ring_lost" }
      let lost = gaps.compactMap { $0.at("gap", "count") as? Int }.reduce(0, +)
      let parent = try #require(watching.facts("parent").first.flatMap { Int($0[0]) })
      let forks = watching.events("fork").count { $0.at("process", "parent", "pid") as? Int == parent }
      #expect(forks > 1009 && forks < 20011)
      #expect(
        watching.events("fork").count + watching.events("exit").count + lost >= 2 * 20011, "lost in silence")
      #expect(watching.errors.contains("ring_lost \(lost),"), "\(watching.errors)")
    }

    @Test("Without the proc connector, processes that live for a while are found in /proc, and this is said")
    func polled() throws {
      let copy = try PublicCopy()
      let run = try ToolRun.run(
        ["unshare", "-n"] + FallbackTests.ordinary()
          + [
            copy.path, "watch", "-o", "jsonl", "process", "--", "sh", "-c",
            "sleep 0.71 & echo sleep $!; wait",
          ])
      let watching = try Watching(run)
      let pid = try #require(watching.facts("sleep").first.flatMap { Int($0[0]) })
      let events = watching.events.filter { $0.pid == pid }
      #expect(events.map { $0.at("event", "action") as? String } == ["fork", "exec", "exit"])
      #expect(events.allSatisfy { $0.evidence == "polling" && $0.at("process", "exit_code") == nil })
      #expect(events.dropFirst().first?.arguments == ["sleep", "0.71"])
      #expect(watching.errors.contains("processes are found by polling /proc"))
      #expect(watching.errors.contains("way: polling of /proc"))
    }

    @Test("What only event probes can tell is refused, or named as not told")
    func refused() throws {
      let module = try ToolRun.run(["SOCKEYE_EVENTS_FROM=polling", BuiltProducts.sockeye, "watch", "module"])
      #expect(module.status == 2 && module.errors.contains("CAP_BPF"), "\(module.errors)")
      let all = try ToolRun.run([
        "SOCKEYE_EVENTS_FROM=polling", BuiltProducts.sockeye, "watch", "all", "--", "/bin/true",
      ])
      for word in ["bind", "connect_failed", "dns", "exec_failed", "module_load", "thread_start", "udp_flow"]
      {
        #expect(all.errorLines.first?.contains(word) == true, "\(all.errors)")
      }
    }

    @Test("doctor proves both parts by an own process and an own socket")
    func doctor() throws {
      let run = try ToolRun.run([BuiltProducts.sockeye, "doctor", "--json"])
      let found = try #require(try JSONSerialization.jsonObject(with: run.output) as? [[String: Any]])
      let parts = found.filter { ($0.at("diagnosis", "subject") as? String)?.hasPrefix("fallback: ") == true }
      #expect(parts.map { $0.at("diagnosis", "status") as? String } == ["proved", "proved"], "\(parts)")
    }
  }
}

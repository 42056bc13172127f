import KernelSystem
import Testing

@testable import KernelBPF

@Suite("The probes on this kernel", .serialized, .enabled(if: mayTrace, "needs CAP_BPF and CAP_PERFMON"))
struct SessionTests {
  @Test("The verifier takes every program that the plan chooses, all facts together", arguments: probingWays)
  func everyProgram(way: ProbingWay) throws {
    let request = ProbePlan.Request(facts: Set(ProbeFact.allCases))
    let recording = try Recording.of(["exit", "0"], request: request, way: way)
    for choice in recording.plan.choices {
      let refused = choice.passed.filter { $0.reason.contains("was refused") }
      #expect(refused.isEmpty, "\(choice.fact): \(refused.map(\.reason))")
    }
    #expect(recording.events(.exec).count >= 1)
  }
}

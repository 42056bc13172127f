/// Which way each fact is learnt on this kernel, and why the better ones were passed over.
///
/// Pure: from what the hook trials said to a plan, the same plan each time.
public struct ProbePlan: Sendable {
  public struct Passed: Sendable, Hashable {
    public let hook: ProbeHook
    public let reason: String
  }

  public struct Choice: Sendable {
    public let fact: ProbeFact
    /// nil: nothing on this kernel tells it.
    public let chosen: ProbeHook?
    public let passed: [Passed]
  }

  public let choices: [Choice]

  /// What the caller wants, and what it is ready to pay.
  public struct Request: Sendable, Equatable {
    public var facts: Set<ProbeFact>
    /// No hook that every system call of the host pays for (0.1 µs each). Failed execs, and connects refused before
    /// the first packet, then go unseen where only that hook tells them; accepts without an address, too.
    public var avoidsCallTax: Bool

    /// All but the DNS answers, which a user must ask for.
    public static let usualFacts = Set(ProbeFact.allCases).subtracting([.dns])

    public init(facts: Set<ProbeFact> = usualFacts, avoidsCallTax: Bool = false) {
      self.facts = facts
      self.avoidsCallTax = avoidsCallTax
    }
  }

  /// `refusedPrograms`: those that the verifier has turned down, with its reason.
  public static func make(
    _ request: Request, verdicts: [HookNeed: HookVerdict], refusedPrograms: [String: String] = [:]
  ) -> ProbePlan {
    var choices: [Choice] = []
    var covered: Set<ProbeFact> = []
    for fact in ProbeFact.allCases where request.facts.contains(fact) && !covered.contains(fact) {
      var passed: [Passed] = []
      var chosen: ProbeHook?
      for hook in ProbeHook.ways where hook.fact == fact {
        let objection = objection(to: hook, request, verdicts, refusedPrograms)
        if let objection {
          passed.append(Passed(hook: hook, reason: objection))
        } else if chosen == nil {
          chosen = hook
          covered.formUnion(hook.covers)
        } else {
          passed.append(Passed(hook: hook, reason: "not needed: a better hook is there"))
        }
      }
      choices.append(Choice(fact: fact, chosen: chosen, passed: passed))
    }
    return ProbePlan(choices: choices)
  }

  private static func objection(
    to hook: ProbeHook, _ request: Request, _ verdicts: [HookNeed: HookVerdict],
    _ refusedPrograms: [String: String]
  ) -> String? {
    if hook.taxesEveryCall && request.avoidsCallTax { return "every system call would pay for it" }
    for need in hook.needs {
      switch verdicts[need] {
      case .available: continue
      case .absent: return "\(need): not on this kernel"
      case .refused(let reason): return "\(need): \(reason)"
      case nil: return "\(need): not tried"
      }
    }
    for program in hook.programs {
      if let reason = refusedPrograms[program] { return "program \(program) was refused: \(reason)" }
    }
    return nil
  }

  /// Programs to load from `object`, without repeats.
  public func programs(of object: ProbeObject) -> [String] {
    var programs: [String] = []
    for choice in choices {
      guard let hook = choice.chosen, hook.object == object else { continue }
      for program in hook.programs where !programs.contains(program) { programs.append(program) }
    }
    return programs
  }

  public func chosen(for fact: ProbeFact) -> ProbeHook? {
    choices.first { $0.fact == fact }?.chosen
  }
}

extension ProbePlan: CustomStringConvertible {
  /// One line a fact, and one for each way passed over.
  public var description: String {
    var lines: [String] = []
    for choice in choices {
      let way = choice.chosen.map { $0.needs.map(\.description).joined(separator: ", ") } ?? "nothing"
      lines.append("\(choice.fact.rawValue): \(way)")
      for passed in choice.passed {
        let name = passed.hook.needs.first?.description ?? passed.hook.programs.joined(separator: "+")
        lines.append("  passed over \(name): \(passed.reason)")
      }
    }
    return lines.joined(separator: "\n")
  }
}

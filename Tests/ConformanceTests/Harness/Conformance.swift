import Foundation
import Testing

/// Rows of our personality against those of the tool, in one namespace.
struct Conformance {
  var personality: Personality
  /// Fields that change by themselves, and nothing else.
  var masks: [Mask] = []
  var order = RowOrder.asPrinted
  /// Goes before both commands: setpriv.
  var wrapper: [String] = []

  /// Runs both with `arguments`, and records every difference of output, error output and exit status.
  ///
  /// The tool is run before and after ours: only what it says twice is the truth of the moment, and until it does the
  /// scene has not come to rest.
  func expectSame(
    _ scene: Scene, _ arguments: String..., sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    try expectSame(scene, arguments, sourceLocation: sourceLocation)
  }

  func expectSame(
    _ scene: Scene, _ arguments: [String], sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let theirCommand = scene.inside(wrapper + (try personality.theirs(arguments)))
    let ourCommand = scene.inside(wrapper + (try personality.ours(arguments)))
    var attempts = 0
    while true {
      let before = masked(try ToolRun.run(theirCommand))
      let ours = masked(try ToolRun.run(ourCommand))
      let after = masked(try ToolRun.run(theirCommand))
      attempts += 1
      if before.differences(from: after).isEmpty {
        report(before.differences(from: ours), arguments, sourceLocation)
        return
      }
      if attempts == 23 {
        Issue.record(
          "\(personality.name) \(arguments) never says the same twice: mask what changes, or keep it still",
          sourceLocation: sourceLocation)
        report(before.differences(from: after), arguments, sourceLocation)
        return
      }
    }
  }

  /// What the tool prints, unmasked: for tests that hold it against the set-up.
  func reference(_ scene: Scene, _ arguments: String...) throws -> ToolRun {
    try ToolRun.run(scene.inside(wrapper + (try personality.theirs(arguments))))
  }

  /// What ours prints, unmasked.
  func ours(_ scene: Scene, _ arguments: String...) throws -> ToolRun {
    try ToolRun.run(scene.inside(wrapper + (try personality.ours(arguments))))
  }

  private func masked(_ run: ToolRun) -> MaskedRun {
    func apply(_ text: String) -> String { masks.reduce(text) { $1.applied(to: $0) } }
    return MaskedRun(
      status: run.status, rows: order.arranged(apply(run.output)), errors: order.arranged(apply(run.errors)))
  }

  private func report(_ differences: [String], _ arguments: [String], _ location: SourceLocation) {
    let command = "\(personality.name) \(arguments.joined(separator: " "))"
    for difference in differences.prefix(23) {
      Issue.record(Comment(rawValue: "\(command): \(difference)"), sourceLocation: location)
    }
    if differences.count > 23 {
      Issue.record("… and \(differences.count - 23) more differences", sourceLocation: location)
    }
  }
}

struct MaskedRun {
  let status: Int32
  let rows: [Substring]
  let errors: [Substring]

  func differences(from ours: MaskedRun) -> [String] {
    var result: [String] = []
    if status != ours.status { result.append("exit status: theirs \(status), ours \(ours.status)") }
    result += RowComparison(theirs: rows, ours: ours.rows).differences
    result += RowComparison(theirs: errors, ours: ours.errors).differences.map { "standard error: \($0)" }
    return result
  }
}

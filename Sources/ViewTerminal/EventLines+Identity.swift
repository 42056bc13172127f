import Model
import ViewText

extension EventLines {
  /// `  user 1000 → 0  effective group 5 → 0`: only what has changed.
  func append(_ change: CredentialChange, to text: inout TextBuffer) {
    append("user", change.before.user, change.after.user, to: &text)
    append("group", change.before.group, change.after.group, to: &text)
  }

  private func append(_ noun: StaticString, _ before: IDSet, _ after: IDSet, to text: inout TextBuffer) {
    // The usual case: all are the same, and so they are afterwards.
    if before != after, Set(before.all).count == 1, Set(after.all).count == 1 {
      append("", noun, before.real, after.real, to: &text)
      return
    }
    append("real ", noun, before.real, after.real, to: &text)
    append("effective ", noun, before.effective, after.effective, to: &text)
    append("saved ", noun, before.saved, after.saved, to: &text)
    // It follows the effective one, unless setfsuid(2) parts them.
    if after.fileSystem == after.effective { return }
    append("file system ", noun, before.fileSystem, after.fileSystem, to: &text)
  }

  private func append(
    _ adjective: StaticString, _ noun: StaticString, _ before: UInt32, _ after: UInt32,
    to text: inout TextBuffer
  ) {
    if before == after { return }
    text.append("  ")
    text.append(adjective)
    text.append(noun)
    text.append(" ")
    text.append(decimal: before)
    text.append(" → ")
    text.append(decimal: after)
  }

  /// `  net 4026531833 → 4026532247`
  func append(_ change: NamespaceChange, to text: inout TextBuffer) {
    for step in change.steps {
      text.append("  ")
      text.append(terminal: step.kind)
      text.append(" ")
      text.append(decimal: step.before)
      text.append(" → ")
      text.append(decimal: step.after)
    }
  }
}

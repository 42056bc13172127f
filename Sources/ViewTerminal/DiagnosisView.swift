import Model
import ViewText

/// `sockeye doctor`: a line a source, and beneath it what is lost and what would help.
public enum DiagnosisView {
  public static func append(_ diagnoses: [Diagnosis], isColored: Bool, to text: inout TextBuffer) {
    let widest = diagnoses.map(\.subject.utf8.count).max() ?? 0
    for diagnosis in diagnoses {
      text.append(diagnosis.status.word, diagnosis.status.style, if: isColored)
      text.append(terminal: diagnosis.subject)
      text.append(repeating: 0x20, count: widest - diagnosis.subject.utf8.count + 2)
      text.append(terminal: diagnosis.finding)
      text.append("\n")
      appendLine("lost: ", diagnosis.loss, indent: widest + 10, to: &text)
      appendLine("remedy: ", diagnosis.remedy, indent: widest + 10, to: &text)
    }
  }

  private static func appendLine(
    _ label: StaticString, _ content: String?, indent: Int, to text: inout TextBuffer
  ) {
    guard let content else { return }
    text.append(repeating: 0x20, count: indent)
    text.append(label)
    text.append(terminal: content)
    text.append("\n")
  }
}

extension Diagnosis.Status {
  /// Eight columns wide.
  fileprivate var word: StaticString {
    switch self {
    case .proved: "proved  "
    case .partial: "partial "
    case .missing: "missing "
    }
  }

  fileprivate var style: Style {
    switch self {
    case .proved: .green
    case .partial: .yellow
    case .missing: .red
    }
  }
}

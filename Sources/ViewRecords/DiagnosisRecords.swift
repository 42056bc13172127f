import Model
import ViewText

/// `sockeye doctor -o json`.
public enum DiagnosisRecords {
  /// One object a line; an array of them for `json`.
  public static func append(_ diagnoses: [Diagnosis], isArray: Bool, to text: inout TextBuffer) {
    if isArray { text.append("[") }
    for (position, diagnosis) in diagnoses.enumerated() {
      if isArray { text.append(position == 0 ? "\n" : ",\n") }
      append(diagnosis, to: &text)
      if !isArray { text.append("\n") }
    }
    if isArray { text.append("\n]\n") }
  }

  private static func append(_ diagnosis: Diagnosis, to text: inout TextBuffer) {
    text.append(#"{"schema":"sockeye/1","diagnosis":{"subject":"#)
    text.append(json: diagnosis.subject)
    text.append(#","status":"#)
    text.append(json: diagnosis.status.rawValue)
    text.append(#","finding":"#)
    text.append(json: diagnosis.finding)
    if let loss = diagnosis.loss {
      text.append(#","loss":"#)
      text.append(json: loss)
    }
    if let remedy = diagnosis.remedy {
      text.append(#","remedy":"#)
      text.append(json: remedy)
    }
    text.append("}}")
  }
}

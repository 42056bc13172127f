import Foundation

/// Compares text with a file in the `Golden` folder beside the test.
public enum Golden {
  /// nil when they agree; otherwise what differs and how to accept it.
  ///
  /// With SOCKEYE_UPDATE_GOLDEN=1 in the environment the file is written instead.
  public static func difference(_ text: String, _ name: String, testFile: String) -> String? {
    let folder = URL(fileURLWithPath: testFile).deletingLastPathComponent().appendingPathComponent("Golden")
    let file = folder.appendingPathComponent(name)
    if ProcessInfo.processInfo.environment["SOCKEYE_UPDATE_GOLDEN"] == "1" {
      do { try Data(text.utf8).write(to: file) } catch { return "cannot write \(file.path): \(error)" }
      return nil
    }
    guard let data = FileManager.default.contents(atPath: file.path) else {
      return "no golden file \(file.path); SOCKEYE_UPDATE_GOLDEN=1 swift test writes it"
    }
    let expected = String(decoding: data, as: UTF8.self)
    if expected.utf8.elementsEqual(text.utf8) { return nil }
    return
      "\(name) differs:\n\(lines(expected, text))\nSOCKEYE_UPDATE_GOLDEN=1 swift test accepts the new text."
  }

  /// The lines that differ, `-` expected and `+` found.
  private static func lines(_ expected: String, _ found: String) -> String {
    let before = expected.split(separator: "\n", omittingEmptySubsequences: false)
    let after = found.split(separator: "\n", omittingEmptySubsequences: false)
    var out: [String] = []
    for index in 0..<max(before.count, after.count) {
      let old = index < before.count ? String(before[index]) : nil
      let new = index < after.count ? String(after[index]) : nil
      if old == new { continue }
      if let old { out.append("\(index + 1) - \(old.debugDescription)") }
      if let new { out.append("\(index + 1) + \(new.debugDescription)") }
    }
    return out.joined(separator: "\n")
  }
}

import KernelSystem

/// Changes of the kernel's tracing directory, undone in reverse order when this value goes.
struct TraceSettings: ~Copyable {
  let directory: TraceDirectory
  private var changed: [(file: String, before: String)] = []

  init(_ directory: consuming TraceDirectory) { self.directory = directory }

  mutating func change(_ file: String, to text: String) throws(SystemError) {
    let before = Self.value(try directory.text(file))
    if before == text { return }
    try directory.write(text, to: file)
    changed.append((file, before))
  }

  /// A list in a file that has none yet; what the kernel does not know of is left out. How many are in it.
  @discardableResult
  mutating func fill(_ file: String, with entries: [String]) throws(SystemError) -> Int {
    changed.append((file, ""))
    var count = 0
    for entry in entries {
      do throws(SystemError) {
        try directory.write(entry, to: file, appends: true)
        count += 1
      } catch {
        if error.errno != .invalidArgument { throw error }
      }
    }
    return count
  }

  /// What a file's text stands for: `local [boot]` is `boot`, `7 (expanded: 1408)` is `1408`.
  static func value(_ text: String) -> String {
    if let choice = text.split(separator: "[", omittingEmptySubsequences: false).dropFirst().first {
      return String(choice.prefix { $0 != "]" })
    }
    let words = text.split(separator: " ")
    return words.count == 3 ? String(words[2].prefix { $0.isNumber }) : text
  }

  deinit {
    for (file, before) in changed.reversed() {
      // It could be written before, and there is nobody to tell.
      do throws(SystemError) { try directory.write(before, to: file) } catch { continue }
    }
  }
}

import CLinux
import KernelSystem

/// Changes of the kernel's tracing directory, undone in reverse order when this value goes.
///
/// One at a time (flock(2)). What was there before is kept in a file until then: where a process was killed in between, the
/// next one undoes its changes.
struct TraceSettings: ~Copyable {
  struct Change {
    var file: String
    /// The text of a setting, or the entries of a list that is empty; of these some may be unknown to the kernel.
    var entries: [String]
    var isList: Bool

    static func value(_ file: String, _ text: String) -> Change {
      Change(file: file, entries: [text], isList: false)
    }
    static func list(_ file: String, _ entries: [String]) -> Change {
      Change(file: file, entries: entries, isList: true)
    }
  }
  struct Former: Equatable {
    var file: String
    var text: String
  }

  private static let folder = "/run/sockeye"
  private static let record = "function-graph"

  let directory: TraceDirectory
  private let lock: OwnedDescriptor
  private var changed: [Former] = []

  /// Throws EAGAIN while somebody else has one.
  init(_ directory: consuming TraceDirectory) throws(SystemError) {
    let path = "\(directory.path)/README"
    let lock = try OwnedDescriptor.open(path)
    if lock.borrow({ flock($0, LOCK_EX | LOCK_NB) }) != 0 { throw SystemError("flock", on: path, .current) }
    self.lock = lock
    self.directory = directory
    changed = Self.left()
    undo()
    changed = []
  }

  deinit { undo() }

  /// Throws at the first that fails; what was changed before it is undone with the value.
  mutating func apply(_ changes: [Change]) throws(SystemError) {
    for change in changes {
      let text = change.isList ? "" : Self.value(try directory.text(change.file))
      changed.append(Former(file: change.file, text: text))
    }
    keep()
    for change in changes {
      for entry in change.entries {
        do throws(SystemError) { try directory.write(entry, to: change.file, appends: change.isList) } catch {
          if !change.isList || error.errno != .invalidArgument { throw error }
        }
      }
    }
  }

  private func undo() {
    for former in changed.reversed() {
      // It could be written before, and there is nobody to tell.
      do throws(SystemError) { try directory.write(former.text, to: former.file) } catch { continue }
    }
    if !changed.isEmpty { Self.write([]) }
  }

  /// What a file's text stands for: `local [boot]` is `boot`, `7 (expanded: 1408)` is `1408`.
  static func value(_ text: String) -> String {
    if let choice = text.split(separator: "[", omittingEmptySubsequences: false).dropFirst().first {
      return String(choice.prefix { $0 != "]" })
    }
    let words = text.split(separator: " ")
    return words.count == 3 ? String(words[2].prefix { $0.isNumber }) : text
  }

  private func keep() { Self.write(Self.text(changed)) }

  /// A line a file: its name, a tab, its text.
  static func text(_ settings: [Former]) -> [UInt8] {
    settings.flatMap { Array("\($0.file)\t\($0.text)\n".utf8) }
  }

  static func parse(_ bytes: [UInt8]) -> [Former] {
    String(decoding: bytes, as: UTF8.self).split(separator: "\n").compactMap { (line) in
      let parts = line.split(separator: "\t", maxSplits: 1, omittingEmptySubsequences: false)
      return parts.count == 2 ? Former(file: String(parts[0]), text: String(parts[1])) : nil
    }
  }

  private static func left() -> [Former] {
    do throws(PrivateFileError) {
      return parse(try PrivateDirectory(at: folder).contents(of: record, limit: 1 << 16))
    } catch { return [] }  // nobody has left anything
  }

  /// Without it only a kill leaves something behind.
  private static func write(_ bytes: [UInt8]) {
    do throws(PrivateFileError) {
      try PrivateDirectory(at: folder, creating: true).replace(record, with: bytes)
    } catch { return }
  }
}

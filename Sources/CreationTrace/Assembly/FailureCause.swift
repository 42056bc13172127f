import KernelSystem
import Model

/// Why an exec failed, as far as the file that it named tells.
///
/// Looked at after the failure, so it may have changed; a relative path is looked for where its process is.
enum FailureCause {
  static func failure(result: Int64, path: RawText, directory: String) -> CreationFailure {
    let errno = Errno(rawValue: Int32(truncatingIfNeeded: -result))
    return CreationFailure(
      code: errno.name, text: errno.description,
      cause: path.isEmpty ? nil : cause(errno, located(path, directory)).map { RawText($0) })
  }

  static func located(_ path: RawText, _ directory: String) -> String {
    let text = path.lossyString
    return text.hasPrefix("/") ? text : directory + "/" + text
  }

  private static func cause(_ errno: Errno, _ path: String) -> String? {
    let facts = ExecutableFacts(path: path)
    switch errno.name {
    case "ENOENT":
      guard let facts else { return nil }
      if let interpreter = facts.scriptInterpreter {
        let name = String(decoding: interpreter, as: UTF8.self)
        return "the script names the interpreter \(name), which is missing"
      }
      if let loader = ImageStore().image(path: path)?.interpreter, ExecutableFacts(path: loader) == nil {
        return "the program names the loader \(loader), which is missing"
      }
      return nil
    case "EACCES":
      guard let facts else { return nil }
      if facts.kind == .directory { return "it is a directory" }
      if facts.kind == .other { return "it is no regular file" }
      if facts.mode & 0o111 == 0 { return "it has no execute permission" }
      if let interpreter = facts.scriptInterpreter {
        let name = String(decoding: interpreter, as: UTF8.self)
        if let found = ExecutableFacts(path: name), found.kind != .regular || found.mode & 0o111 == 0 {
          return "the script names the interpreter \(name), which cannot be executed"
        }
      }
      return nil
    case "ENOEXEC":
      guard let facts else { return nil }
      if facts.head.isEmpty { return "the file is empty" }
      return facts.head.starts(with: "\u{7f}ELF".utf8)
        ? "an ELF file that is not for this machine, or damaged" : "neither a program nor a script with #!"
    default: return nil
    }
  }

  /// The interpreters that lie between a script and the program that runs: `script`, then what each names.
  static func interpreters(script: RawText, last: RawText, directory: String) -> [RawText] {
    guard script != last else { return [] }
    var chain: [RawText] = []
    var path = script
    // BINPRM_BUF_SIZE chains of more than 5 are refused by the kernel (ELOOP).
    while chain.count < 6, path != last,
      let name = ExecutableFacts(path: located(path, directory))?.scriptInterpreter
    {
      path = RawText(name)
      chain.append(path)
    }
    return chain.last == last ? chain : [last]
  }
}

import Foundation
import Testing

/// The sources keep the rules of DESIGN §3 and STYLE.
@Suite struct ArchitectureTests {
  @Test("Every target imports what its row of the table allows, and nothing else")
  func imports() throws {
    try report(Package.sources().flatMap(Rules.imports))
  }

  @Test("Every target depends in Package.swift on what its row of the table allows, and nothing else")
  func dependencies() throws {
    let targets = try Package.targets().filter(\.isSource)
    report(targets.flatMap(Rules.dependencies))
  }

  @Test("The table has one row for each folder of Sources, and each folder is a target")
  func rows() throws {
    let folders = Set(try Package.sources().map(\.target))
    let targets = Set(try Package.targets().filter(\.isSource).map(\.name))
    #expect(folders == Set(Rules.allowances.keys))
    #expect(folders == targets)
  }

  @Test(
    "Foundation is nowhere below the views, ArgumentParser only in sockeye, and no Kernel* module in a view")
  func tableItself() {
    let below = [
      "CLinux", "Model", "KernelSystem", "KernelProc", "KernelNetlink", "KernelBPF", "KernelTracefs",
      "Attribution",
      "Observer",
    ]
    for (target, allowance) in Rules.allowances {
      let modules = allowance.own.union(allowance.others)
      #expect(!modules.contains("Foundation"), "\(target)")
      #expect(modules.contains("ArgumentParser") == (target == "sockeye"), "\(target)")
      if below.contains(target) { #expect(!modules.contains { $0.hasPrefix("Foundation") }, "\(target)") }
      if target.hasPrefix("View") || target == "Attribution" {
        #expect(!modules.contains { $0.hasPrefix("Kernel") || $0 == "CLinux" }, "\(target)")
      }
    }
  }

  @Test("Unsafe code lives in Kernel*, and says why it is sound")
  func unsafeCode() throws {
    try report(Package.sources().flatMap(Rules.unsafeCode))
  }

  @Test("Each exception is still needed")
  func exceptions() throws {
    let sources = try Package.sources()
    for path in Rules.unsafeExceptions.keys.sorted() + Rules.withoutSafetyLine.sorted() {
      let file = sources.first { $0.path == path }
      #expect(file.map { SwiftSource($0.text).uses("unsafe") } == true, "\(path) needs no exception")
    }
    for file in sources where Rules.withoutSafetyLine.contains(file.path) {
      #expect(!file.text.contains("// SAFETY:"), "\(file.path) has its SAFETY line: take it off the list")
    }
  }

  @Test("No folder is named Utils, Helpers, Common, Types or Extras")
  func folders() throws {
    let paths = try ["Sources", "Tests", "Plugins", "Benchmarks", "Fuzz", "Documentation"].flatMap(
      Package.paths)
    report(paths.flatMap(Rules.folders))
  }

  @Test("No file of Sources has more than 400 lines")
  func lengths() throws {
    try report(Package.sources().flatMap(Rules.length))
  }
}

/// One issue a violation.
private func report(_ violations: [String], sourceLocation: SourceLocation = #_sourceLocation) {
  for violation in violations { Issue.record(Comment(rawValue: violation), sourceLocation: sourceLocation) }
}

/// Each rule finds what it forbids: a rule that cannot fail keeps nothing.
@Suite struct RuleTests {
  private func swift(_ path: String, _ text: String) -> SourceFile { SourceFile(path: path, text: text) }

  @Test(
    "A forbidden import is found in every form that Swift has for it",
    arguments: [
      "import Observer", "@testable import Observer", "private import Observer",
      "import struct Observer.HolderPlan",
      "  import Observer  // why not", "@_exported public import Observer",
      "#if DEBUG\nimport Observer\n#endif",
    ])
  func forbiddenImport(_ text: String) {
    #expect(Rules.imports(of: swift("Sources/Model/X.swift", text)).count == 1)
  }

  @Test(
    "What only looks like an import is none",
    arguments: [
      "// import Observer", "/* a /* b */\nimport Observer */", "let a = \"\"\"\nimport Observer\n\"\"\"",
    ])
  func noImport(_ text: String) {
    #expect(Rules.imports(of: swift("Sources/Model/X.swift", text)) == [])
  }

  @Test(
    "Each layer is refused what lies above or beside it",
    arguments: [
      ("Model", "CLinux"), ("Model", "Foundation"), ("KernelSystem", "Model"),
      ("KernelProc", "KernelNetlink"),
      ("KernelBPF", "Foundation"), ("Attribution", "KernelProc"), ("Observer", "ViewText"),
      ("Observer", "CLinux"),
      ("ViewText", "KernelSystem"), ("ViewRecords", "ViewTerminal"), ("ViewTerminal", "Foundation"),
      ("ViewRecords", "ArgumentParser"), ("sockeye", "Foundation"), ("sockeye", "CLinux"),
      ("Newcomer", "Model"),
    ])
  func layer(_ target: String, _ module: String) {
    #expect(Rules.imports(of: swift("Sources/\(target)/X.swift", "import \(module)")).count == 1)
  }

  @Test("Unsafe code outside Kernel* is found, also within an interpolation")
  func unsafeOutside() {
    #expect(
      Rules.unsafeCode(in: swift("Sources/Model/X.swift", "// SAFETY: no\nlet a = unsafe f()")).count == 1)
    #expect(Rules.unsafeCode(in: swift("Sources/Model/X.swift", #"let a = "\(unsafe f())""#)).count == 1)
  }

  @Test("Unsafe code in Kernel* without a SAFETY line is found; with one it may stay")
  func unsafeWithoutReason() {
    let path = "Sources/KernelSystem/X.swift"
    #expect(Rules.unsafeCode(in: swift(path, "let a = unsafe f()")).count == 1)
    #expect(Rules.unsafeCode(in: swift(path, "// SAFETY: checked above.\nlet a = unsafe f()")) == [])
  }

  @Test("The word unsafe in a comment, a literal or a longer name is no unsafe code")
  func unsafeWord() {
    let text = #"// unsafe"# + "\n" + ##"let a = #"unsafe"#; let unsafeThing = withUnsafeBytes(a)"##
    #expect(Rules.unsafeCode(in: swift("Sources/Model/X.swift", text)) == [])
  }

  @Test(
    "A folder that says nothing is found at any depth",
    arguments: ["Sources/Utils/X.swift", "Tests/A/Helpers/B/X.c"])
  func folder(_ path: String) {
    #expect(Rules.folders(of: path).count == 1)
    #expect(Rules.folders(of: "Sources/Model/Types.swift") == [])
  }

  @Test("A file of 401 lines is found, one of 400 is not")
  func length() {
    let line = "let a = 1\n"
    #expect(Rules.length(of: swift("Sources/Model/X.swift", String(repeating: line, count: 401))).count == 1)
    #expect(Rules.length(of: swift("Sources/Model/X.swift", String(repeating: line, count: 400))) == [])
  }

  @Test("A dependency that the table does not allow is found in the manifest")
  func dependency() throws {
    let dump = """
      {"targets":[{"name":"Model","type":"regular","dependencies":[{"byName":["KernelProc",null]}]},
      {"name":"ViewRecords","type":"regular","dependencies":[{"byName":["Model",null]},
      {"product":["ArgumentParser","swift-argument-parser",null,null]},{"target":["Observer",null]}]}]}
      """
    let targets = try Package.targets(inDump: Data(dump.utf8))
    #expect(
      targets.flatMap(Rules.dependencies) == [
        "Package.swift: Model may not depend on KernelProc",
        "Package.swift: ViewRecords may not depend on ArgumentParser",
        "Package.swift: ViewRecords may not depend on Observer",
      ])
  }
}

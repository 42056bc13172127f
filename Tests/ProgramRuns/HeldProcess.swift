import Foundation

/// A program that makes something, prints `ready`, and keeps it until its standard input ends.
public final class HeldProcess {
  public let pid: Int32
  /// What it printed before `ready`.
  public let lines: [String]
  private let process = Process()
  private let input = Pipe()

  public init(_ command: [String]) throws {
    let output = Pipe()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = command
    process.standardInput = input
    process.standardOutput = output
    try process.run()
    pid = process.processIdentifier
    guard let text = Self.textUntilReady(output.fileHandleForReading) else {
      process.waitUntilExit()
      throw RunFailure("\(command.joined(separator: " ")): ended with \(process.terminationStatus)")
    }
    lines = text.split(separator: "\n").map(String.init)
  }

  deinit { end() }

  /// Lets it end, and waits for that.
  public func end() {
    try? input.fileHandleForWriting.close()  // its end is what the program waits for
    process.waitUntilExit()
  }

  /// nil if the output ended before `ready`.
  private static func textUntilReady(_ handle: FileHandle) -> String? {
    var bytes: [UInt8] = []
    while bytes != Array("ready\n".utf8), bytes.suffix(7) != Array("\nready\n".utf8)[...] {
      let piece = handle.availableData
      if piece.isEmpty { return nil }
      bytes += piece
    }
    return String(decoding: bytes.dropLast(6), as: UTF8.self)
  }
}

import Foundation
import ProgramRuns
import Testing

extension HostTests {
  /// What fails under a recorder and its readers, at the command line: a clear message, and nothing destroyed.
  @Suite struct RecordFaultTests {
    private func record(_ database: URL, _ options: [String] = []) throws -> ToolRun {
      try ToolRun.run(
        [BuiltProducts.sockeye, "record", "--config", "/dev/null", "--database", database.path] + options)
    }

    /// A database with a recorded storm, stopped in good order.
    private func recorded(in folder: URL) throws -> URL {
      let record = try BackgroundRecord(in: folder)
      _ = try ToolRun.run([Watching.fixture, "storm", "23", "3", "1"])
      #expect(record.end() == 0)
      return folder.appending(path: "history.db")
    }

    @Test("A database on a file system that may not be written to is refused, and stays as it is")
    func readOnly() throws {
      let folder = try BackgroundRecord.makeFolder()
      defer { try? FileManager.default.removeItem(at: folder) }
      let mount = try ToolRun.run(["mount", "-t", "tmpfs", "none", folder.path])
      try #require(mount.status == 0, "tmpfs cannot be mounted: \(mount.errors)")
      defer { _ = try? ToolRun.run(["umount", folder.path]) }
      let database = try recorded(in: folder)
      let bytes = try Data(contentsOf: database)
      #expect(try ToolRun.run(["mount", "-o", "remount,ro", folder.path]).status == 0)
      let refused = try record(database)
      #expect(refused.status == 2)
      #expect(
        refused.errors
          == "sockeye: the store may not be written to: \(database.path): the file system is read-only\n")
      #expect(try Data(contentsOf: database) == bytes)
      let new = try record(folder.appending(path: "other/history.db"))
      #expect(new.status == 2 && new.errors.contains("\(folder.path)/other"), "\(new.errors)")
    }

    @Test(
      "Damaged pages stop the recorder and its readers with a message; the file stays as it is until it is set aside"
    )
    func damagedPages() throws {
      let folder = try BackgroundRecord.makeFolder()
      defer { try? FileManager.default.removeItem(at: folder) }
      let database = try recorded(in: folder)
      var bytes = try Data(contentsOf: database)
      // All but the first two pages, which hold the schema.
      bytes.replaceSubrange(8192..<bytes.count, with: Data(repeating: 0xee, count: bytes.count - 8192))
      try bytes.write(to: database)
      let refused = try record(database)
      #expect(refused.status == 2)
      #expect(refused.errors.contains("is damaged or not a database"), "\(refused.errors)")
      #expect(refused.errors.contains("--set-aside renames it"), "\(refused.errors)")
      for question in [
        ["history"], ["sql", "SELECT * FROM connections"], ["who", ":443", "--since", "1h ago"],
        ["map", "--since", "1h ago"],
      ] {
        let asked = try ToolRun.run([BuiltProducts.sockeye] + question + ["--database", database.path])
        #expect(asked.status == 2, "\(question)")
        #expect(asked.errors.contains("damaged"), "\(question): \(asked.errors)")
      }
      #expect(try Data(contentsOf: database) == bytes)
      let next = try BackgroundRecord(["--set-aside"], in: folder)
      #expect(next.errors.contains("is damaged, and is now "))
      #expect(next.end() == 0)
      let aside = try FileManager.default.contentsOfDirectory(atPath: folder.path).filter {
        $0.hasPrefix("history.db.damaged-") && !$0.hasSuffix("-wal") && !$0.hasSuffix("-shm")
      }
      #expect(try aside.map { try Data(contentsOf: folder.appending(path: $0)) } == [bytes])
    }

    @Test("A database that is cut short is told of as damaged, by the recorder and by its readers")
    func cut() throws {
      let folder = try BackgroundRecord.makeFolder()
      defer { try? FileManager.default.removeItem(at: folder) }
      let database = try recorded(in: folder)
      let bytes = try Data(contentsOf: database).prefix(3 * 4096 + 100)
      try bytes.write(to: database)
      for run in [
        try record(database),
        try ToolRun.run([BuiltProducts.sockeye, "history", "--database", database.path]),
      ] {
        #expect(run.status == 2 && run.errors.contains("damaged"), "\(run.errors)")
      }
      #expect(try Data(contentsOf: database) == bytes)
    }

    @Test(
      "Damage that comes about while it records ends the recording, with a message, and is not written over")
    func damagedMeanwhile() throws {
      let folder = try BackgroundRecord.makeFolder()
      defer { try? FileManager.default.removeItem(at: folder) }
      let database = try recorded(in: folder)
      let recorder = try BackgroundRecord(in: folder)
      let file = try FileHandle(forWritingTo: database)
      let size = try file.seekToEnd()
      try file.seek(toOffset: 8192)
      try file.write(contentsOf: Data(repeating: 0xee, count: Int(size) - 8192))
      try file.close()
      // What it does not hold in memory it must read: old names, old processes.
      try recorder.wait(
        for: "damaged",
        while: {
          _ = try? ToolRun.run([Watching.fixture, "storm", "5", "3", "1"])
        })
      #expect(recorder.waitForEnd() == 2, "\(recorder.errors)")
      #expect(recorder.errors.contains("--set-aside renames it"))
      let damaged = try Data(contentsOf: database)
      #expect(damaged.dropFirst(8192).prefix(4096) == Data(repeating: 0xee, count: 4096))
    }
  }
}

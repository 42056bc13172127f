import KernelSystem
import Model
import Observer
import ViewNetstat
import ViewText

/// One run of the ss personality.
struct SSRun {
  var options: SSOptions
  private let host = SSHost()
  private let output = Output.standard()
  private let procPath = ThisProcess.environment("PROC_ROOT")

  init(_ options: SSOptions) { self.options = options }

  /// The exit status.
  mutating func run() throws -> Int32 {
    if let file = options.dumpFile { return try dump(to: file) }
    let filter: SSFilter?
    switch readFilter() {
    case .success(let found): filter = found
    case .failure(let end): return end.status
    }
    let holders = options.namesHolders ? SocketHolders(holderRequest) : nil
    var table = SSTable(
      options, filter: filter, holders: holders?.list ?? HolderList(), names: host.names,
      screenWidth: output.isTerminal ? output.width ?? 80 : nil, sink: output.sink)
    if options.follows { return try follow(&table, holders) }
    var tables = SSTableReader(options, filter: filter, holders: holders, procPath: procPath)
    tables.read(into: &table)
    table.flush()
    try output.finish()
    return 0
  }

  private var holderRequest: SocketHolders.Request {
    var request = SocketHolders.Request()
    request.listsThreads = options.showsThreads
    request.taskContexts = options.showsTaskContexts
    request.fileContexts = options.showsFileContexts
    request.procPath = procPath
    request.families = [.unix, .inet, .inet6, .packet, .vsock, .xdp, .tipc].filter {
      options.selection.families.contains($0)
    }
    return request
  }

  // MARK: Filter

  private struct End: Error { let status: Int32 }

  /// The filter of words and file; after its message an end.
  private mutating func readFilter() -> Result<SSFilter?, End> {
    var words = options.filter
    if let file = options.filterFile {
      let path = file.hasPrefix("-") ? "/dev/stdin" : file
      do throws(SystemError) {
        for line in try TextFile.read(path, atMost: 1 << 20).split(separator: 10) {
          // Comments; so ss takes a line that begins with 0.
          if line.first == UInt8(ascii: "#") || line.first == UInt8(ascii: "0") { continue }
          words.append(String(decoding: line, as: UTF8.self))
        }
      } catch {
        SSPersonality.tell(["fopen filter file: \(error.errno)"])
        return .failure(End(status: 255))
      }
    }
    let selection = options.selection
    var transports: [String] = []
    if selection.tables.contains(.udp) { transports.append("udp") }
    if selection.tables.contains(.tcp) { transports.append("tcp") }
    var parser = SSFilterParser(
      words: words, family: selection.preferredFamily, transports: transports, names: host.filterNames)
    do throws(SSFilterError) {
      let filter = try parser.parse()
      if parser.narrowsFamily { options.selection.narrow(to: parser.family) }
      return .success(filter)
    } catch {
      switch error {
      case .value(let lines):
        SSPersonality.tell(lines)
        return .failure(End(status: 1))
      case .syntax:
        SSPersonality.tell(["ss: bison bellows (while parsing filter): \"syntax error!\" Sorry."])
      case .tooDeep:
        SSPersonality.tell(["ss: bison bellows (while parsing filter): \"memory exhausted!\" Sorry."])
      }
      Output.error().write(SSHelp.text)
      return .failure(End(status: 255))
    }
  }

  // MARK: Events

  private mutating func follow(_ table: inout SSTable, _ holders: SocketHolders?) throws -> Int32 {
    let selection = options.selection
    let (tcp, udp) = (selection.tables.contains(.tcp), selection.tables.contains(.udp))
    let (v4, v6) = (selection.families.contains(.inet), selection.families.contains(.inet6))
    guard tcp || udp, v4 || v6 else { return 255 }
    do {
      var ended = try EndedSockets(tcp4: tcp && v4, tcp6: tcp && v6, udp4: udp && v4, udp6: udp && v6)
      // What has ended cannot be closed: with -K nothing is left to be shown.
      let kills = options.kills
      var lost: UInt64 = 0
      while table.isOpen {
        try ended.next { row in
          var row = row
          holders?.attach(to: &row)
          if !kills { table.internet(row) }
          table.flush()
        }
        if ended.lost > lost {
          SSPersonality.tell(["ss: \(ended.lost - lost) sockets ended unseen: there was no room for them"])
          lost = ended.lost
        }
      }
      try output.finish()
      return 0
    } catch let error as SystemError {
      SSPersonality.tell(["\(error.call.text): \(error.errno)"])
      return 255
    }
  }

  // MARK: Raw answers

  /// The kernel's answer about TCP, as it came.
  private func dump(to file: String) throws -> Int32 {
    var reader = SSTableReader(options, filter: nil, holders: nil, procPath: procPath)
    if file.hasPrefix("-") {
      reader.copyTCP { _ = output.sink($0) }
      try output.finish()
      return 0
    }
    let target: FileOutput
    do throws(SystemError) { target = try FileOutput(file) } catch {
      SSPersonality.tell(["fopen dump file: \(error.errno)"])
      return 255
    }
    reader.copyTCP { _ = target.sink($0) }
    do throws(SystemError) { try target.finish() } catch { throw Failure("\(error)") }
    return 0
  }
}

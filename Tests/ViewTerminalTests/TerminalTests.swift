import Model
import Testing
import ViewFixtures
import ViewText

@testable import ViewTerminal

private func collect(_ body: (TextBuffer.Sink) -> Void) -> String {
  var bytes: [UInt8] = []
  body { chunk in
    for index in chunk.indices { bytes.append(chunk[index]) }
    return true
  }
  return String(decoding: bytes, as: UTF8.self)
}

private func table(_ snapshot: Snapshot, _ change: (inout TableOptions) -> Void = { _ in }) -> String {
  var options = TableOptions()
  change(&options)
  let order = SocketOrder.sorted(snapshot, Array(snapshot.sockets.indices))
  return collect { SocketTableView.write(snapshot, sockets: order, options, to: $0) }
}

private func expectGolden(_ text: String, _ name: String) {
  let difference = Golden.difference(text, name, testFile: #filePath)
  #expect(difference == nil, "\(difference ?? "")")
}

private let fixtures = [("host", Fixture.host), ("hostile", Fixture.hostile)]

@Suite struct TableTests {
  @Test("Tables are as the golden files have them", arguments: fixtures)
  func golden(fixture: (String, Fixture)) {
    let snapshot = fixture.1.snapshot
    expectGolden(table(snapshot), "\(fixture.0)-table.txt")
    expectGolden(table(snapshot) { $0.width = 80 }, "\(fixture.0)-table-80.txt")
    expectGolden(table(snapshot) { $0.isWide = true }, "\(fixture.0)-wide.txt")
    expectGolden(table(snapshot) { $0.columns = Column.allCases }, "\(fixture.0)-all-columns.txt")
    let details: DetailLines = [.info, .memory, .timers]
    expectGolden(
      table(snapshot) {
        $0.width = 100
        $0.details = details
      }, "\(fixture.0)-details.txt")
    expectGolden(
      table(snapshot) {
        $0.isColored = true
        $0.width = 120
      }.replacing("\u{1b}", with: "<ESC>"), "\(fixture.0)-colour.txt")
  }

  @Test(
    "No line is wider than the terminal, however narrow it is", arguments: fixtures,
    [24, 40, 60, 80, 100, 132])
  func fits(fixture: (String, Fixture), width: Int) {
    let text = table(fixture.1.snapshot) {
      $0.width = width
      $0.columns = Column.standard
    }
    for line in text.split(separator: "\n") {
      #expect(DisplayWidth.of(line.utf8.span) <= width, "\(line)")
    }
  }

  @Test("What a narrow terminal leaves out is said")
  func footer() {
    let text = table(Fixture.host.snapshot) { $0.width = 60 }
    #expect(text.contains("hidden: "))
    #expect(text.contains("-o wide"))
    #expect(!table(Fixture.host.snapshot).contains("-o wide"))
  }

  @Test("Sorting by a column puts unknown values last, ascending and descending")
  func sorting() {
    let snapshot = Fixture.host.snapshot
    let all = Array(snapshot.sockets.indices)
    for text in ["pid", "-pid", "rtt", "user", "-state", "local", "-peer"] {
      let key = SortKey(parsing: text)
      #expect(key != nil)
      #expect(SocketOrder.sorted(snapshot, all, by: key).sorted() == all)
    }
    let ascending = SocketOrder.sorted(snapshot, all, by: SortKey(.pid))
    let descending = SocketOrder.sorted(snapshot, all, by: SortKey(.pid, isDescending: true))
    #expect(snapshot.sockets[ascending[0]].holdingCount > 0)
    #expect(snapshot.sockets[descending[0]].holdingCount > 0)
    #expect(snapshot.sockets[descending[all.count - 1]].holdingCount == 0)
    #expect(SortKey(parsing: "colour") == nil)
  }

  @Test("A column list names the word that it does not know")
  func columnList() throws {
    #expect(try Column.list(parsing: "proto,local") == [.proto, .local])
    #expect(throws: UnknownColumn(word: "prot")) { try Column.list(parsing: "local,prot") }
  }
}

@Suite struct OtherViewTests {
  @Test("Trees, summaries, cards and gaps are as the golden files have them", arguments: fixtures)
  func golden(fixture: (String, Fixture)) {
    let (name, snapshot) = (fixture.0, fixture.1.snapshot)
    let order = SocketOrder.sorted(snapshot, Array(snapshot.sockets.indices))
    expectGolden(
      collect { TreeView.write(snapshot, sockets: order, TableOptions(), to: $0) }, "\(name)-tree.txt")
    var text = TextBuffer()
    let summary = SnapshotSummary(snapshot, sockets: order)
    SummaryView.append(summary, of: snapshot, isColored: false, limit: 4, to: &text)
    expectGolden(text.string, "\(name)-summary.txt")
    text.removeAll()
    GapLines.append(snapshot.gaps, isColored: false, to: &text)
    expectGolden(text.string, "\(name)-gaps.txt")
    text.removeAll()
    let subjects =
      snapshot.sockets.indices.map(WhoAnswer.Subject.socket)
      + snapshot.processes.indices.map(WhoAnswer.Subject.process)
    for subject in subjects {
      var answer = WhoAnswer(subject)
      if case .socket(let index) = subject { answer.peerSocket = snapshot.peer(ofSocketAt: index) }
      answer.openedWallNanoseconds = snapshot.takenWallNanoseconds - 61_000_000_000
      WhoCard.append(answer, of: snapshot, isColored: false, to: &text)
      text.append("\n")
    }
    expectGolden(text.string, "\(name)-who.txt")
  }

  @Test("Nothing that any view prints steers a terminal")
  func hostile() {
    let snapshot = Fixture.hostile.snapshot
    let all = Array(snapshot.sockets.indices)
    var text = TextBuffer()
    WhoCard.append(WhoAnswer(.process(0)), of: snapshot, isColored: false, to: &text)
    GapLines.append(snapshot.gaps, isColored: false, to: &text)
    let everything =
      table(snapshot) { $0.columns = Column.allCases } + table(snapshot) { $0.isWide = true } + text.string
      + collect { TreeView.write(snapshot, sockets: all, TableOptions(), to: $0) }
    for scalar in everything.unicodeScalars where scalar != "\n" {
      #expect(scalar.value >= 0x20 && !(0x7f..<0xa0).contains(scalar.value))
      #expect(!(0x2028...0x202e).contains(scalar.value) && !(0x2066...0x2069).contains(scalar.value))
    }
  }
}

@Test("A holder that ended before its name could be read is said to have ended, not left blank")
func endedHolderInTable() {
  #expect(table(snapshotWithAnEndedHolder()).contains("(ended)[4242]"))
}

private func snapshotWithAnEndedHolder() -> Snapshot {
  var snapshot = Snapshot()
  var process = Process(
    identity: ProcessIdentity(pid: ProcessID(4242), startTicks: 7), name: "", parentPID: ProcessID(0))
  process.hasEnded = true
  snapshot.processes = [process]
  var socket = Socket()
  (socket.family, socket.type, socket.protocol) = (.inet, .stream, .tcp)
  (socket.state, socket.holdingCount) = (.established, 1)
  snapshot.sockets = [socket]
  snapshot.holdings = [Holding(socket: 0, process: 0, descriptor: 3)]
  return snapshot
}

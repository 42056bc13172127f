import Model
import Testing
import ViewText

@testable import ViewTerminal

@Suite struct HistoryTableTests {
  @Test("What is not known of a recorded connection is a dash, never a blank")
  func unknown() {
    let connection = StoredConnection(
      id: 1, opened: 1_795_255_200_000_000, duration: nil, isOpenedBefore: false, outcome: .normal,
      direction: .unknown, reason: nil, socket: EventSocketFacts(), evidence: .kernelEvent, process: nil,
      peerProcess: nil, peerName: nil)
    var text = TextBuffer()
    HistoryTable.append([connection], isWide: true, isColored: false, to: &text)
    let row = text.string.split(separator: "\n").last ?? ""
    // The process, and the seven columns of the wide table.
    #expect(row.split(separator: " ").suffix(9) == ["open"] + Array(repeating: "-", count: 8))
  }
}

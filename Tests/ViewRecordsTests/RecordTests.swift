import Foundation
import Model
import Testing
import ViewFixtures
import ViewText

@testable import ViewRecords

private func render(_ snapshot: Snapshot, _ format: RecordWriter.Format) -> String {
  var bytes: [UInt8] = []
  let finished = RecordWriter.write(snapshot, sockets: snapshot.sockets.indices, as: format) { chunk in
    for index in chunk.indices { bytes.append(chunk[index]) }
    return true
  }
  #expect(finished)
  return String(decoding: bytes, as: UTF8.self)
}

@Suite struct RecordTests {
  @Test(
    "Records are as the golden files have them",
    arguments: [("host", Fixture.host), ("hostile", Fixture.hostile)],
    [(RecordWriter.Format.json, "json"), (.jsonLines, "jsonl"), (.csv, "csv")])
  func golden(fixture: (String, Fixture), format: (RecordWriter.Format, String)) {
    let text = render(fixture.1.snapshot, format.0)
    let difference = Golden.difference(text, "\(fixture.0).\(format.1)", testFile: #filePath)
    #expect(difference == nil, "\(difference ?? "")")
  }

  @Test(
    "JSON is valid for any parser: the array, each line, summary and answers",
    arguments: [Fixture.host, Fixture.hostile])
  func validJSON(fixture: Fixture) throws {
    let snapshot = fixture.snapshot
    let array = try JSONSerialization.jsonObject(with: Data(render(snapshot, .json).utf8)) as? [Any]
    #expect(array?.count == snapshot.sockets.count + snapshot.gaps.count)
    for line in render(snapshot, .jsonLines).split(separator: "\n") {
      _ = try JSONSerialization.jsonObject(with: Data(line.utf8))
    }
    var writer = RecordWriter(snapshot)
    var text = TextBuffer()
    writer.append(SnapshotSummary(snapshot, sockets: snapshot.sockets.indices), of: snapshot, to: &text)
    _ = try JSONSerialization.jsonObject(with: Data(text.contents))
    for subject in snapshot.sockets.indices.map(WhoAnswer.Subject.socket)
      + snapshot.processes.indices.map(WhoAnswer.Subject.process)
    {
      var answer = WhoAnswer(subject)
      answer.executableSHA256 = "00ff"
      answer.openedWallNanoseconds = 1
      if case .socket(let index) = subject { answer.peerSocket = snapshot.peer(ofSocketAt: index) }
      text.removeAll()
      writer.append(answer, to: &text)
      _ = try JSONSerialization.jsonObject(with: Data(text.contents))
    }
  }

  @Test("An empty snapshot is an empty array, no line, and a header")
  func empty() {
    #expect(render(Snapshot(), .json) == "[]\n")
    #expect(render(Snapshot(), .jsonLines) == "")
    #expect(render(Snapshot(), .csv) == CSVWriter.header.description)
  }

  @Test("Every CSV row has as many cells as the header", arguments: [Fixture.host, Fixture.hostile])
  func rectangular(fixture: Fixture) {
    let lines = render(fixture.snapshot, .csv).split(separator: "\n")
    let counts = lines.map { line in
      var quoted = false
      var commas = 0
      for character in line.unicodeScalars {
        if character == "\"" { quoted.toggle() }
        if character == "," && !quoted { commas += 1 }
      }
      return commas
    }
    #expect(lines.count == fixture.snapshot.sockets.count + 1)
    #expect(Set(counts).count == 1, "\(counts)")
  }

  @Test("A sink that wants no more stops the writer after one chunk")
  func brokenPipe() {
    let snapshot = Fixture.large(1000, withDetails: true)
    var chunks = 0
    let finished = RecordWriter.write(snapshot, sockets: snapshot.sockets.indices, as: .json) { _ in
      chunks += 1
      return false
    }
    #expect(!finished)
    #expect(chunks == 1)
  }
}

@Suite struct CommunityIDTests {
  // community-id-spec, baseline/baseline_deflt.json; the mapped one is the first, as an IPv6 socket has it.
  @Test("Published test vectors are met, from both ends")
  func vectors() {
    let one = Endpoint(v4(128, 232, 110, 120), port: 34855)
    let other = Endpoint(v4(66, 35, 250, 204), port: 80)
    let expected = "1:LQU9qZlK+B5F3KDmev6m5PMibrg="
    #expect(id(one, other) == expected)
    #expect(id(other, one) == expected)
    #expect(
      id(Endpoint(mapped(one.address), port: one.port), Endpoint(mapped(other.address), port: other.port))
        == expected)
  }

  @Test("IPv6 agrees with a digest computed elsewhere")
  func ipv6() {
    let one = Endpoint(v6(0xfe80_0001_0203_0405, 0x0607_0809_0a0b_0c0d), port: 50000)
    let other = Endpoint(v6(0x2001_0db8_0000_0000, 1), port: 443)
    #expect(id(one, other) == "1:XeviPzOTTJLYrwgZ5zehnXqX6i4=")
    #expect(id(other, one) == "1:XeviPzOTTJLYrwgZ5zehnXqX6i4=")
  }

  @Test("A listener, and a peer without a port, have none")
  func none() {
    #expect(id(Endpoint(v4(0, 0, 0, 0), port: 80), Endpoint(v4(10, 0, 0, 1), port: 1)) == nil)
    #expect(id(Endpoint(v4(10, 0, 0, 2), port: 80), Endpoint(v4(10, 0, 0, 1), port: 0)) == nil)
  }

  private func id(_ local: Endpoint, _ peer: Endpoint) -> String? {
    var text = TextBuffer()
    return CommunityID.append(of: .tcp(local, peer, .established), to: &text) ? text.string : nil
  }
}

@Test("A holder that ended before its facts could be read is marked so, and has no empty name")
func endedHolderInRecord() throws {
  let line = render(snapshotWithAnEndedHolder(), .jsonLines)
  let record = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
  let process = try #require(record["process"] as? [String: Any])
  #expect(process["ended"] as? Bool == true)
  #expect(process["name"] == nil)
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

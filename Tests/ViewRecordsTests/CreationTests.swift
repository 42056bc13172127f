import Foundation
import FoundationXML
import Model
import Testing
import ViewFixtures
import ViewText

@testable import ViewRecords

@Suite struct CreationRecordTests {
  private func collected(_ body: (TextBuffer.Sink) -> Bool) -> Data {
    var bytes: [UInt8] = []
    _ = body { chunk in
      for index in chunk.indices { bytes.append(chunk[index]) }
      return true
    }
    return Data(bytes)
  }

  private func expectGolden(_ data: Data, _ name: String) {
    let difference = Golden.difference(String(decoding: data, as: UTF8.self), name, testFile: #filePath)
    #expect(difference == nil, "\(difference ?? "")")
  }

  @Test("JSON, trace events and the picture are as the golden files have them")
  func golden() throws {
    var text = TextBuffer()
    CreationRecords.append(.sample, to: &text)
    let json = Data(Array(text.contents))
    expectGolden(json, "creation.json")
    let object = try #require(try JSONSerialization.jsonObject(with: json) as? [String: Any])
    #expect(object["schema"] as? String == "sockeye/1")
    expectGolden(collected { TraceEventWriter.write(.sample, to: $0) }, "creation-trace.json")
    expectGolden(collected { TimelinePicture.write(.sample, to: $0) }, "creation.svg")
  }

  @Test("A trace is valid: known phases, times, slices that nest, arrows with two ends in slices")
  func trace() throws {
    #expect(try TraceEventCheck.problems(in: collected { TraceEventWriter.write(.sample, to: $0) }) == [])
  }

  @Test("A picture is well-formed XML whatever names are in it")
  func picture() {
    let parser = XMLParser(data: collected { TimelinePicture.write(.sample, to: $0) })
    #expect(parser.parse(), "\(parser.parserError.map(String.init(describing:)) ?? "")")
  }

  @Test("What was not seen is null in a call, and absent in a process")
  func unseen() throws {
    var report = CreationReport.sample
    report.way = .perf
    report.processes[1].arguments = []
    report.processes[1].calls[0].arguments = [
      CreationArgument(unseen: "path"), CreationArgument(unseen: "argv"),
    ]
    var text = TextBuffer()
    CreationRecords.append(report, to: &text)
    let object = try #require(
      try JSONSerialization.jsonObject(with: Data(Array(text.contents))) as? [String: Any])
    #expect((object["trace"] as? [String: Any])?["way"] as? String == "perf")
    let process = try #require((object["processes"] as? [[String: Any]])?[1])
    #expect((process["process"] as? [String: Any])?["args"] == nil)
    let call = try #require((process["calls"] as? [[String: Any]])?[0]["call"] as? [String: Any])
    let arguments = try #require(call["arguments"] as? [String: Any])
    #expect(arguments["path"] is NSNull && arguments["argv"] is NSNull)
    #expect(try TraceEventCheck.problems(in: collected { TraceEventWriter.write(report, to: $0) }) == [])
  }

  @Test("An empty trace has empty, valid files")
  func empty() throws {
    let report = CreationReport(way: .probes, tier: .spine)
    #expect(try TraceEventCheck.problems(in: collected { TraceEventWriter.write(report, to: $0) }) == [])
    #expect(XMLParser(data: collected { TimelinePicture.write(report, to: $0) }).parse())
  }
}

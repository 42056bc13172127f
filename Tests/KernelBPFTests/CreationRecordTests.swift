import CLinux
import Testing

@testable import KernelBPF

@Suite struct CreationRecordTests {
  private func bytes<Value>(_ value: Value, _ count: Int) -> [UInt8] {
    withUnsafeBytes(of: value) { Array($0.prefix(count)) }
  }

  private func record(_ bytes: [UInt8]) -> CreationRecord? { bytes.withUnsafeBytes { CreationRecord($0) } }

  private var event: sockeye_creation_event {
    var event = sockeye_creation_event()
    event.mark.header = sockeye_creation_header(
      time: 23, kind: SOCKEYE_CREATION_ENTER.rawValue, cpu: 1, tgid: 100, tid: 101)
    event.mark.number = 59
    event.mark.values.0 = 7
    event.registers.16 = 0x401000
    event.kernel.0 = 0xffff_ffff_8100_0000
    (event.kernel_count, event.text_length) = (1, 5)
    withUnsafeMutableBytes(of: &event.text) { $0.copyBytes(from: Array("/bin\0".utf8)) }
    withUnsafeMutableBytes(of: &event.comm) { $0.copyBytes(from: Array("shell".utf8)) }
    return event
  }

  @Test("Records have the sizes and places that the probes and the reader count on")
  func layout() {
    #expect(MemoryLayout<sockeye_creation_header>.size == 24)
    #expect(MemoryLayout<sockeye_creation_mark>.size == 80)
    #expect(MemoryLayout<sockeye_creation_event>.offset(of: \.comm) == 96)
    #expect(MemoryLayout<sockeye_creation_event>.offset(of: \.registers) == 112)
    #expect(MemoryLayout<sockeye_creation_event>.offset(of: \.text) == 632)
    #expect(MemoryLayout<sockeye_creation_page>.size == 4128)
  }

  @Test("An event is read with its registers, its kernel stack and its text")
  func decoded() throws {
    guard case .event(let event) = try #require(record(bytes(event, 637))) else {
      Issue.record("no event")
      return
    }
    #expect(event.kind == .enter && event.time == 23 && event.process == 100 && event.thread == 101)
    #expect(event.number == 59 && event.values[0] == 7 && event.registers[16] == 0x401000)
    #expect(event.kernel == [0xffff_ffff_8100_0000])
    #expect(event.text == Array("/bin\0".utf8) && event.name == Array("shell".utf8))
  }

  @Test("Every prefix of a record, and lengths that lie, are taken without a trap")
  func cut() {
    let whole = bytes(event, 637)
    for count in 0...whole.count {
      let found = record(Array(whole[..<count]))
      #expect((found != nil) == (count >= 80))
    }
    var lying = event
    (lying.kernel_count, lying.text_length) = (.max, .max)
    guard case .event(let event) = record(bytes(lying, 640)) else {
      Issue.record("no event")
      return
    }
    #expect(event.kernel.count == 48 && event.text.count == 8)
  }

  @Test("A page has its 4096 bytes, or is none")
  func page() throws {
    var page = sockeye_creation_page()
    page.header.kind = SOCKEYE_CREATION_PAGE.rawValue
    page.header.tid = 101
    page.address = 0x7000
    let whole = bytes(page, 4128)
    guard case .page(let found) = try #require(record(whole)) else {
      Issue.record("no page")
      return
    }
    #expect(found.address == 0x7000 && found.thread == 101 && found.bytes.count == 4096)
    #expect(record(Array(whole.dropLast())) == nil)
  }
}

import Attribution
import Model

/// The first byte chooses: a record of the ring, a DNS message, or segments of DNS over TCP (each behind its length in
/// one byte, with two bytes that say where it lies).
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzEvents(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
  guard count > 0 else { return 0 }
  // SAFETY: libFuzzer lends `count` bytes for the length of the call.
  let input = unsafe UnsafeRawBufferPointer(start: start + 1, count: count - 1)
  switch unsafe start.pointee % 3 {
  case 0:
    if let event = try? unsafe EventDecoder.decode(input) { check(event) }
  case 1: check(unsafe Array(input))
  default: checkStream(unsafe Array(input))
  }
  return 0
}

private func check(_ event: KernelEvent) {
  switch event.detail {
  case .exec(let exec):
    precondition(exec.argumentList.reduce(0) { $0 + $1.count } <= exec.arguments.count, "arguments grew")
    _ = exec.fixed.oldName
  case .payload(let bytes, _): check(bytes)
  case .exit(let exit): _ = (exit.signal, exit.code)
  case .rename(let rename): _ = (rename.oldName, rename.newName)
  default: break
  }
  _ = (event.actor?.name, event.socket?.local, event.socket?.peer)
}

private func check(_ message: [UInt8]) {
  guard let answer = NameAnswer(message: message) else { return }
  // A name of 255 bytes, each with a backslash at most; an address takes 12 bytes of the message at least.
  precondition(answer.question.bytes.count <= 512 && answer.question.bytes.count > 0, "a long name")
  precondition(answer.addresses.count * 12 <= message.count, "more addresses than bytes")
}

private func checkStream(_ bytes: [UInt8]) {
  var streams = AnswerStreams()
  var (index, total) = (0, 0)
  while index + 3 <= bytes.count {
    let length = min(Int(bytes[index]), bytes.count - index - 3)
    let place = UInt32(bytes[index + 1]) << 8 | UInt32(bytes[index + 2])
    let segment = Array(bytes[(index + 3)..<(index + 3 + length)])
    let messages = streams.take(
      UInt64(place % 3), sequence: place &- 0x8000, segment, isStart: place % 23 == 0, at: UInt64(index))
    for message in messages { check(message) }
    total += segment.count
    precondition(messages.reduce(0) { $0 + $1.count } <= total, "more came out than went in")
    index += 3 + length
  }
}

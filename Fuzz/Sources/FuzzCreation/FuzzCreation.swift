import CLinux
import KernelSystem
import Model

/// The first byte chooses: an ELF file, a record of the ring, one of the mappings' ring, code with calls in it, a
/// function's name, registers and a stack in a process that has this host's libc, or a tracepoint's format and a sample of perf.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzCreation(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
  guard count > 0 else { return 0 }
  // SAFETY: libFuzzer lends `count` bytes for the length of the call.
  let input = unsafe UnsafeRawBufferPointer(start: start + 1, count: count - 1)
  switch unsafe start.pointee % 7 {
  case 0: checkFile(unsafe Array(input))
  case 1: unsafe checkRecord(input)
  case 2: _ = unsafe MappingRecord(input)
  case 3: checkCode(unsafe Array(input))
  case 5:
    let name = String(decoding: unsafe input.prefix { $0 != 0 }, as: UTF8.self)
    precondition(ELFImage.demangled(name).utf8.count <= max(1 << 14, name.utf8.count), "a long name")
  case 6: unsafe checkSample(input)
  default: checkStack(unsafe Array(input))
  }
  return 0
}

/// Through a file, as everywhere: what is read of it is not in memory of ours.
private func image(_ bytes: [UInt8]) -> ELFImage? {
  let path = "/dev/shm/sockeye-fuzz-\(getpid())"
  guard let file = try? OwnedDescriptor.create(path) else { return nil }
  // SAFETY: `count` bytes are there.
  let written = file.borrow { (number) in unsafe bytes.withUnsafeBytes { unsafe write(number, $0.baseAddress, $0.count) } }
  precondition(written == bytes.count, "no room for the file")
  guard let copy = try? OwnedDescriptor.openRegularFile(path) else { return nil }
  return ELFImage(path: "/fuzzed", copy)
}

private func checkFile(_ bytes: [UInt8]) {
  guard let image = image(bytes) else { return }
  _ = (image.interpreter, image.buildID, image.isGo, image.imports.count)
  var places = [image.entry, 0, .max]
  for segment in image.segments.prefix(8) {
    places += [segment.address, segment.address &+ segment.fileSize, segment.address &+ 0x40]
    if let offset = image.fileOffset(ofAddress: segment.address) { _ = image.address(ofFileOffset: offset) }
    _ = image.address(ofFileOffset: segment.offset &+ 1)
  }
  for place in places {
    if let symbol = image.symbols.symbol(covering: place) {
      precondition(symbol.covers(place), "a neighbour's name")
      _ = image.function(covering: place)
      _ = image.symbols.exported(symbol.name)
    }
    _ = image.symbols.symbol(startingAt: place)
    _ = image.callSite(before: place)
    walk([UInt64](repeating: place, count: 17), StackMemory(), [mapping(image, at: place & ~4095)])
    // Half way through the file's numbers too, where the rules most likely are.
    for distance in stride(from: UInt64(0), to: 4096, by: 61) { _ = image.row(at: place &+ distance) }
  }
}

private func checkRecord(_ input: UnsafeRawBufferPointer) {
  guard case .event(let event)? = unsafe CreationRecord(input) else { return }
  precondition(event.text.count <= input.count && event.name.count <= 16, "more text than bytes")
  precondition(event.kernel.count <= Int(SOCKEYE_CREATION_DEPTH), "a deep stack")
  precondition(event.registers.isEmpty || event.registers.count == 17, "registers")
}

/// Up to a NUL the format; the next byte chooses the tracepoint; then the sample, whose third word is the event's number.
private func checkSample(_ input: UnsafeRawBufferPointer) {
  let text = unsafe Array(input.prefix { $0 != 0 })
  let rest = unsafe UnsafeRawBufferPointer(rebasing: input.dropFirst(text.count + 1))
  guard let format = TracepointFormat(String(decoding: text, as: UTF8.self)), let choice = unsafe rest.first else { return }
  let tracepoint = PerfTracepoint.allCases[Int(choice) % PerfTracepoint.allCases.count]
  // SAFETY: there is a first byte.
  let record = unsafe UnsafeRawBufferPointer(rebasing: rest.dropFirst())
  guard unsafe record.count >= 16 else { return }
  let number = unsafe record.loadUnaligned(fromByteOffset: 8, as: UInt64.self)
  guard let sample = unsafe PerfSample(record, [number: PerfSampleShape(tracepoint, format)], bootOffset: 1) else { return }
  precondition(sample.registers.isEmpty || sample.registers.count == 17, "registers")
  let room = unsafe record.count
  precondition(sample.text.count <= room && sample.stack.bytes.count <= room, "more than there is")
  for place in [sample.stack.address, sample.stack.address &+ 8, .max] {
    _ = (sample.stack.word(at: place), sample.stack.text(at: place))
  }
}

/// A file with one segment that is nothing but the code.
private func checkCode(_ code: [UInt8]) {
  func number(_ value: UInt64, _ size: Int) -> [UInt8] { (0..<size).map { UInt8(truncatingIfNeeded: value >> (8 * UInt64($0))) } }
  let start: UInt64 = code.first.map { $0 & 1 == 1 } ?? false ? 0 &- UInt64(code.count) : 0x1000
  var file: [UInt8] = [0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, 0] + number(0, 8)
  file += number(3, 2) + number(62, 2) + number(1, 4) + number(start, 8) + number(64, 8) + number(0, 8)
  file += number(0, 4) + number(64, 2) + number(56, 2) + number(1, 2) + number(0, 6)
  file += number(1, 4) + number(5, 4) + number(120, 8) + number(start, 8) + number(start, 8)
  file += number(UInt64(code.count), 8) + number(UInt64(code.count), 8) + number(0x1000, 8)
  guard let image = image(file + code) else { preconditionFailure("the file is refused") }
  for offset in 0...UInt64(code.count) {
    if case .direct? = image.callSite(before: start &+ offset) { precondition(offset >= 5, "a call from nowhere") }
  }
}

nonisolated(unsafe) private var libc: (image: ELFImage, uses: Int)?

/// 17 registers, then the stack's words: odd ones lead to the stack, those with the second bit set to the libc.
private func checkStack(_ bytes: [UInt8]) {
  if libc == nil || libc?.uses == 500 {
    // Anew now and then: it keeps each row that it was asked for.
    guard let file = try? OwnedDescriptor.openRegularFile("/lib/x86_64-linux-gnu/libc.so.6"),
      let image = ELFImage(path: "/lib/x86_64-linux-gnu/libc.so.6", file)
    else { return }
    libc = (image, 0)
  }
  guard let image = libc?.image else { return }
  libc?.uses += 1
  let (base, stack): (UInt64, UInt64) = (0x7f00_0000_0000, 0x7ffd_0000_0000)
  var words: [UInt64] = []
  for index in stride(from: 0, to: bytes.count - 7, by: 8) {
    let word = (0..<8).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64(bytes[index + $1]) }
    words.append(word & 1 == 1 ? stack + (word & 0x3ff8) : word & 2 == 2 ? base + (word >> 2 & 0x1f_ffff) : word)
  }
  guard words.count >= 17 else { return }
  var memory = StackMemory()
  let content = words.dropFirst(17).flatMap { (word) in (0..<8).map { UInt8(truncatingIfNeeded: word >> (8 * UInt64($0))) } }
  for (number, from) in stride(from: 0, to: content.count, by: 4096).enumerated() {
    let page = content[from..<min(from + 4096, content.count)]
    memory.add(page + [UInt8](repeating: 0, count: 4096 - page.count), at: stack + UInt64(number) * 4096)
  }
  walk(Array(words[..<17]), memory, [mapping(image, at: base)])
}

private func mapping(_ image: ELFImage, at start: UInt64) -> AddressSpace.Mapping {
  AddressSpace.Mapping(
    start: start, end: start.addingReportingOverflow(0x20_0000).partialValue, fileOffset: 0, path: "/fuzzed", image: image)
}

private func walk(_ registers: [UInt64], _ memory: StackMemory, _ mappings: [AddressSpace.Mapping]) {
  var space = AddressSpace()
  for mapping in mappings { space.add(mapping) }
  let machine: Machine = registers[0] & 1 == 1 ? .i386 : .x86_64
  let stack = StackReader.read(registers: registers, machine: machine, memory: memory, space: space)
  // Each frame may have one before it that was inferred.
  precondition(stack.frames.count <= 2 * Unwinder.deepest, "more frames than there may be")
}

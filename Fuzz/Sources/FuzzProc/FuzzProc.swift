@_spi(Testing) import KernelProc

/// The first byte picks the parser, the rest is its text.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzProc(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
  guard count > 0 else { return 0 }
  // SAFETY: libFuzzer lends `count` bytes for the length of the call.
  let input = unsafe UnsafeBufferPointer(start: start, count: count)
  let text = unsafe Span(_unsafeElements: UnsafeBufferPointer(rebasing: input.dropFirst()))
  unsafe EveryParser.run(start.pointee, on: text)
  return 0
}

import Model

/// One function that is active, found from a stack's bytes.
struct RawFrame {
  var address: UInt64
  /// The innermost one, or one that a signal interrupted: `address` is the next instruction and not a return address.
  var isExact: Bool
  var mapping: AddressSpace.Mapping?
  /// The kernel made it, to come back from a handler.
  var isSignalFrame = false

  /// An address inside the instruction that is active.
  var place: UInt64 { isExact ? address : address &- 1 }
  /// The same in the file's numbering.
  var filePlace: UInt64? { mapping.map { $0.fileAddress(place) } }
}

/// Walks from a system call to the program's start, by the call frame information of the files.
struct Unwinder {
  static let deepest = 4096
  private static let (framePointer, stackPointer, instruction) = (6, 7, 16)

  /// Innermost first, and why it ended before the start; nil if it did not.
  static func frames(
    registers: [UInt64], memory: StackMemory, space: AddressSpace
  ) -> (frames: [RawFrame], stopped: String?) {
    guard registers.count == 17 else { return ([], "no registers were copied") }
    var values: [UInt64?] = registers
    var frames: [RawFrame] = []
    var isExact = true
    while let address = values[instruction], address != 0 {
      let place = isExact ? address : address &- 1
      let frame = RawFrame(address: address, isExact: isExact, mapping: space.mapping(at: place))
      frames.append(frame)
      if frames.count >= deepest { return (frames, "more than \(deepest) frames") }
      guard let mapping = frame.mapping else { return (frames, "no file is mapped there") }
      guard let image = mapping.image else {
        return (frames, mapping.path.isEmpty ? "code without a file" : "its file cannot be read any more")
      }
      let fileAddress = mapping.fileAddress(place)
      guard let row = image.row(at: fileAddress) else {
        if isStart(fileAddress, image) { return (frames, nil) }
        isExact = false
        if frames.count == 1, stepOverBareCall(&values, fileAddress, image, memory, space) { continue }
        // Go's outermost frame: the frame pointer of nobody.
        if image.isGo && values[framePointer] == 0 { return (frames, nil) }
        if image.isGo && stepByFramePointer(&values, memory) { continue }
        return (frames, "no unwinding rules there")
      }
      frames[frames.count - 1].isSignalFrame = row.isSignalFrame
      let before = values[stackPointer] ?? 0
      switch step(&values, row, memory) {
      case .top: return (frames, nil)
      case .failed(let reason):
        if isStart(fileAddress, image) { return (frames, nil) }
        isExact = false
        // Below the stack pointer, where perf copies nothing.
        if frames.count == 1, image.isGo, stepOverBareCall(&values, fileAddress, image, StackMemory(), space)
        {
          continue
        }
        return (frames, reason)
      case .moved: break
      }
      isExact = row.isSignalFrame
      // A frame without a size would go round in circles.
      if let after = values[stackPointer], after <= before && !row.isSignalFrame && frames.count > 1 {
        return (frames, "the stack does not go on")
      }
    }
    return (frames, nil)
  }

  private enum Step { case top, moved, failed(String) }

  private static func step(_ values: inout [UInt64?], _ row: FrameRow, _ memory: StackMemory) -> Step {
    var context = ExpressionContext(registers: values, frame: nil, memory: memory)
    if row.registers[row.returnRegister] == .undefined { return .top }
    do throws(DWARFExpression.Failure) {
      guard case .value(let expression) = row.frame else { return .failed("no frame address") }
      let frame = try DWARFExpression.evaluate(expression, context)
      context.frame = frame
      var next: [UInt64?] = values
      // By convention the caller's stack pointer is the frame address, unless there is a rule.
      next[stackPointer] = frame
      for (number, rule) in row.registers.enumerated() {
        switch rule {
        case .undefined: if number != stackPointer { next[number] = nil }
        case .same: if number != stackPointer { next[number] = values[number] }
        case .value(let operations): next[number] = try DWARFExpression.evaluate(operations, context)
        case .location(let operations):
          next[number] = try value(at: operations, isReturn: number == row.returnRegister, context)
        }
      }
      next[instruction] = next[row.returnRegister]
      values = next
      return .moved
    } catch {
      if case .noMemory(let address) = error {
        return .failed("the stack at 0x\(String(address, radix: 16)) was not copied" + memory.reasonOfGaps)
      }
      return .failed("its unwinding rules cannot be followed")
    }
  }

  /// What lies where the expression says. A register that was not copied is unknown; a return address must be there.
  private static func value(
    at operations: [DWARFOperation], isReturn: Bool, _ context: ExpressionContext
  ) throws(DWARFExpression.Failure) -> UInt64? {
    let location = try DWARFExpression.evaluate(operations, context)
    // A register's number is no place in memory: what is in it was the answer.
    if operations.count == 1, (0x50...0x6f).contains(operations[0].atom) || operations[0].atom == 0x90 {
      return location
    }
    if let word = context.memory.word(at: location) { return word }
    if isReturn { throw .noMemory(location) }
    return nil
  }

  /// glibc ends the rules of clone and clone3 before their system call: there the return address is on top. Go's
  /// rawVforkSyscall has taken it from there into r12, and it still lies below.
  private static func stepOverBareCall(
    _ values: inout [UInt64?], _ fileAddress: UInt64, _ image: ELFImage, _ memory: StackMemory,
    _ space: AddressSpace
  ) -> Bool {
    guard image.bytes(at: fileAddress &- 2, count: 2) == [0x0f, 0x05], let pointer = values[stackPointer]
    else { return false }
    let places = [
      (memory.word(at: pointer), pointer &+ 8), (memory.word(at: pointer &- 8), pointer),
      (values[12], pointer),
    ]
    for (address, after) in places {
      // Behind a call instruction, or it is no return address.
      guard let address, let mapping = space.mapping(at: address &- 1),
        mapping.image?.callSite(before: mapping.fileAddress(address)) != nil
      else { continue }
      values[instruction] = address
      values[stackPointer] = after
      return true
    }
    return false
  }

  /// The caller's frame pointer, and above it the return address.
  private static func stepByFramePointer(_ values: inout [UInt64?], _ memory: StackMemory) -> Bool {
    guard let frame = values[framePointer], let pointer = values[stackPointer], frame >= pointer,
      let caller = memory.word(at: frame), let address = memory.word(at: frame &+ 8)
    else { return false }
    values = [UInt64?](repeating: nil, count: values.count)
    values[framePointer] = caller
    values[stackPointer] = frame &+ 16
    values[instruction] = address
    return true
  }

  /// The program's first instruction, or Go's first function of a goroutine: nobody called them.
  private static func isStart(_ address: UInt64, _ image: ELFImage) -> Bool {
    guard let symbol = image.symbols.symbol(covering: address) else { return false }
    return symbol.covers(image.entry) || symbol.name.hasPrefix("runtime.goexit")
      || symbol.name.hasPrefix("runtime.rt0_go") || symbol.name.hasPrefix("runtime.mstart")
  }
}

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

  private let machine: Machine
  private let memory: StackMemory
  private let space: AddressSpace

  /// Innermost first, and why it ended before the start; nil if it did not.
  ///
  /// - Parameter registers: as the kernel has them, in the order of x86_64's DWARF numbers.
  static func frames(
    registers: [UInt64], machine: Machine = .x86_64, memory: StackMemory, space: AddressSpace
  ) -> (frames: [RawFrame], stopped: String?) {
    guard registers.count == 17 else { return ([], "no registers were copied") }
    return Unwinder(machine: machine, memory: memory, space: space).walk(from: machine.registers(registers))
  }

  private func walk(from registers: [UInt64?]) -> (frames: [RawFrame], stopped: String?) {
    let (framePointer, stackPointer) = (machine.framePointer, machine.stackPointer)
    var values = registers
    var frames: [RawFrame] = []
    var isExact = true
    while let address = values[machine.instruction], address != 0 {
      let place = isExact ? address : address &- 1
      let frame = RawFrame(address: address, isExact: isExact, mapping: space.mapping(at: place))
      frames.append(frame)
      if frames.count >= Self.deepest { return (frames, "more than \(Self.deepest) frames") }
      if machine == .i386, frame.mapping?.image == nil {
        if isExact, stepOverKernelsCall(&values) {
          isExact = false
          continue
        }
        if !isExact, stepOverKernelsSignal(&values) {
          frames[frames.count - 1].isSignalFrame = true
          isExact = true
          continue
        }
      }
      guard let mapping = frame.mapping else { return (frames, "no file is mapped there") }
      guard let image = mapping.image else {
        return (frames, mapping.path.isEmpty ? "code without a file" : "its file cannot be read any more")
      }
      let fileAddress = mapping.fileAddress(place)
      guard let row = image.row(at: fileAddress) else {
        if isStart(fileAddress, image) { return (frames, nil) }
        isExact = false
        if frames.count == 1, stepOverBareCall(&values, fileAddress, image) { continue }
        // Go's outermost frame: the frame pointer of nobody.
        if image.isGo && values[framePointer] == 0 { return (frames, nil) }
        if image.isGo && stepByFramePointer(&values) { continue }
        return (frames, "no unwinding rules there")
      }
      frames[frames.count - 1].isSignalFrame = row.isSignalFrame
      let before = values[stackPointer] ?? 0
      switch step(&values, row) {
      case .top: return (frames, nil)
      case .failed(let reason):
        if isStart(fileAddress, image) { return (frames, nil) }
        isExact = false
        // Below the stack pointer, where perf copies nothing.
        if frames.count == 1, image.isGo,
          stepOverBareCall(&values, fileAddress, image, readsStack: false)
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

  private func step(_ values: inout [UInt64?], _ row: FrameRow) -> Step {
    let stackPointer = machine.stackPointer
    var context = ExpressionContext(registers: values, frame: nil, memory: memory, machine: machine)
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
      next[machine.instruction] = next[row.returnRegister]
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
  private func value(
    at operations: [DWARFOperation], isReturn: Bool, _ context: ExpressionContext
  ) throws(DWARFExpression.Failure) -> UInt64? {
    let location = try DWARFExpression.evaluate(operations, context)
    // A register's number is no place in memory: what is in it was the answer.
    if operations.count == 1, (0x50...0x6f).contains(operations[0].atom) || operations[0].atom == 0x90 {
      return location
    }
    if let word = memory.word(at: location, machine) { return word }
    if isReturn { throw .noMemory(location) }
    return nil
  }

  /// glibc ends the rules of clone and clone3 before their system call: there the return address is on top, for i386 behind
  /// two or three registers. Go's rawVforkSyscall has taken it from there into r12, and it still lies below.
  private func stepOverBareCall(
    _ values: inout [UInt64?], _ fileAddress: UInt64, _ image: ELFImage, readsStack: Bool = true
  ) -> Bool {
    guard image.bytes(at: fileAddress &- 2, count: 2) == machine.systemCall,
      let pointer = values[machine.stackPointer]
    else { return false }
    let inRegister: [(UInt64?, UInt64)] = machine == .x86_64 ? [(values[12], pointer)] : []
    let places: [UInt64] =
      machine == .x86_64 ? [pointer, pointer &- 8] : (0..<4).map { pointer &+ 4 * $0 }
    let words = (readsStack ? places : []).map {
      (memory.word(at: $0, machine), $0 &+ UInt64(machine.wordSize))
    }
    for case (let address?, let after) in words + inRegister where isReturnAddress(address) {
      values[machine.instruction] = address
      values[machine.stackPointer] = after
      return true
    }
    return false
  }

  /// 32-bit programs enter the kernel by `__kernel_vsyscall`, which is the kernel's own code and in no file: behind its call
  /// it pops ebp, edx and ecx (arch/x86/entry/vdso/vdso32/system_call.S).
  private func stepOverKernelsCall(_ values: inout [UInt64?]) -> Bool {
    guard let pointer = values[machine.stackPointer], let caller = memory.word(at: pointer, machine),
      let address = memory.word(at: pointer &+ 12, machine), isReturnAddress(address)
    else { return false }
    values[machine.framePointer] = caller
    values[machine.instruction] = address
    values[machine.stackPointer] = pointer &+ 16
    return true
  }

  /// Their signal handlers come back to the kernel's own code as well, with what was interrupted on the stack: the signal's
  /// number and `struct sigcontext_32`, or pointers to siginfo and ucontext behind it (arch/x86/include/asm/sigframe.h).
  private func stepOverKernelsSignal(_ values: inout [UInt64?]) -> Bool {
    guard let pointer = values[machine.stackPointer] else { return false }
    let context = pointer &+ 12 &+ 128  // behind three words and siginfo
    let isLong = memory.word(at: pointer &+ 8, machine) == context
    let saved = isLong ? context &+ 20 : pointer &+ 4
    func word(_ index: UInt64) -> UInt64? { memory.word(at: saved &+ 4 * index, machine) }
    // gs fs es ds edi esi ebp esp ebx edx ecx eax trapno err eip
    guard let address = word(14), let interrupted = word(7), space.mapping(at: address) != nil else {
      return false
    }
    for (number, index) in [(0, 11), (1, 10), (2, 9), (3, 8), (5, 6), (6, 5), (7, 4)] as [(Int, UInt64)] {
      values[number] = word(index)
    }
    values[machine.stackPointer] = interrupted
    values[machine.instruction] = address
    return true
  }

  /// Behind a call instruction of a file.
  private func isReturnAddress(_ address: UInt64) -> Bool {
    guard let mapping = space.mapping(at: address &- 1) else { return false }
    return mapping.image?.callSite(before: mapping.fileAddress(address)) != nil
  }

  /// The caller's frame pointer, and above it the return address.
  private func stepByFramePointer(_ values: inout [UInt64?]) -> Bool {
    let size = UInt64(machine.wordSize)
    guard let frame = values[machine.framePointer], let pointer = values[machine.stackPointer],
      frame >= pointer, let caller = memory.word(at: frame, machine),
      let address = memory.word(at: frame &+ size, machine)
    else { return false }
    values = [UInt64?](repeating: nil, count: values.count)
    values[machine.framePointer] = caller
    values[machine.stackPointer] = frame &+ 2 * size
    values[machine.instruction] = address
    return true
  }

  /// The program's first instruction, or Go's first function of a goroutine: nobody called them.
  private func isStart(_ address: UInt64, _ image: ELFImage) -> Bool {
    guard let symbol = image.symbols.symbol(covering: address) else { return false }
    return symbol.covers(image.entry) || symbol.name.hasPrefix("runtime.goexit")
      || symbol.name.hasPrefix("runtime.rt0_go") || symbol.name.hasPrefix("runtime.mstart")
  }
}

/// An operation of a DWARF expression (DWARF 5, §2.5).
struct DWARFOperation: Equatable {
  var atom: UInt8
  var first: UInt64
  var second: UInt64 = 0
}

/// How to find the caller's registers at one place of a program (DWARF 5, §6.4).
struct FrameRow {
  enum Rule: Equatable {
    case undefined
    case same
    /// Where it lies in memory.
    case location([DWARFOperation])
    case value([DWARFOperation])
  }

  /// The canonical frame address.
  var frame: Rule
  /// By DWARF number (`Machine`).
  var registers: [Rule]
  var returnRegister: Int
  /// The caller was interrupted by a signal: its address is no return address.
  var isSignalFrame: Bool
}

/// What an expression may read.
struct ExpressionContext {
  /// By DWARF number; nil is unknown.
  var registers: [UInt64?]
  var frame: UInt64?
  var memory: StackMemory
  var machine = Machine.x86_64
}

/// Evaluates the expressions that call frame information has.
enum DWARFExpression {
  enum Failure: Error { case unknownOperation(UInt8), empty, noRegister, noMemory(UInt64) }

  /// The value; for a single register, what is in it.
  static func evaluate(
    _ operations: [DWARFOperation], _ context: ExpressionContext
  ) throws(Failure) -> UInt64 {
    var stack: [UInt64] = []
    for operation in operations { try apply(operation, &stack, context) }
    guard let value = stack.last else { throw .empty }
    return context.machine.word(value)
  }

  private static func pop(_ stack: inout [UInt64]) throws(Failure) -> UInt64 {
    guard let value = stack.popLast() else { throw .empty }
    return value
  }

  private static func register(_ number: UInt64, _ context: ExpressionContext) throws(Failure) -> UInt64 {
    guard number < context.registers.count, let value = context.registers[Int(number)] else {
      throw .noRegister
    }
    return value
  }

  private static func apply(
    _ operation: DWARFOperation, _ stack: inout [UInt64], _ context: ExpressionContext
  ) throws(Failure) {
    let atom = operation.atom
    switch atom {
    case 0x30...0x4f: stack.append(UInt64(atom - 0x30))  // DW_OP_lit0…31
    case 0x50...0x6f: stack.append(try register(UInt64(atom - 0x50), context))  // DW_OP_reg0…31
    case 0x90: stack.append(try register(operation.first, context))  // DW_OP_regx
    case 0x70...0x8f:  // DW_OP_breg0…31
      stack.append(try register(UInt64(atom - 0x70), context) &+ operation.first)
    case 0x92: stack.append(try register(operation.first, context) &+ operation.second)  // DW_OP_bregx
    case 0x03, 0x08...0x11: stack.append(operation.first)  // DW_OP_addr, DW_OP_const*
    case 0x9c:  // DW_OP_call_frame_cfa
      guard let frame = context.frame else { throw .empty }
      stack.append(frame)
    case 0x06:  // DW_OP_deref
      let address = context.machine.word(try pop(&stack))
      guard let word = context.memory.word(at: address, context.machine) else { throw .noMemory(address) }
      stack.append(word)
    case 0x12:  // DW_OP_dup
      let top = try pop(&stack)
      stack += [top, top]
    case 0x13: _ = try pop(&stack)  // DW_OP_drop
    case 0x16:  // DW_OP_swap
      let (top, next) = (try pop(&stack), try pop(&stack))
      stack += [top, next]
    case 0x1f: stack.append(0 &- (try pop(&stack)))  // DW_OP_neg
    case 0x20: stack.append(~(try pop(&stack)))  // DW_OP_not
    case 0x23: stack.append(try pop(&stack) &+ operation.first)  // DW_OP_plus_uconst
    case 0x96: return  // DW_OP_nop
    default:
      let (right, left) = (try pop(&stack), try pop(&stack))
      stack.append(try combined(atom, left, right))
    }
  }

  private static func combined(
    _ atom: UInt8, _ left: UInt64, _ right: UInt64
  ) throws(Failure) -> UInt64 {
    let (signedLeft, signedRight) = (Int64(bitPattern: left), Int64(bitPattern: right))
    return switch atom {
    case 0x1a: left & right
    case 0x1c: left &- right
    case 0x1e: left &* right
    case 0x21: left | right
    case 0x22: left &+ right
    case 0x24: right < 64 ? left << right : 0
    case 0x25: right < 64 ? left >> right : 0
    case 0x26: UInt64(bitPattern: signedLeft >> Int64(min(right, 63)))
    case 0x27: left ^ right
    case 0x29: left == right ? 1 : 0
    case 0x2a: signedLeft >= signedRight ? 1 : 0
    case 0x2b: signedLeft > signedRight ? 1 : 0
    case 0x2c: signedLeft <= signedRight ? 1 : 0
    case 0x2d: signedLeft < signedRight ? 1 : 0
    case 0x2e: left != right ? 1 : 0
    default: throw .unknownOperation(atom)
    }
  }
}

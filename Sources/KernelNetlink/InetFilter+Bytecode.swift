import CLinux

extension InetFilter {
  /// The filter as inet_diag bytecode (`struct inet_diag_bc_op` of `linux/inet_diag.h`).
  ///
  /// The kernel walks forward: an instruction adds `yes` or `no` to the position. Landing exactly on the end
  /// accepts, 4 bytes beyond rejects. `yes` has 8 bits and is also how the kernel's check steps from one
  /// instruction to the next, so here it is always the instruction's own size; all jumps are `no`, 16 bits.
  public func bytecode() throws(InetFilterError) -> [UInt8] {
    var assembler = BytecodeAssembler()
    let accept = assembler.newLabel()
    let reject = assembler.newLabel()
    try assembler.emit(self, whenTrue: accept, whenFalse: reject, next: accept)
    return try assembler.assemble(accept: accept, reject: reject)
  }
}

/// Instructions with labels for jumps, which get their distance at the end.
private struct BytecodeAssembler {
  typealias Label = Int
  private var bytes: [UInt8] = []
  /// Position of each label, once it is placed.
  private var positions: [Int?] = []
  private var jumps: [(instruction: Int, target: Label)] = []

  mutating func newLabel() -> Label {
    positions.append(nil)
    return positions.count - 1
  }

  private mutating func place(_ label: Label) { positions[label] = bytes.count }

  /// Code that goes to one of two labels, of which `next` is placed right behind it.
  mutating func emit(
    _ filter: InetFilter, whenTrue: Label, whenFalse: Label, next: Label
  ) throws(InetFilterError) {
    switch filter {
    case .not(let inner): try emit(inner, whenTrue: whenFalse, whenFalse: whenTrue, next: next)
    case .all(let filters):
      try emitChain(filters, decided: whenFalse, exhausted: whenTrue, next: next, conjunction: true)
    case .any(let filters):
      try emitChain(filters, decided: whenTrue, exhausted: whenFalse, next: next, conjunction: false)
    default:
      try emitTest(filter, otherwise: whenFalse)
      if whenTrue != next { emitJump(to: whenTrue) }
    }
  }

  /// One filter after the other until one decides.
  private mutating func emitChain(
    _ filters: [InetFilter], decided: Label, exhausted: Label, next: Label, conjunction: Bool
  ) throws(InetFilterError) {
    guard let last = filters.last else {
      if exhausted != next { emitJump(to: exhausted) }
      return
    }
    for filter in filters.dropLast() {
      let following = newLabel()
      try emit(
        filter, whenTrue: conjunction ? following : decided, whenFalse: conjunction ? decided : following,
        next: following)
      place(following)
    }
    try emit(
      last, whenTrue: conjunction ? exhausted : decided, whenFalse: conjunction ? decided : exhausted,
      next: next)
  }

  private mutating func emitJump(to target: Label) {
    emitInstruction(INET_DIAG_BC_JMP, argument: [], otherwise: target)
  }

  private mutating func emitTest(_ filter: InetFilter, otherwise: Label) throws(InetFilterError) {
    switch filter {
    case .port(let side, let comparison, let port):
      // The port sits in the `no` of a second instruction word.
      emitInstruction(
        code(side, comparison), argument: [0, 0] + requestBytes(of: port), otherwise: otherwise)
    case .address(let side, let prefix):
      let code = side == .source ? INET_DIAG_BC_S_COND : INET_DIAG_BC_D_COND
      emitInstruction(code, argument: try hostCondition(prefix), otherwise: otherwise)
    case .mark(let value, let mask):
      // The kernel compares the masked mark with the whole value.
      let argument = requestBytes(of: inet_diag_markcond(mark: value, mask: mask))
      emitInstruction(INET_DIAG_BC_MARK_COND, argument: argument, otherwise: otherwise)
    case .interface(let index):
      emitInstruction(INET_DIAG_BC_DEV_COND, argument: requestBytes(of: index), otherwise: otherwise)
    case .autobound: emitInstruction(INET_DIAG_BC_AUTO, argument: [], otherwise: otherwise)
    case .cgroup(let id):
      emitInstruction(INET_DIAG_BC_CGROUP_COND, argument: requestBytes(of: id), otherwise: otherwise)
    case .all, .any, .not: preconditionFailure("not a test")
    }
  }

  private func code(_ side: InetFilter.Side, _ comparison: InetFilter.PortComparison) -> Int {
    switch (side, comparison) {
    case (.source, .equal): INET_DIAG_BC_S_EQ
    case (.source, .atLeast): INET_DIAG_BC_S_GE
    case (.source, .atMost): INET_DIAG_BC_S_LE
    case (.destination, .equal): INET_DIAG_BC_D_EQ
    case (.destination, .atLeast): INET_DIAG_BC_D_GE
    case (.destination, .atMost): INET_DIAG_BC_D_LE
    }
  }

  /// `struct inet_diag_hostcond` and the address behind it.
  private func hostCondition(_ prefix: InetPrefix) throws(InetFilterError) -> [UInt8] {
    let isV4 = prefix.version == .v4
    guard prefix.length <= (isV4 ? 32 : 128) else { throw .prefixLength(prefix.length) }
    let anyPort = requestBytes(of: Int32(-1))
    let address =
      isV4
      ? requestBytes(of: UInt32(truncatingIfNeeded: prefix.low).bigEndian)
      : requestBytes(of: prefix.high.bigEndian) + requestBytes(of: prefix.low.bigEndian)
    return [UInt8(isV4 ? AF_INET : AF_INET6), prefix.length, 0, 0] + anyPort + address
  }

  /// `struct inet_diag_bc_op` with its argument: true goes on behind it, false to the label.
  private mutating func emitInstruction(_ code: Int, argument: [UInt8], otherwise: Label) {
    jumps.append((bytes.count, otherwise))
    bytes += [UInt8(code), UInt8(4 + argument.count), 0, 0] + argument
  }

  /// Fills in the jumps; `accept` is the end and `reject` 4 bytes beyond it.
  mutating func assemble(accept: Label, reject: Label) throws(InetFilterError) -> [UInt8] {
    // The kernel refuses an empty program: one that goes on to the end says "true".
    if bytes.isEmpty { emitJump(to: accept) }
    // The attribute's header counts in its 16-bit length, and a jump from the start to `reject` must fit.
    guard bytes.count + 4 <= Int(UInt16.max) else { throw .tooLong(byteCount: bytes.count) }
    place(accept)
    positions[reject] = bytes.count + 4
    for (instruction, target) in jumps {
      guard let position = positions[target] else { preconditionFailure("a label was never placed") }
      bytes.replaceSubrange(
        instruction + 2..<instruction + 4, with: requestBytes(of: UInt16(position - instruction)))
    }
    return bytes
  }
}

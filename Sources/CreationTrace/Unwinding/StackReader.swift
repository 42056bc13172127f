import Model

/// Turns a copied stack into named frames, with the imports between them.
enum StackReader {
  static func read(
    registers: [UInt64], machine: Machine = .x86_64, memory: StackMemory, space: AddressSpace
  ) -> UserStack {
    let (raw, stopped) = Unwinder.frames(
      registers: registers, machine: machine, memory: memory, space: space)
    var frames: [UserFrame] = []
    for (index, frame) in raw.enumerated() {
      var named = name(frame)
      if index > 0 {
        let outer = index + 1 < raw.count ? raw[index + 1] : nil
        let (step, inferred) = passage(from: frame, to: raw[index - 1], outer: outer, space)
        if let inferred { frames.append(inferred) }
        named.importStep = step
      }
      frames.append(named)
    }
    return UserStack(frames: frames.reversed(), stopped: stopped)
  }

  private static func name(_ frame: RawFrame) -> UserFrame {
    let function = frame.filePlace.flatMap { frame.mapping?.image?.function(covering: $0) }
    let fileAddress = frame.mapping?.fileAddress(frame.address) ?? frame.address
    var named = UserFrame(
      module: frame.mapping?.path ?? RawText([]), function: function?.name,
      functionOffset: function.map { fileAddress &- $0.start } ?? 0, moduleOffset: fileAddress,
      address: frame.address)
    named.isSignalFrame = frame.isSignalFrame
    return named
  }

  /// How `caller` reached `callee`: the import, and a function that was called in between and has left no frame.
  private static func passage(
    from caller: RawFrame, to callee: RawFrame, outer: RawFrame?, _ space: AddressSpace
  ) -> (ImportStep?, UserFrame?) {
    // What a signal interrupted has called nothing.
    guard !caller.isExact, !callee.isSignalFrame, let mapping = caller.mapping, let image = mapping.image,
      let site = image.callSite(before: mapping.fileAddress(caller.address))
    else { return (nil, nil) }
    switch site {
    case .indirect: return (nil, isCallOfMain(caller, outer) ? mainIfMissing(callee, space) : nil)
    case .direct(let target):
      guard let symbol = image.symbols.symbol(startingAt: target) else { return (nil, nil) }
      let isThere = callee.mapping?.image === image && isInside(callee, [symbol])
      return (nil, isThere ? nil : inferred(symbol, mapping))
    case .imported(let name, let slot, let stub):
      let own = callee.mapping.flatMap { (candidate) in
        candidate.image.map { !$0.symbols.exported(name).isEmpty } ?? false ? candidate : nil
      }
      let provider = own ?? space.provider(of: name)
      let step = ImportStep(
        symbol: ELFImage.demangled(name), slot: slot, stub: stub, provider: provider?.path)
      guard let provider, let symbols = provider.image?.symbols.exported(name), let symbol = symbols.first,
        !symbols.contains(where: { $0.isIndirect })
      else { return (step, nil) }
      let isThere = callee.mapping?.image === provider.image && isInside(callee, symbols)
      return (step, isThere ? nil : inferred(symbol, provider))
    }
  }

  /// glibc calls `main` through a register, in `__libc_start_call_main`, whose name a stripped libc does not have: there
  /// it is what `__libc_start_main` calls.
  private static func isCallOfMain(_ caller: RawFrame, _ outer: RawFrame?) -> Bool {
    func name(_ frame: RawFrame?) -> String? {
      frame?.filePlace.flatMap { frame?.mapping?.image?.symbols.symbol(covering: $0)?.name }
    }
    if name(caller) == "__libc_start_call_main" { return true }
    return name(caller) == nil && name(outer)?.hasPrefix("__libc_start_main") == true
  }

  /// When something else runs where `main` was called, `main` has jumped on to it.
  private static func mainIfMissing(_ callee: RawFrame, _ space: AddressSpace) -> UserFrame? {
    guard let program = space.mappings.first(where: { $0.image?.symbols.named("main") != nil }),
      let symbol = program.image?.symbols.named("main"),
      !(callee.mapping?.image === program.image && isInside(callee, [symbol]))
    else { return nil }
    return inferred(symbol, program)
  }

  /// Whether the frame is in one of the functions, or in a part of it that the compiler put elsewhere.
  private static func isInside(_ frame: RawFrame, _ symbols: [ELFSymbol]) -> Bool {
    guard let place = frame.filePlace else { return false }
    if symbols.contains(where: { $0.covers(place) || ($0.size == 0 && $0.address <= place) }) { return true }
    guard let actual = frame.mapping?.image?.symbols.symbol(covering: place) else { return false }
    return symbols.contains { actual.address == $0.address || actual.name.hasPrefix($0.name + ".") }
  }

  private static func inferred(_ symbol: ELFSymbol, _ mapping: AddressSpace.Mapping) -> UserFrame {
    UserFrame(
      module: mapping.path, function: ELFImage.demangled(symbol.name), moduleOffset: symbol.address,
      address: 0, isInferred: true)
  }
}

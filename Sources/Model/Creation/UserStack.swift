/// The way from a program's start to a system call, as its stack shows it.
public struct UserStack: Hashable, Sendable {
  /// Outermost first: `_start` or the thread's start.
  public var frames: [UserFrame]
  /// Why the stack is not whole; nil if it reaches `_start` or the start of its thread.
  public var stopped: String?

  public init(frames: [UserFrame] = [], stopped: String? = nil) {
    self.frames = frames
    self.stopped = stopped
  }
}

/// One function on the way.
public struct UserFrame: Hashable, Sendable {
  /// The file, or `[vdso]`; empty for memory without one.
  public var module: RawText
  /// Its name, where a symbol covers the address; else nil.
  public var function: String?
  /// Bytes from the start of `function`.
  public var functionOffset: UInt64
  /// The address in the file's own numbering.
  public var moduleOffset: UInt64
  /// The address in the process; a return address but for the innermost frame.
  public var address: UInt64
  /// How the next frame was reached, if it lies in another library.
  public var importStep: ImportStep?
  /// Not on the stack: it was called, and jumped on to the next frame without a trace.
  public var isInferred: Bool
  /// The code that a signal handler returns to: what lies outside was interrupted, and called nothing.
  public var isSignalFrame = false

  public init(
    module: RawText, function: String?, functionOffset: UInt64 = 0, moduleOffset: UInt64, address: UInt64,
    importStep: ImportStep? = nil, isInferred: Bool = false
  ) {
    self.module = module
    self.function = function
    self.functionOffset = functionOffset
    self.moduleOffset = moduleOffset
    self.address = address
    self.importStep = importStep
    self.isInferred = isInferred
  }
}

/// A call that goes through a slot that the loader filled.
public struct ImportStep: Hashable, Sendable {
  public var symbol: String
  /// The slot's address in the caller's file.
  public var slot: UInt64
  /// The PLT stub that was called; nil for a call through the slot itself.
  public var stub: UInt64?
  /// The library that provides the symbol; nil if none that was loaded has it.
  public var provider: RawText?

  public init(symbol: String, slot: UInt64, stub: UInt64?, provider: RawText?) {
    self.symbol = symbol
    self.slot = slot
    self.stub = stub
    self.provider = provider
  }
}

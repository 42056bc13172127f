/// One system call that makes, changes or ends a process.
public struct CreationCall: Sendable {
  public enum Kind: String, Sendable { case birth, exec, exit }
  public var kind: Kind
  /// The call's number as the program used it, and its name: `clone3`.
  public var number: Int
  public var name: String
  /// It was made as 32-bit programs make it: the number is i386's, not x86_64's.
  public var isI386 = false
  public var arguments: [CreationArgument] = []
  public var thread: Int32
  /// The name of the thread that called.
  public var caller: RawText
  /// CLOCK_BOOTTIME, ns.
  public var began: UInt64
  public var user = UserStack()
  /// Functions of the kernel from the entry to the birth, the point of no return or the exit; outermost first.
  public var kernel: [String] = []
  /// What fires inside the call, with `--full`.
  public var kernelTree: KernelNode?
  public var moments: [CreationMoment] = []
  public var ended: UInt64?
  /// Not negative, or a negative errno. nil if it does not return.
  public var result: Int64?
  /// `ENOENT` and its text.
  public var failure: CreationFailure?
  /// Of a birth: the child.
  public var child: Int32?
  public var isThread = false
  /// Of an exec: the file that was asked for, and the interpreters that the kernel went through, the last one running.
  public var interpreters: [RawText] = []
  /// Of an exec that succeeded: files mapped for execution on the way to `main`.
  public var libraries: [LoadedLibrary] = []
  /// What this exec is to the one before: `shell retry`.
  public var note: String?

  public init(kind: Kind, number: Int, name: String, thread: Int32, caller: RawText, began: UInt64) {
    self.kind = kind
    self.number = number
    self.name = name
    self.thread = thread
    self.caller = caller
    self.began = began
  }

  /// When a phase was reached; nil if it was not seen.
  public func time(of phase: CreationPhase) -> UInt64? { moments.first { $0.phase == phase }?.time }
}

/// An argument as it is read: `flags`, `CLONE_VM|CLONE_VFORK`.
public struct CreationArgument: Hashable, Sendable {
  public var name: String
  public var value: RawText
  /// A list of texts, such as argv; `value` is empty then.
  public var list: [RawText]?
  /// Text of the traced program's own, to be quoted.
  public var isText: Bool
  /// Else nothing is known but that the call had it.
  public var isSeen = true

  public init(_ name: String, _ value: String) {
    self.name = name
    self.value = RawText(value)
    isText = false
  }
  public init(_ name: String, text: RawText) {
    self.name = name
    value = text
    isText = true
  }
  public init(_ name: String, list: [RawText]) {
    self.name = name
    value = RawText([])
    self.list = list
    isText = true
  }
  public init(unseen name: String) {
    self.init(name, "")
    isSeen = false
  }
}

/// Why a call failed.
public struct CreationFailure: Hashable, Sendable {
  /// `ENOENT`.
  public var code: String
  public var text: String
  /// What is behind it, where that can be told: `the interpreter /nonexistent/interp, which the script names, is missing`.
  public var cause: RawText?

  public init(code: String, text: String, cause: RawText? = nil) {
    self.code = code
    self.text = text
    self.cause = cause
  }
}

/// The steps from the call to `main` and on, in their usual order.
public enum CreationPhase: String, Sendable, CaseIterable {
  case called, born, runnable, firstRun = "first_run", execCalled = "exec_called",
    pointOfNoReturn = "point_of_no_return", executed, userMode = "user_mode", firstInstruction =
    "first_instruction", mapping = "mapping_libraries",
    loaded = "libraries_loaded", main, exiting, exited
}

public struct CreationMoment: Hashable, Sendable {
  public var phase: CreationPhase
  /// CLOCK_BOOTTIME, ns.
  public var time: UInt64
  /// The CPU, where that matters.
  public var cpu: UInt32?

  public init(_ phase: CreationPhase, _ time: UInt64, cpu: UInt32? = nil) {
    self.phase = phase
    self.time = time
    self.cpu = cpu
  }
}

public struct LoadedLibrary: Hashable, Sendable {
  public var path: RawText
  /// CLOCK_BOOTTIME, ns.
  public var time: UInt64
  public var address: UInt64

  public init(path: RawText, time: UInt64, address: UInt64) {
    self.path = path
    self.time = time
    self.address = address
  }
}

/// Functions of the kernel that were seen inside a call, as a tree of who called whom.
public struct KernelNode: Sendable {
  public var function: String
  /// CLOCK_BOOTTIME in ns. With function_graph of the first entry and the last exit; else of the first and the last stack
  /// that had it.
  public var first: UInt64
  public var last: UInt64
  /// How often it was entered; of stacks, at least.
  public var visits = 1
  /// ns inside it, of all visits together; nil of stacks, which do not tell.
  public var duration: UInt64?
  public var children: [KernelNode] = []

  public init(function: String, time: UInt64, duration: UInt64? = nil) {
    self.function = function
    self.duration = duration
    first = time
    last = time
  }
}

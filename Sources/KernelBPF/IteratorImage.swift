import CLinux

/// An iterator program as the running kernel takes it: relocated for its types (CO-RE), maps named by their index.
///
/// Instructions are `struct bpf_insn` of linux/bpf.h. One that loads the address of a map has
/// `BPF_PSEUDO_MAP_IDX` or `BPF_PSEUDO_MAP_IDX_VALUE` and the index, where a loaded program has a descriptor. The maps
/// are what libbpf makes for global variables: arrays of one element.
struct IteratorImage {
  struct Map {
    enum Contents: Equatable {
      /// This run's constants, frozen before the verifier reads them.
      case constants(byteCount: Int)
      /// What the variables begin with.
      case variables([UInt8])
    }
    var name: [UInt8]
    /// `BPF_F_*`.
    var flags: UInt32
    var contents: Contents
  }

  var name: [UInt8]
  /// `BPF_F_*` of the program.
  var flags: UInt32
  /// The vmlinux type of the iterator's context function: `bpf_iter_task_file`.
  var attachTypeID: UInt32
  var maps: [Map]
  var instructions: [bpf_insn]
}

extension IteratorImage {
  /// The code of the one instruction that takes two slots: a 64-bit immediate, or the address of something.
  static let wideLoad = UInt8(BPF_LD | BPF_IMM | BPF_DW)
  private static let call = UInt8(BPF_JMP | BPF_CALL)

  /// Calls `body` with each wide load that stands for an address; false when it does, or when something in the program
  /// depends on more than the kernel's types (descriptors of BTF, functions of modules, callbacks).
  static func forEachReference(
    in instructions: inout [bpf_insn], _ body: (inout bpf_insn) -> Bool
  ) -> Bool {
    var index = 0
    while index < instructions.count {
      let (code, source) = (instructions[index].code, Int32(instructions[index].src_reg))
      if code == wideLoad {
        guard index + 1 < instructions.count else { return false }
        if source != 0, !body(&instructions[index]) { return false }
        index += 2
      } else {
        if code == call, source != 0, source != BPF_PSEUDO_CALL { return false }
        index += 1
      }
    }
    return true
  }
}

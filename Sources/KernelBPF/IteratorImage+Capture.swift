import CLinux

extension IteratorImage {
  /// What libbpf made of an object for this kernel; nil when the program needs more than an image holds.
  ///
  /// `object` is loaded, not yet run, and stays its owner's; `program` is one of its iterators.
  init?(capturing object: OpaquePointer, program: OpaquePointer) {
    guard unsafe bpf_program__type(program) == BPF_PROG_TYPE_TRACING,
      unsafe bpf_program__expected_attach_type(program) == BPF_TRACE_ITER,
      let attachTypeID = unsafe Self.attachTypeID(of: program),
      let (maps, descriptors) = unsafe Self.maps(of: object),
      let first = unsafe bpf_program__insns(program)
    else { return nil }
    // SAFETY: libbpf keeps that many instructions there until the object is closed.
    var instructions = unsafe [bpf_insn](
      UnsafeBufferPointer(start: first, count: Int(bpf_program__insn_cnt(program))))
    let areKnown = Self.forEachReference(in: &instructions) { instruction in
      guard let map = descriptors.firstIndex(of: instruction.imm) else { return false }
      switch Int32(instruction.src_reg) {
      case BPF_PSEUDO_MAP_FD: instruction.src_reg = UInt8(BPF_PSEUDO_MAP_IDX)
      case BPF_PSEUDO_MAP_VALUE: instruction.src_reg = UInt8(BPF_PSEUDO_MAP_IDX_VALUE)
      default: return false
      }
      instruction.imm = Int32(map)
      return true
    }
    guard areKnown else { return nil }
    self.init(
      name: unsafe Self.bytes(of: bpf_program__name(program)), flags: unsafe bpf_program__flags(program),
      attachTypeID: attachTypeID, maps: maps, instructions: instructions)
  }

  private static func maps(of object: OpaquePointer) -> (maps: [Map], descriptors: [Int32])? {
    let constants = unsafe bpf_object__find_map_by_name(object, ".rodata")
    var (maps, descriptors) = ([Map](), [Int32]())
    var next = unsafe bpf_object__next_map(object, nil)
    while let map = unsafe next {
      var size = 0
      guard unsafe bpf_map__type(map) == BPF_MAP_TYPE_ARRAY, unsafe bpf_map__max_entries(map) == 1,
        let value = unsafe bpf_map__initial_value(map, &size), unsafe size == Int(bpf_map__value_size(map))
      else { return nil }
      // SAFETY: libbpf says how long the value is, and keeps it until the object is closed.
      let bytes = unsafe [UInt8](UnsafeRawBufferPointer(start: value, count: size))
      maps.append(
        Map(
          name: unsafe Self.bytes(of: bpf_map__name(map)), flags: unsafe bpf_map__map_flags(map),
          contents: unsafe map == constants ? .constants(byteCount: size) : .variables(bytes)))
      descriptors.append(unsafe bpf_map__fd(map))
      unsafe next = bpf_object__next_map(object, map)
    }
    return (maps, descriptors)
  }

  /// What `bpf_prog_info` says (since 6.0), or a search of the kernel's types.
  private static func attachTypeID(of program: OpaquePointer) -> UInt32? {
    var info = bpf_prog_info()
    var length = UInt32(MemoryLayout<bpf_prog_info>.size)
    // SAFETY: the kernel writes at most `length` bytes; no pointer in `info` is set, so nothing else is written.
    let status = unsafe bpf_obj_get_info_by_fd(bpf_program__fd(program), &info, &length)
    if status == 0, info.attach_btf_id != 0 { return info.attach_btf_id }
    guard let section = unsafe bpf_program__section_name(program) else { return nil }
    // "iter/task_file", "iter.s/task"
    guard let target = unsafe String(cString: section).split(separator: "/").last else { return nil }
    let found = unsafe libbpf_find_vmlinux_btf_id(String(target), BPF_TRACE_ITER)
    return found > 0 ? UInt32(found) : nil
  }

  /// A name for the kernel, which keeps 15 bytes of it.
  private static func bytes(of name: UnsafePointer<CChar>?) -> [UInt8] {
    guard let name = unsafe name else { return [] }
    return unsafe Array(String(cString: name).utf8.prefix(Int(BPF_OBJ_NAME_LEN) - 1))
  }
}

import CLinux
import KernelSystem

extension IteratorImage {
  /// Makes the maps, has the kernel verify the program, and links it: what `bpf_iter_create` takes.
  ///
  /// The link keeps the program, and that its maps. Throws `.configure` when `constants` are not of the size that the
  /// program was built for, `.load` with the end of the verifier's log, `.attach`.
  func load(constants: [UInt8]) throws(BPFError) -> OwnedDescriptor {
    var descriptors = [Int32]()
    defer { for descriptor in descriptors { _ = close(descriptor) } }
    for map in maps { descriptors.append(try make(map, constants).release()) }
    var patched = instructions
    _ = Self.forEachReference(in: &patched) { instruction in
      let isAddress = Int32(instruction.src_reg) == BPF_PSEUDO_MAP_IDX_VALUE
      instruction.src_reg = UInt8(isAddress ? BPF_PSEUDO_MAP_VALUE : BPF_PSEUDO_MAP_FD)
      instruction.imm = descriptors[Int(instruction.imm)]
      return true
    }
    return try link(try verify(patched))
  }

  private func make(_ map: Map, _ constants: [UInt8]) throws(BPFError) -> OwnedDescriptor {
    let value: [UInt8]
    let isFrozen: Bool
    switch map.contents {
    case .constants(let byteCount):
      guard byteCount == constants.count else { throw error(.configure, .invalidArgument) }
      (value, isFrozen) = (constants, true)
    case .variables(let bytes): (value, isFrozen) = (bytes, false)
    }
    var options = bpf_map_create_opts()
    options.sz = MemoryLayout<bpf_map_create_opts>.size
    options.map_flags = map.flags
    let descriptor = OwnedDescriptor(
      owning: try checked(
        .configure,
        unsafe bpf_map_create(
          BPF_MAP_TYPE_ARRAY, String(decoding: map.name, as: UTF8.self), 4, UInt32(value.count), 1, &options))
    )
    try descriptor.borrow { (number) throws(BPFError) in
      // A new map is all 0.
      if value.contains(where: { $0 != 0 }) {
        var key: UInt32 = 0
        // SAFETY: the kernel reads 4 bytes of the key, and as many of the value as the map was made for.
        let status = unsafe value.withUnsafeBytes {
          unsafe bpf_map_update_elem(number, &key, $0.baseAddress, UInt64(BPF_ANY))
        }
        _ = try checked(.configure, status)
      }
      if isFrozen { _ = try checked(.configure, bpf_map_freeze(number)) }
    }
    return descriptor
  }

  private func verify(_ instructions: [bpf_insn]) throws(BPFError) -> OwnedDescriptor {
    let status = unsafe submit(instructions, log: nil)
    if status >= 0 { return OwnedDescriptor(owning: status) }
    // Once more, to hear why: writing the log is most of the verifier's time, so not at first.
    var log = [CChar](repeating: 0, count: 1 << 16)
    // SAFETY: the buffer is valid for the call.
    let again = unsafe log.withUnsafeMutableBufferPointer { unsafe submit(instructions, log: $0) }
    if again >= 0 { return OwnedDescriptor(owning: again) }
    let text = String(decoding: log.lazy.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    throw error(.load, Errno(rawValue: -again), String(text.suffix(1_200)))
  }

  private func submit(_ instructions: [bpf_insn], log: UnsafeMutableBufferPointer<CChar>?) -> Int32 {
    var options = unsafe bpf_prog_load_opts()
    unsafe options.sz = MemoryLayout<bpf_prog_load_opts>.size
    unsafe options.expected_attach_type = BPF_TRACE_ITER
    unsafe options.attach_btf_id = attachTypeID
    unsafe options.prog_flags = flags
    if let log = unsafe log {
      unsafe options.log_level = 1
      unsafe options.log_buf = log.baseAddress
      unsafe options.log_size = UInt32(log.count)
    }
    // SAFETY: libbpf reads `count` instructions and the options during the call; every object of ours is GPL.
    return unsafe instructions.withUnsafeBufferPointer {
      unsafe bpf_prog_load(
        BPF_PROG_TYPE_TRACING, String(decoding: name, as: UTF8.self), "GPL", $0.baseAddress, $0.count,
        &options)
    }
  }

  private func link(_ program: consuming OwnedDescriptor) throws(BPFError) -> OwnedDescriptor {
    try program.borrow { (number) throws(BPFError) in
      OwnedDescriptor(owning: try checked(.attach, bpf_link_create(number, 0, BPF_TRACE_ITER, nil)))
    }
  }

  /// libbpf returns a value, or the errno negated (since 1.0).
  private func checked(_ step: BPFError.Step, _ status: Int32) throws(BPFError) -> Int32 {
    guard status >= 0 else { throw error(step, Errno(rawValue: -status)) }
    return status
  }

  private func error(_ step: BPFError.Step, _ errno: Errno, _ log: String = "") -> BPFError {
    BPFError(step: step, object: String(decoding: name, as: UTF8.self), errno: errno, log: log)
  }
}

import Model

/// Merges kernel stacks of one call into a tree of who called whom.
enum KernelTree {
  /// What every call passes on its way in.
  private static let entry: Set = ["entry_SYSCALL_64", "do_syscall_64", "x64_sys_call"]
  /// Interrupts belong to somebody else.
  private static let interrupts = ["asm_sysvec_", "asm_common_interrupt", "asm_exc_nmi"]
  /// The allocator's insides say nothing of the call.
  private static let allocator = [
    "kmem_cache_", "kfree", "__kmalloc", "__kvmalloc", "kmalloc_", "alloc_pages", "__alloc_frozen", "__slab",
    "___slab",
    "allocate_slab", "refill_", "__pcs", "folio_alloc", "vma_alloc_folio", "__free_frozen", "trace_",
  ]

  /// `names` outermost first.
  static func add(_ names: [String], at time: UInt64, to tree: inout KernelNode?) {
    if names.contains(where: { (name) in interrupts.contains { name.hasPrefix($0) } }) { return }
    var path: [String] = []
    for name in names where !entry.contains(name) {
      if allocator.contains(where: { name.hasPrefix($0) }) { break }
      path.append(name)
    }
    var root = tree ?? KernelNode(function: "", time: time)
    add(path[...], time, to: &root)
    tree = root
  }

  private static func add(_ path: ArraySlice<String>, _ time: UInt64, to node: inout KernelNode) {
    let before = node.last
    node.last = time
    guard let name = path.first else { return }
    if let index = node.children.firstIndex(where: { $0.function == name }) {
      // It was not in the stack before this one: it is entered again.
      if node.children[index].last != before { node.children[index].visits += 1 }
      add(path.dropFirst(), time, to: &node.children[index])
    } else {
      var child = KernelNode(function: name, time: time)
      add(path.dropFirst(), time, to: &child)
      node.children.append(child)
    }
  }
}

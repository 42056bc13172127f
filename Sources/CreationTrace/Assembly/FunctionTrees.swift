import KernelTracefs
import Model

/// Builds a tree of each call from what function_graph tells: who called whom, how often, and for how long.
struct FunctionTrees {
  /// A call's tree, from its outermost function on.
  struct Tree {
    var thread: Int32
    var root: KernelNode
  }
  /// The calls that make and change processes, by the kernel's names for them since 4.17.
  static let roots = [
    "__x64_sys_clone", "__x64_sys_clone3", "__do_sys_fork", "__do_sys_vfork", "__x64_sys_fork",
    "__x64_sys_vfork",
    "__x64_sys_execve", "__x64_sys_execveat",
    // Of 32-bit programs.
    "__ia32_sys_clone", "__ia32_compat_sys_ia32_clone", "__ia32_sys_clone3", "__ia32_sys_fork",
    "__ia32_sys_vfork", "__ia32_compat_sys_execve", "__ia32_compat_sys_execveat",
  ]
  /// What runs there on behalf of our own probes, and what interrupts.
  static let foreign = [
    "__traceiter_*", "__bpf_*", "bpf_*", "htab_*", "__htab_*", "percpu_array_map_*", "array_map_*",
    "perf_trace_*",
    "trace_event_raw_event_*", "perf_iterate_*",
    "sysvec_*", "common_interrupt", "irq_enter_rcu", "irq_exit_rcu", "__irq_exit_rcu", "__do_softirq",
    "handle_softirqs",
  ]
  /// Nodes that are kept, some 100 bytes each.
  static let mostNodes = 2_000_000

  /// In the order of their ends; those that had none come last.
  private(set) var trees: [Tree] = []
  /// Trees for which there was no room.
  private(set) var dropped = 0
  /// Entries that were overwritten before they were read.
  private(set) var lost = 0
  private var nodeCount = 0
  private var open: [Int32: Growing] = [:]

  /// A tree that grows: nodes by number, the first one outermost.
  private struct Growing {
    var nodes: [KernelNode]
    var children: [[Int]]
    /// From the root to where the thread is.
    var path: [Int]

    init(_ line: FunctionGraphLine) {
      nodes = [KernelNode(function: line.function, time: line.time, duration: 0)]
      children = [[]]
      path = [0]
    }

    /// The one below where the thread is, a new one or the one that has been there before.
    mutating func child(_ line: FunctionGraphLine) -> Int {
      let parent = path[path.count - 1]
      if let known = children[parent].first(where: { nodes[$0].function == line.function }) {
        nodes[known].visits += 1
        return known
      }
      nodes.append(KernelNode(function: line.function, time: line.time, duration: 0))
      children.append([])
      children[parent].append(nodes.count - 1)
      return nodes.count - 1
    }

    mutating func end(_ node: Int, _ time: UInt64, _ duration: UInt64) {
      nodes[node].last = time
      nodes[node].duration = (nodes[node].duration ?? 0) + duration
    }

    func tree(_ node: Int = 0) -> KernelNode {
      var whole = nodes[node]
      whole.children = children[node].map { tree($0) }
      return whole
    }
  }

  mutating func take(_ line: FunctionGraphLine) {
    guard var tree = open.removeValue(forKey: line.thread) else {
      switch line.kind {
      // Its beginning was not seen.
      case .leave: return
      case .enter: open[line.thread] = Growing(line)
      case .leaf:
        var tree = Growing(line)
        tree.end(0, line.time + line.duration, line.duration)
        finish(line.thread, tree)
      }
      return
    }
    switch line.kind {
    case .enter: tree.path.append(tree.child(line))
    case .leaf: tree.end(tree.child(line), line.time + line.duration, line.duration)
    case .leave:
      tree.end(tree.path.removeLast(), line.time, line.duration)
      if tree.path.isEmpty { return finish(line.thread, tree) }
    }
    open[line.thread] = tree
  }

  /// Takes what the tracer has.
  mutating func drain(_ graph: inout FunctionGraph?) {
    guard var running = graph.take() else { return }
    running.drain { take($0) }
    if running.lost > lost {
      // An overwritten entry may have been the end of a function: trees begin anew.
      open = [:]
      lost = running.lost
    }
    graph = consume running
  }

  /// Calls that have not returned have a tree as well.
  mutating func finish() {
    for (thread, tree) in open { finish(thread, tree) }
    open = [:]
  }

  private mutating func finish(_ thread: Int32, _ tree: Growing) {
    nodeCount += tree.nodes.count
    guard nodeCount <= Self.mostNodes else {
      dropped += 1
      return
    }
    trees.append(Tree(thread: thread, root: tree.tree()))
  }
}

extension CreationAssembler {
  /// Gives the calls their trees, and tells what is missing of them.
  mutating func take(_ functions: consuming FunctionTrees) {
    functions.finish()
    if !functions.trees.isEmpty { attach(functions.trees) }
    if functions.lost > 0 {
      tell(
        functions.lost,
        "\(functions.lost) entries of function_graph were overwritten before they were read: the kernel's functions "
          + "of some calls are missing, or not whole")
    }
    if functions.dropped > 0 {
      tell(
        functions.dropped,
        "the kernel's functions of \(functions.dropped) calls were not kept: more than a trace has room for")
    }
  }

  /// A tree is of the last call that its thread had begun by then.
  private mutating func attach(_ trees: [FunctionTrees.Tree]) {
    var calls: [Int32: [CallIndex]] = [:]
    for (process, created) in report.processes.enumerated() {
      for (call, made) in created.calls.enumerated() {
        calls[made.thread, default: []].append(CallIndex(process: process, call: call))
      }
    }
    var positions: [Int32: Int] = [:]
    for tree in trees {
      let ofThread = calls[tree.thread] ?? []
      // The tracer's times are rounded to a microsecond. Calls and trees of a thread are both in the order of time.
      func hasBegun(_ index: CallIndex) -> Bool { self[index].began <= tree.root.first + 1000 }
      var position = positions[tree.thread] ?? 0
      while position + 1 < ofThread.count, hasBegun(ofThread[position + 1]) { position += 1 }
      positions[tree.thread] = position
      guard position < ofThread.count, hasBegun(ofThread[position]) else { continue }
      let call = ofThread[position]
      var all = KernelNode(function: "", time: tree.root.first)
      all.children = (self[call].kernelTree?.children ?? []) + [tree.root]
      self[call].kernelTree = all
    }
  }
}

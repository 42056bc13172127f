import KernelBPF
import KernelSystem
import Model

extension EventResolver {
  mutating func takeProcess(_ record: KernelEvent) {
    guard let actor = record.actor else { return }
    switch record.detail {
    case .fork(let fork):
      if record.kind == .fork {
        takeFork(fork, actor, record)
      } else {
        takeThread(Int32(bitPattern: fork.child_tid), record)
      }
    case .exec(let exec): takeExec(exec, actor, record)
    case .execFailed(let error, let name):
      var event = event(.execFailed, at: record.time)
      event.outcome = .failure
      event.reason = Errno(rawValue: error).name
      event.detail = .execFailed(RawText(name))
      emit(event, by: self.actor(actor))
    case .exit(let exit):
      if record.kind == .exit { takeExit(exit, actor, record) } else { takeThreadEnd(exit, actor, record) }
    case .identity(let identity): takeIdentity(identity, actor, record.time)
    case .rename(let rename):
      guard rename.tid == rename.tgid,
        let identity = tree.identity(of: ProcessID(Int32(bitPattern: rename.tgid)))
      else { return }
      tree.update(identity) { $0.name = RawText(rename.newName) }
    default: break
    }
  }

  private mutating func takeFork(_ fork: EventFork, _ actor: EventActor, _ record: KernelEvent) {
    let parent = self.actor(actor)
    let child = fork.identity
    let fallback = bare(parent, actor)
    tree.fork(child: child, parent: parent, fallback: fallback)
    let (entity, start) = (identifiers.identifier(of: child), bootWallNanoseconds &+ fork.child_start)
    tree.update(child) { process in
      process.entityID = entity
      process.startWallNanoseconds = start
      process.netns = NetworkNamespace(fork.child_netns)
    }
    emit(event(.fork, at: record.time), by: child)
  }

  private mutating func takeExec(_ exec: ExecDetail, _ actor: EventActor, _ record: KernelEvent) {
    let identity = self.actor(actor)
    let arguments = record.flags.contains(.argumentsUnread) ? nil : exec.argumentList.map { RawText($0) }
    tree.update(identity) { process in
      process.name = RawText(actor.name)
      process.executable = exec.path.isEmpty ? nil : RawText(exec.path)
      process.executableFile = FileIdentity(
        device: exec.fixed.device, inode: exec.fixed.inode, changed: exec.fixed.changed,
        modified: exec.fixed.modified, generation: exec.fixed.generation)
      process.arguments = arguments
      process.areArgumentsCut = record.flags.contains(.argumentsCut)
      if !exec.directory.isEmpty { process.workingDirectory = RawText(exec.directory) }
    }
    emit(event(.exec, at: record.time), by: identity)
  }

  private mutating func takeExit(_ exit: EventExit, _ actor: EventActor, _ record: KernelEvent) {
    let identity = self.actor(actor)
    var event = event(.exit, at: record.time)
    event.detail = .exit(ExitFacts(exit, duration: record.time &- actor.start))
    emit(event, by: identity)
    if endsPacketsAtExit { endPackets(of: identity, record.time) }
    tree.exit(identity, at: record.time)
    names.table.forget(identity)
    if !modules.isEmpty { modules = modules.filter { $0.key.process != identity } }
  }

  /// One call may change both.
  private mutating func takeIdentity(_ change: EventIdentity, _ actor: EventActor, _ time: UInt64) {
    let identity = self.actor(actor)
    let thread = Int32(bitPattern: actor.tid)
    let (before, after) = (change.before.credentials, change.after.credentials)
    if before != after {
      let user = users.user(after.user.real)
      tree.update(identity) { $0.user = user }
      var event = event(.setID, at: time)
      event.detail = .credentials(CredentialChange(thread: thread, before: before, after: after))
      emit(event, by: identity)
    }
    let steps = zip(change.before.namespaces, change.after.namespaces).compactMap { (before, after) in
      before.inode == after.inode
        ? nil : NamespaceChange.Step(kind: before.kind, before: before.inode, after: after.inode)
    }
    if steps.isEmpty { return }
    if actor.tid == actor.tgid {
      tree.update(identity) { $0.netns = NetworkNamespace(change.after.network_namespace) }
    }
    var event = event(.setNamespace, at: time)
    event.detail = .namespaces(NamespaceChange(thread: thread, steps: steps))
    emit(event, by: identity)
  }

  // MARK: Threads

  private mutating func takeThread(_ id: Int32, _ record: KernelEvent) {
    guard let actor = record.actor else { return }
    var event = event(.threadStart, at: record.time)
    event.detail = .thread(ThreadFacts(id: id, name: RawText(actor.name)))
    emit(event, by: self.actor(actor))
  }

  private mutating func takeThreadEnd(_ exit: EventExit, _ actor: EventActor, _ record: KernelEvent) {
    var event = event(.threadExit, at: record.time)
    event.detail = .thread(
      ThreadFacts(id: Int32(bitPattern: actor.tid), name: RawText(actor.name), cpuNanoseconds: exit.cpu_time))
    emit(event, by: self.actor(actor))
  }

  // MARK: Modules

  mutating func takeModule(_ record: KernelEvent) {
    guard let actor = record.actor, case .module(let mapping, let path, let buildID) = record.detail else {
      return
    }
    let identity = self.actor(actor)
    let key = ModuleKey(process: identity, address: mapping.address)
    var facts = ModuleFacts(path: nil, address: mapping.address, size: mapping.size, buildID: buildID)
    if record.kind == .moduleLoad {
      facts.path = RawText(path)
      // Only those whose unloading is wanted need be remembered.
      if actions.contains(.moduleUnload) && modules.count < Self.limit { modules[key] = facts.path }
    } else {
      // Every unmapping of a file comes: only that of a module is told.
      guard let path = modules.removeValue(forKey: key) ?? module(in: mapping, of: identity) else { return }
      facts.path = path
    }
    var event = event(record.kind == .moduleLoad ? .moduleLoad : .moduleUnload, at: record.time)
    event.detail = .module(facts)
    emit(event, by: identity)
  }

  /// A library is unmapped as a whole, and its code lies behind its beginning.
  private mutating func module(in mapping: EventMapping, of process: ProcessIdentity) -> RawText? {
    let range = mapping.address..<(mapping.address &+ max(mapping.size, 1))
    guard let key = modules.keys.first(where: { $0.process == process && range.contains($0.address) }) else {
      return nil
    }
    return modules.removeValue(forKey: key)
  }
}

import Model

extension StoreWriter {
  func lives(_ event: Event, _ time: Int64) {
    guard let process = event.process else { return }
    switch event.action {
    case .exec:
      let before = processes[process.identity]
      before?.ended = time
      if let before { wait(before) }
      // Unknown before: it has a row perhaps, of which the table knows.
      let entry = ProcessEntry(process, generation: before.map { $0.generation + 1 } ?? -1, began: time)
      remember(entry)
    case .exit:
      let entry = life(of: process, time)
      entry.ended = time
      if case .exit(let facts) = event.detail { entry.exit = facts }
      wait(entry)
    default: _ = life(of: process, time)
    }
  }

  /// The entry of a process. What is newly learnt of it goes into its row.
  func life(of process: Process, _ time: Int64) -> ProcessEntry {
    if let entry = processes[process.identity] {
      guard entry.facts.differs(from: process) else { return entry }
      if let old = entry.facts.executable, let new = process.executable, old != new {
        // An exec that was not seen.
        entry.ended = time
        wait(entry)
        let next = ProcessEntry(process, generation: entry.generation + 1, began: time)
        remember(next)
        return next
      }
      entry.facts.learn(from: process)
      wait(entry)
      return entry
    }
    let started = process.startWallNanoseconds.map { Int64($0 / 1000) } ?? time
    let entry = ProcessEntry(process, generation: 0, began: min(started, time))
    remember(entry)
    return entry
  }

  private func remember(_ entry: ProcessEntry) {
    processes[entry.facts.identity] = entry
    wait(entry)
  }

  private func wait(_ entry: ProcessEntry) {
    noticeExecutable(of: entry, watchlist.hit(of: entry))
    if entry.isWaiting { return }
    entry.isWaiting = true
    pending.processes.append(entry)
  }
}

extension Process {
  /// Whether the other telling knows what this one does not. Quick: asked for each connection.
  fileprivate func differs(from other: Process) -> Bool {
    if let new = other.executable, new != executable { return true }
    return other.executableFile != nil && executableFile == nil || other.arguments != nil && arguments == nil
      || other.user != nil && user == nil
      || other.systemdUnit != nil && systemdUnit == nil || other.container != nil && container == nil
      || !other.ancestors.isEmpty && ancestors.isEmpty
  }

  fileprivate mutating func learn(from other: Process) {
    executable = executable ?? other.executable
    executableFile = executableFile ?? other.executableFile
    if arguments == nil { (arguments, areArgumentsCut) = (other.arguments, other.areArgumentsCut) }
    workingDirectory = workingDirectory ?? other.workingDirectory
    terminal = terminal ?? other.terminal
    user = user ?? other.user
    systemdUnit = systemdUnit ?? other.systemdUnit
    container = container ?? other.container
    entry = entry ?? other.entry
    entityID = entityID ?? other.entityID
    if ancestors.isEmpty { ancestors = other.ancestors }
    if name.isEmpty { name = other.name }
  }
}

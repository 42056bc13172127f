import Model

extension StoreWriter {
  func add(_ gap: PendingGap) throws(StoreError) {
    let statement = statements.addGap
    statement.bind(2, gap.began)
    statement.bind(3, max(gap.ended, gap.began))
    statement.bind(4, gap.count)
    statement.bind(1, text: gap.kind)
    statement.bind(5, text: gap.message)
    try statement.run()
  }

  // MARK: Processes

  /// Marks the row of a process, and what it refers to, with the segment of a connection that uses it.
  func refresh(_ process: ProcessEntry, _ segment: Int64) throws(StoreError) {
    if process.id != 0 && process.segment >= segment { return }
    try write(process, segment)
  }

  func write(_ process: ProcessEntry) throws(StoreError) { try write(process, currentSegment) }

  private func write(_ process: ProcessEntry, _ segment: Int64) throws(StoreError) {
    process.segment = segment
    if process.id == 0 { try find(process) }
    if process.id != 0 {
      let statement = statements.changeProcess
      try bind(process, to: statement)
      statement.bind(WriterStatements.processColumns.count + 1, process.id)
      try statement.run()
      if connection.changes > 0 { return }
    }
    let statement = statements.addProcess
    try bind(process, to: statement)
    defer { statement.reset() }
    _ = try statement.step()
    process.id = statement.integer(0)
  }

  /// A process that an earlier recording of this boot, or a forgotten entry, has given a row.
  private func find(_ process: ProcessEntry) throws(StoreError) {
    let statement = statements.findProcess
    let identity = process.facts.identity
    statement.bind(1, Int64(identity.pid.rawValue))
    statement.bind(2, Int64(bitPattern: identity.startTicks))
    statement.bind(3, boot)
    defer { statement.reset() }
    guard try statement.step() else {
      process.generation = max(process.generation, 0)
      return
    }
    let (id, generation) = (statement.integer(0), statement.integer(1))
    if process.generation < 0 {
      process.generation = generation + 1
      try statements.markProcess.run(id, process.began)
    } else if process.generation <= generation {
      let program = try process.facts.executable.map { (text) throws(StoreError) in
        try interner.id(of: text, segment: process.segment)
      }
      if let program, let known = statement.optionalInteger(3), program != known {
        process.generation = generation + 1
        return
      }
      (process.id, process.generation, process.began) = (id, generation, statement.integer(2))
    }
  }

  private func bind(_ process: ProcessEntry, to statement: SQLiteStatement) throws(StoreError) {
    let facts = process.facts
    let segment = process.segment
    func text(_ value: RawText?) throws(StoreError) -> Int64? {
      guard let value else { return nil }
      return try interner.id(of: value, segment: segment)
    }
    func text(_ value: String?) throws(StoreError) -> Int64? { try text(value.map { RawText($0) }) }
    process.program = try text(facts.executable)
    let file = try facts.executableFile.map { (file) throws(StoreError) in
      try files.id(of: file, segment: segment)
    }
    let arguments = facts.arguments.map(RawList.encode)
    let lineage = facts.ancestors.isEmpty ? nil : Lineage.encode(facts.ancestors)
    let values: [Int64?] = [
      boot, Int64(facts.identity.pid.rawValue), Int64(bitPattern: facts.identity.startTicks),
      process.generation, nil,
      segment, process.began, process.ended, Int64(facts.parentPID.rawValue), try text(facts.name),
      process.program,
      try text(arguments), try text(facts.workingDirectory), try text(facts.terminal),
      facts.user.map { Int64($0.id) }, try text(facts.user?.name), try text(facts.systemdUnit),
      try container(facts.container, segment), try text(lineage), nil,
      facts.entry.map { Int64($0.pid.rawValue) },
      facts.sessionID.map { Int64($0.rawValue) }, facts.netns.map { Int64($0.rawValue) },
      (facts.areArgumentsCut ? 1 : 0) | (facts.isKernelThread ? 2 : 0) | (facts.hasEnded ? 4 : 0),
      process.exit.map { Int64($0.code) }, process.exit?.signal.map { Int64($0) },
      process.exit?.cpuNanoseconds.map { Int64(clamping: $0 / 1000) }, file,
    ]
    for (index, value) in values.enumerated() { statement.bind(index + 1, value) }
    if let entity = facts.entityID { statement.bind(5, text: entity) }
    if let entry = facts.entry { statement.bind(20, text: entry.kind.rawValue) }
  }

  private func container(_ container: Container?, _ segment: Int64) throws(StoreError) -> Int64? {
    guard let container else { return nil }
    let find = statements.findContainer
    find.bind(1, text: container.id)
    defer { find.reset() }
    while try find.step() {
      let known = [find.value(1), find.value(2), find.value(3)]
      if known == [SQLValue(container.runtime), SQLValue(container.name), SQLValue(container.podUID)] {
        return find.integer(0)
      }
    }
    let add = statements.addContainer
    add.bind(1, text: container.id)
    add.bind(2, text: container.runtime)
    if let name = container.name { add.bind(3, text: name) } else { add.bind(3, nil as Int64?) }
    if let uid = container.podUID { add.bind(4, text: uid) } else { add.bind(4, nil as Int64?) }
    add.bind(5, segment)
    defer { add.reset() }
    _ = try add.step()
    return add.integer(0)
  }

  // MARK: Listeners, modules, names

  func writeOthers(_ batch: PendingRecords) throws(StoreError) {
    let segment = currentSegment
    for listener in batch.listeners { try write(listener, segment) }
    for closed in batch.closedListeners {
      try statements.closeListener.run(
        closed.time, Int64(bitPattern: closed.cookie), Int64(closed.netns) - StoreSchema.firstNamespace)
    }
    for module in batch.modules { try write(module, segment) }
    for module in batch.unloads {
      guard let path = module.facts.path else { continue }
      let statement = statements.unloadModule
      statement.bind(1, module.time)
      statement.bind(2, module.process.id)
      statement.bind(3, try interner.id(of: path, segment: segment))
      statement.bind(4, blob: module.facts.buildID)
      try statement.run()
    }
    for answer in batch.answers { try write(answer, segment) }
  }

  private func write(_ listener: PendingListener, _ segment: Int64) throws(StoreError) {
    let socket = listener.socket
    if let process = listener.process { try refresh(process, segment) }
    let local =
      socket.family.isInternet ? try interner.id(of: socket.local.address.unmapped, segment: segment) : nil
    try statements.addListener.run(
      listener.opened, ConnectionFlags(socket).rawValue, listener.process?.id,
      Int64(socket.netns.rawValue) - StoreSchema.firstNamespace, Int64(bitPattern: socket.cookie.rawValue),
      local,
      socket.family.isInternet ? Int64(socket.local.port) : nil)
  }

  private func write(_ module: PendingModule, _ segment: Int64) throws(StoreError) {
    guard let path = module.facts.path else { return }
    try refresh(module.process, segment)
    let statement = statements.addModule
    statement.bind(1, try interner.id(of: path, segment: segment))
    statement.bind(2, blob: module.facts.buildID)
    statement.bind(3, Int64(clamping: module.facts.size))
    statement.bind(4, module.time)
    _ = try statement.step()
    let id = statement.integer(0)
    statement.reset()
    try statements.addProcessModule.run(module.process.id, id, module.time)
  }

  private func write(_ answer: PendingAnswer, _ segment: Int64) throws(StoreError) {
    if let process = answer.process { try refresh(process, segment) }
    let question = try interner.id(of: answer.answer.question, segment: segment)
    for address in answer.answer.addresses {
      let id = try interner.id(of: address.unmapped, segment: segment)
      try statements.addAnswer.run(id, question, answer.process?.id ?? 0, answer.time)
    }
  }
}

extension SQLValue {
  init(_ text: String?) { self = text.map { .text(RawText($0)) } ?? .null }
}

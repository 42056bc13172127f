import Model
import ViewText

extension TextBuffer {
  /// `{"pid":…}`: the whole of a process. Rendered once a process, copied for each of its sockets.
  mutating func append(json process: Process, sha256: String? = nil) {
    append(#"{"pid":"#)
    append(decimal: process.identity.pid.rawValue)
    field(#","entity_id":"#, process.entityID)
    if let start = process.startWallNanoseconds {
      append(#","start":""#)
      append(rfc3339: start)
      append(#"""#)
    }
    if process.hasEnded {
      append(#","ended":true"#)  // before its facts could be read: they are absent, not empty
    } else {
      append(#","name":"#)
      append(json: process.name)
    }
    if process.isKernelThread { append(#","kernel_thread":true"#) }
    if let state = process.state {
      append(#","state":"#)
      append(json: RawText([state]))
    }
    if let generation = process.execGeneration {
      append(#","exec_generation":"#)
      append(decimal: generation)
    }
    field(#","executable":"#, process.executable)
    if let hash = sha256.map(FileHash.sha256) ?? process.executableHash { append(hash) }
    appendArguments(process)
    field(#","working_directory":"#, process.workingDirectory)
    field(#","tty":"#, process.terminal)
    if let user = process.user {
      append(#","user":{"id":"#)
      append(decimal: user.id)
      field(#","name":"#, user.name)
      append("}")
    }
    if let session = process.sessionID {
      append(#","session_id":"#)
      append(decimal: session.rawValue)
    }
    appendLineage(process)
    appendWorkload(process)
    append("}")
  }

  /// ECS `process.hash.sha256`; in its place the reason why there is none.
  private mutating func append(_ hash: FileHash) {
    switch hash {
    case .sha256(let digest): field(#","hash":{"sha256":"#, digest)
    case .missing(let reason): field(#","hash":{"missing":"#, reason.rawValue)
    }
    append("}")
  }

  private mutating func appendArguments(_ process: Process) {
    guard let arguments = process.arguments else { return }
    append(#","args":["#)
    for (index, argument) in arguments.enumerated() {
      if index > 0 { append(",") }
      append(json: argument)
    }
    append("]")
  }

  private mutating func appendLineage(_ process: Process) {
    if process.parentPID.rawValue > 0 {
      append(#","parent":{"pid":"#)
      append(decimal: process.parentPID.rawValue)
      if let parent = process.ancestors.first, parent.identity.pid == process.parentPID {
        appendName(of: parent)
      }
      append("}")
    }
    if !process.ancestors.isEmpty {
      append(#","ancestors":["#)
      for (index, ancestor) in process.ancestors.enumerated() {
        append(index > 0 ? #",{"pid":"# : #"{"pid":"#)
        append(decimal: ancestor.identity.pid.rawValue)
        appendName(of: ancestor)
        append("}")
      }
      append("]")
    }
    if let entry = process.entry {
      append(#","entry":{"kind":"#)
      append(json: entry.kind.rawValue)
      append(#","pid":"#)
      append(decimal: entry.pid.rawValue)
      append("}")
    }
  }

  private mutating func appendName(of ancestor: Ancestor) {
    append(#","name":"#)
    append(json: ancestor.name)
    field(#","entity_id":"#, ancestor.entityID)
  }

  private mutating func appendWorkload(_ process: Process) {
    if let unit = process.systemdUnit {
      append(#","systemd":{"unit":"#)
      append(json: unit)
      append("}")
    }
    if let container = process.container {
      append(#","container":{"id":"#)
      append(json: container.id)
      append(#","runtime":"#)
      append(json: container.runtime)
      field(#","name":"#, container.name)
      field(#","pod_uid":"#, container.podUID)
      append("}")
    }
    if let netns = process.netns, netns != .unknown {
      append(#","netns":"#)
      append(decimal: netns.rawValue)
    }
  }

  mutating func field(_ name: StaticString, _ value: String?) {
    guard let value else { return }
    append(name)
    append(json: value)
  }
  mutating func field(_ name: StaticString, _ value: RawText?) {
    guard let value else { return }
    append(name)
    append(json: value)
  }
}

extension CgroupContainer {
  /// The container that component `index` of a path names, with the ones above it as hints.
  init?(_ parts: [[UInt8]], at index: Int) {
    // kubepods-besteffort-pod….slice:cri-containerd:3c… : a cgroupfs driver given a systemd path.
    if parts[index].contains(UInt8(ascii: ":")) {
      let fields = parts[index].split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
      guard fields.count == 3, let found = Self.marked(fields[1], id: fields[2]) else { return nil }
      self = found
      return
    }
    let name = parts[index][...]
    guard
      let found = Self.scope(name) ?? Self.machine(name, beneath: parts[..<index])
        ?? Self.lxc(name, parts, index) ?? Self.bare(name, beneath: parts[..<index])
    else { return nil }
    self = found
    // …/systemd-nspawn@web.service/supervisor: systemd-nspawn(1) itself; the machine is in `payload`.
    if runtime == .nspawn, index + 1 < parts.count, parts[index + 1].elementsEqual("supervisor".utf8) {
      isMonitor = true
    }
  }

  /// What each runtime writes before the identifier, the longer first.
  private static let marks: [(mark: String, runtime: ContainerRuntime, isMonitor: Bool)] = [
    ("cri-containerd", .containerd, false), ("nerdctl", .containerd, false),
    ("crio-conmon", .crio, true), ("crio", .crio, false),
    ("libpod-conmon", .podman, true), ("libpod-payload", .podman, false), ("libpod", .podman, false),
    ("docker", .docker, false),
  ]

  /// `docker-3f1c….scope` of the systemd driver, `crio-3f1c…` of cgroupfs.
  private static func scope(_ name: ArraySlice<UInt8>) -> CgroupContainer? {
    let stem = name.ends(with: ".scope") ? name.dropLast(6) : name
    guard let dash = stem.lastIndex(of: UInt8(ascii: "-")) else { return nil }
    return marked(stem[..<dash], id: stem[(dash + 1)...])
  }

  private static func marked(_ mark: ArraySlice<UInt8>, id: ArraySlice<UInt8>) -> CgroupContainer? {
    guard id.isHexadecimal(64) || id.isHexadecimal(32) else { return nil }
    guard let found = marks.first(where: { mark.elementsEqual($0.mark.utf8) }) else { return nil }
    return CgroupContainer(runtime: found.runtime, id: Array(id), isMonitor: found.isMonitor)
  }

  /// `systemd-nspawn@NAME.service`, and `machine-NAME.scope` of machinectl, but for virtual machines.
  private static func machine(
    _ name: ArraySlice<UInt8>, beneath parents: ArraySlice<[UInt8]>
  ) -> CgroupContainer? {
    if let instance = name.between("systemd-nspawn@", ".service"), !instance.isEmpty {
      return CgroupContainer(runtime: .nspawn, id: unescapingUnit(instance))
    }
    guard let instance = name.between("machine-", ".scope"), !instance.isEmpty,
      parents.last?.elementsEqual("machine.slice".utf8) == true
    else { return nil }
    let machine = unescapingUnit(instance)
    // machine-qemu\x2d1\x2dvm.scope, machine-lxc\x2d4711\x2dweb.scope: libvirt's.
    if machine.starts(with: "qemu-".utf8) { return nil }
    if machine.starts(with: "lxc-".utf8) {
      let rest = machine.dropFirst(4).drop { $0.digit(radix: 10) != nil }
      if rest.first == UInt8(ascii: "-"), rest.count > 1 {
        return CgroupContainer(runtime: .lxc, id: Array(rest.dropFirst()))
      }
    }
    return CgroupContainer(runtime: .nspawn, id: machine)
  }

  /// `lxc.payload.NAME`, `lxc.payload/NAME`, `lxc/NAME`, and the monitors of the first two.
  private static func lxc(_ name: ArraySlice<UInt8>, _ parts: [[UInt8]], _ index: Int) -> CgroupContainer? {
    for (mark, isMonitor) in [("lxc.payload", false), ("lxc.monitor", true)] {
      if let rest = name.between(mark + ".", ""), !rest.isEmpty {
        return CgroupContainer(runtime: .lxc, id: Array(rest), isMonitor: isMonitor)
      }
      if index > 0, parts[index - 1].elementsEqual(mark.utf8) {
        return CgroupContainer(runtime: .lxc, id: Array(name), isMonitor: isMonitor)
      }
    }
    guard index > 0, parts[index - 1].elementsEqual("lxc".utf8) else { return nil }
    return CgroupContainer(runtime: .lxc, id: Array(name))
  }

  /// An identifier alone, as cgroupfs drivers have it: its parents tell the runtime.
  private static func bare(
    _ name: ArraySlice<UInt8>, beneath parents: ArraySlice<[UInt8]>
  ) -> CgroupContainer? {
    let parent = parents.last
    func isBeneath(_ name: String) -> Bool { parent?.elementsEqual(name.utf8) == true }
    guard name.isHexadecimal(64) else {
      // AWS Fargate: /ecs/TASK/TASK-CONTAINER
      guard let dash = name.firstIndex(of: UInt8(ascii: "-")), name[..<dash].isHexadecimal(32),
        name[(dash + 1)...].decimal != nil, parents.contains(where: { $0.elementsEqual("ecs".utf8) })
      else { return nil }
      return CgroupContainer(runtime: .containerd, id: Array(name))
    }
    let runtime: ContainerRuntime
    if parents.contains(where: { $0[...].lastRange(of: "kubepods") != nil }) {
      runtime = .kubernetes
    } else if isBeneath("k8s.io") || isBeneath("default") {
      runtime = .containerd
    } else if isBeneath("libpod_parent") {
      runtime = .podman
    } else if isBeneath("docker") || isBeneath("moby") || isBeneath("actions_job")
      || parents.contains(where: { $0.elementsEqual("ecs".utf8) })
    {
      runtime = .docker
    } else {
      runtime = .unknown
    }
    return CgroupContainer(runtime: runtime, id: Array(name))
  }
}

/// Turns `\x2d` of systemd.unit(5) back into the byte.
func unescapingUnit(_ text: ArraySlice<UInt8>) -> [UInt8] {
  var result: [UInt8] = []
  var rest = text
  while let byte = rest.first {
    let escape = Array(rest.prefix(4))
    if escape.count == 4, escape[0] == UInt8(ascii: "\\"), escape[1] == UInt8(ascii: "x"),
      let high = escape[2].digit(radix: 16), let low = escape[3].digit(radix: 16)
    {
      result.append(UInt8(high << 4 | low))
      rest = rest.dropFirst(4)
    } else {
      result.append(byte)
      rest = rest.dropFirst()
    }
  }
  return result
}

extension ArraySlice<UInt8> {
  /// Ends as the units of systemd.unit(5) that hold processes do, and has a name before it.
  var isUnit: Bool {
    [".service", ".scope", ".socket", ".mount", ".swap"].contains { ends(with: $0) }
  }

  /// Has `suffix`, and something before it.
  func ends(with suffix: String) -> Bool {
    count > suffix.utf8.count && self.suffix(suffix.utf8.count).elementsEqual(suffix.utf8)
  }

  /// What stands between `prefix` and `suffix`; nil without either.
  func between(_ prefix: String, _ suffix: String) -> ArraySlice<UInt8>? {
    guard count >= prefix.utf8.count + suffix.utf8.count, starts(with: prefix.utf8),
      self.suffix(suffix.utf8.count).elementsEqual(suffix.utf8)
    else { return nil }
    return dropFirst(prefix.utf8.count).dropLast(suffix.utf8.count)
  }

  func isHexadecimal(_ digits: Int) -> Bool {
    count == digits && allSatisfy { $0.digit(radix: 16) != nil }
  }

  /// The whole of it as a number.
  var decimal: UInt32? {
    guard !isEmpty, count <= 10 else { return nil }
    var value: UInt64 = 0
    for byte in self {
      guard let digit = byte.digit(radix: 10) else { return nil }
      value = value * 10 + digit
    }
    return UInt32(exactly: value)
  }

  /// Where `text` stands last.
  func lastRange(of text: String) -> Range<Int>? {
    let pattern = Array(text.utf8)
    guard !pattern.isEmpty, count >= pattern.count else { return nil }
    for start in stride(from: endIndex - pattern.count, through: startIndex, by: -1)
    where self[start..<start + pattern.count].elementsEqual(pattern) {
      return start..<start + pattern.count
    }
    return nil
  }
}

/// What runs containers, by the marks that it leaves in cgroup paths.
public enum ContainerRuntime: String, CaseIterable, Sendable {
  case docker, containerd, podman
  case crio = "cri-o"
  case lxc, nspawn
  /// A pod's container whose runtime the path does not tell.
  case kubernetes
  /// An identifier of 64 digits beneath a parent that we do not know.
  case unknown
}

/// A container as a cgroup path names it.
public struct CgroupContainer: Hashable, Sendable {
  public var runtime: ContainerRuntime
  /// 64 hexadecimal digits for most; a name for lxc and nspawn. Chosen by the runtime's user: bytes.
  public var id: [UInt8]
  /// The runtime's watcher of the container (conmon, lxc monitor, systemd-nspawn), not a process inside of it.
  public var isMonitor: Bool

  public init(runtime: ContainerRuntime, id: [UInt8], isMonitor: Bool = false) {
    self.runtime = runtime
    self.id = id
    self.isMonitor = isMonitor
  }
}

/// What the path of a cgroup says about who owns the processes in it.
///
/// The names are conventions, and whoever may make cgroups may follow them without being one: good for
/// display, no proof. Reading one takes microseconds: keep the answer by path where there are many processes.
public struct CgroupPath: Hashable, Sendable {
  /// The nearest unit that is no slice, with its escapes (`\x2d`): `ssh.service`, `session-3.scope`. In a
  /// container with its own systemd it is that systemd's.
  public var unit: [UInt8]?
  /// The nearest slice: `system.slice`.
  public var slice: [UInt8]?
  /// The unit belongs to a user's service manager (`user@1000.service`).
  public var isUserUnit = false
  /// The user of `user@1000.service` or `user-1000.slice`.
  public var ownerUserID: UInt32?
  /// The innermost container.
  public var container: CgroupContainer?
  /// Of the innermost pod, with `-`: 8-4-4-4-12 digits, or 32 for a static pod.
  public var podUID: [UInt8]?

  /// Reads one path: `/system.slice/ssh.service`.
  public init(parsing path: Span<UInt8>) {
    let parts = Self.components(of: path)
    for index in parts.indices.reversed() {
      // systemd puts `_` before a name that would clash with a kernel file (cg_escape).
      let name = parts[index].first == UInt8(ascii: "_") ? parts[index].dropFirst() : parts[index][...]
      if unit == nil, name.isUnit { unit = Array(name) }
      if slice == nil, name.ends(with: ".slice") { slice = Array(name) }
      if podUID == nil { podUID = Self.podUID(in: name) }
      if container == nil { container = CgroupContainer(parts, at: index) }
      if ownerUserID == nil, let owner = Self.owner(name) {
        ownerUserID = owner.userID
        isUserUnit = owner.isManager && unit != Array(name)
      }
    }
  }

  /// Reads all lines of a process: the unit of the most telling one, the container of any.
  public init(_ lines: [CgroupMembership]) {
    let telling = CgroupMembership.mostTelling(lines) ?? []
    self.init(parsing: telling.span)
    for line in lines where container == nil || podUID == nil {
      let other = CgroupPath(parsing: line.path.span)
      if container == nil { container = other.container }
      if podUID == nil { podUID = other.podUID }
    }
  }

  /// The names between the slashes; `..`, which a cgroup namespace shows, is none.
  private static func components(of path: Span<UInt8>) -> [[UInt8]] {
    var parts: [[UInt8]] = []
    var start = 0
    while start < path.count {
      let end = path.firstIndex(of: UInt8(ascii: "/"), from: start) ?? path.count
      let part = path.copy(start..<end)
      if !part.isEmpty, !part.elementsEqual("..".utf8) { parts.append(part) }
      start = end + 1
    }
    return parts
  }

  /// The number in `user@1000.service` (a manager) or `user-1000.slice`.
  private static func owner(_ name: ArraySlice<UInt8>) -> (userID: UInt32, isManager: Bool)? {
    guard name.first == UInt8(ascii: "u") else { return nil }
    if let id = name.between("user@", ".service")?.decimal { return (id, true) }
    if let id = name.between("user-", ".slice")?.decimal { return (id, false) }
    return nil
  }

  /// The pod in `pod1f…`, `kubepods-burstable-pod1f_….slice`, `kubepods-pod1f_….slice:cri-containerd:3c…`.
  private static func podUID(in name: ArraySlice<UInt8>) -> [UInt8]? {
    var text = name.split(separator: UInt8(ascii: ":"), maxSplits: 1).first ?? name
    if text.ends(with: ".slice") { text = text.dropLast(6) }
    for mark in ["pod", "-pod"] {
      guard let at = text.lastRange(of: mark) else { continue }
      if mark == "pod" && at.lowerBound != text.startIndex { continue }
      let uid = text[at.upperBound...].map { $0 == UInt8(ascii: "_") ? UInt8(ascii: "-") : $0 }
      if isUID(uid) { return uid }
    }
    return nil
  }

  private static func isUID(_ text: [UInt8]) -> Bool {
    if text.count == 32 { return text[...].isHexadecimal(32) }
    guard text.count == 36 else { return false }
    return text.indices.allSatisfy { index in
      [8, 13, 18, 23].contains(index)
        ? text[index] == UInt8(ascii: "-") : text[index].digit(radix: 16) != nil
    }
  }
}

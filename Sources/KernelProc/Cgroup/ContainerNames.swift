import CLinux
import KernelSystem

/// The name that people gave a container, and its pod's.
public struct ContainerName: Hashable, Sendable {
  public var name: [UInt8]
  /// Kubernetes only.
  public var podName: [UInt8]?
  public var podNamespace: [UInt8]?

  public init(name: [UInt8], podName: [UInt8]? = nil, podNamespace: [UInt8]? = nil) {
    self.name = name
    self.podName = podName
    self.podNamespace = podNamespace
  }
}

extension HostRoot {
  /// The name of `container`, from the state files of its runtime; mostly readable to root only.
  ///
  /// `.absent` where no file has it. Rootless containers' files lie in `home`, a path from the root such as
  /// `/home/ann`. An identifier that is not hexadecimal is never made a path of: it is the name.
  public borrowing func containerName(
    _ container: CgroupContainer, home: [UInt8]? = nil, _ buffer: inout ReadBuffer
  ) -> ProcAnswer<ContainerName> {
    if container.runtime == .lxc || container.runtime == .nspawn {
      return .value(ContainerName(name: container.id))
    }
    guard container.id[...].isHexadecimal(64) || container.id[...].isHexadecimal(32) else { return .absent }
    let id = String(decoding: container.id, as: UTF8.self)
    var refusal: ProcAnswer<ContainerName> = .absent
    for place in Self.places(id, runtime: container.runtime, home: home) {
      switch read(place.path, &buffer, limit: 16 << 20) {
      case .value:
        if let name = place.parse(buffer.bytes, container.id) { return .value(name) }
      case .denied: refusal = .denied
      case .absent, .gone: break
      // A file in the way of a directory is one more place without it.
      case .failed(let errno) where errno.rawValue == ENOTDIR: break
      case .failed(let errno):
        if case .absent = refusal { refusal = .failed(errno) }
      }
    }
    return refusal
  }

  private struct Place {
    let path: String
    let parse: (Span<UInt8>, [UInt8]) -> ContainerName?
  }

  /// Where to look, the likeliest first.
  private static func places(_ id: String, runtime: ContainerRuntime, home: [UInt8]?) -> [Place] {
    let docker = [
      Place(path: "var/lib/docker/containers/\(id)/config.v2.json") { text, _ in dockerName(text) }
    ]
    let task = "run/containerd/io.containerd.runtime.v2.task"
    let containerd = ["k8s.io", "default", "moby"].map { namespace in
      Place(path: "\(task)/\(namespace)/\(id)/config.json") { text, _ in annotatedName(text) }
    }
    var stores = ["var/lib/containers/storage", "run/containers/storage"]
    if let home, home.first == UInt8(ascii: "/"), home.count > 1 {
      let home = String(decoding: home.dropFirst(), as: UTF8.self)
      stores.insert(home + "/.local/share/containers/storage", at: 0)
    }
    let crio = stores.map { store in
      Place(path: "\(store)/overlay-containers/\(id)/userdata/config.json") { text, _ in annotatedName(text) }
    }
    let podman = stores.map { store in
      Place(path: "\(store)/overlay-containers/containers.json") { text, id in listedName(text, id: id) }
    }
    switch runtime {
    case .docker: return docker
    case .containerd: return containerd
    case .podman: return podman
    // CRI-O lists names of its own making (k8s_web_…): its annotations are better.
    case .crio: return crio + podman
    case .kubernetes: return containerd + crio + docker
    case .lxc, .nspawn: return []
    case .unknown: return docker + containerd + podman
    }
  }
}

/// `"Name":"/web"` of Docker's config.v2.json, without the slash.
func dockerName(_ text: Span<UInt8>) -> ContainerName? {
  var json = JSONScanner(text)
  guard json.enter("Name"), let name = json.string(), !name.isEmpty else { return nil }
  return ContainerName(name: name.first == UInt8(ascii: "/") ? Array(name.dropFirst()) : name)
}

/// The `annotations` of an OCI runtime's config.json.
func annotatedName(_ text: Span<UInt8>) -> ContainerName? {
  var json = JSONScanner(text)
  guard json.enter("annotations"), json.enterObject() else { return nil }
  var found: [String: [UInt8]] = [:]
  while let key = json.nextKey() {
    let key = String(decoding: key, as: UTF8.self)
    guard key.hasPrefix("io.kubernetes.") || key.hasPrefix("nerdctl/"), let value = json.string() else {
      if !json.skipValue() { break }
      continue
    }
    found[key] = value
  }
  // A sandbox ("pause") has no container name.
  let kind = found["io.kubernetes.cri.container-type"] ?? found["io.kubernetes.cri-o.ContainerType"]
  let sandbox = kind.flatMap { $0.elementsEqual("sandbox".utf8) ? Array("pause".utf8) : nil }
  let name =
    found["io.kubernetes.cri.container-name"] ?? found["io.kubernetes.container.name"]
    ?? found["nerdctl/name"] ?? sandbox
  guard let name, !name.isEmpty else { return nil }
  return ContainerName(
    name: name, podName: found["io.kubernetes.cri.sandbox-name"] ?? found["io.kubernetes.pod.name"],
    podNamespace: found["io.kubernetes.cri.sandbox-namespace"] ?? found["io.kubernetes.pod.namespace"])
}

/// The first of `"names"` beside `"id"` in containers.json of containers/storage: an array of objects.
func listedName(_ text: Span<UInt8>, id: [UInt8]) -> ContainerName? {
  var json = JSONScanner(text)
  guard json.enterArray() else { return nil }
  while json.hasElement() {
    guard json.enterObject() else { return nil }
    var foundID: [UInt8]?
    var name: [UInt8]?
    while let key = json.nextKey() {
      if key.elementsEqual("id".utf8) {
        foundID = json.string()
      } else if key.elementsEqual("names".utf8), json.enterArray() {
        while json.hasElement() {
          guard let next = json.string() else { return nil }
          if name == nil { name = next }
        }
      } else if !json.skipValue() {
        return nil
      }
    }
    if foundID == id, let name, !name.isEmpty { return ContainerName(name: name) }
  }
  return nil
}

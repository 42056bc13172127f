import CLinux
import KernelSystem
import Testing

@testable import KernelProc

private let id = "3f1c0123456789abcdef0123456789abcdef0123456789abcdef0123456789ab"

@Suite("Names of containers, from trees that look like their runtimes'")
struct ContainerNameTests {
  private let tree: TemporaryTree
  init() throws { tree = try TemporaryTree() }

  private func name(
    _ runtime: ContainerRuntime, id: String = id, home: String? = nil
  ) throws -> ProcAnswer<ContainerName> {
    let root = try HostRoot(path: tree.path)
    var buffer = ReadBuffer()
    return root.containerName(
      CgroupContainer(runtime: runtime, id: bytes(id)), home: home.map(bytes), &buffer)
  }

  @Test("Docker's name is without its slash")
  func docker() throws {
    try tree.file(
      "var/lib/docker/containers/\(id)/config.v2.json",
      #"{"StreamConfig":{},"State":{"Name":"no"},"Args":["Name",[1,{}]],"Name":"/web","Driver":"overlay2"}"#)
    #expect(try name(.docker) == .value(ContainerName(name: bytes("web"))))
    #expect(try name(.unknown) == .value(ContainerName(name: bytes("web"))))
    #expect(try name(.podman) == .absent)
  }

  @Test("A Kubernetes container has its pod's name and namespace; its sandbox is called pause")
  func containerd() throws {
    let task = "run/containerd/io.containerd.runtime.v2.task/k8s.io/"
    try tree.file(
      task + id + "/config.json",
      #"""
      {"process": {"args": ["a", "\"annotations\""]}, "annotations": {"x": 7,
        "io.kubernetes.cri.container-name": "web", "io.kubernetes.cri.container-type": "container",
        "io.kubernetes.cri.sandbox-name": "web-7d", "io.kubernetes.cri.sandbox-namespace": "prod"}}
      """#)
    let expected = ContainerName(name: bytes("web"), podName: bytes("web-7d"), podNamespace: bytes("prod"))
    #expect(try name(.containerd) == .value(expected))
    #expect(try name(.kubernetes) == .value(expected))
    let sandbox = String(id.reversed())
    try tree.file(
      task + sandbox + "/config.json",
      #"{"annotations":{"io.kubernetes.cri.container-type":"sandbox","io.kubernetes.cri.sandbox-name":"web-7d"}}"#
    )
    #expect(
      try name(.containerd, id: sandbox)
        == .value(ContainerName(name: bytes("pause"), podName: bytes("web-7d"))))
  }

  @Test("nerdctl and CRI-O leave theirs in annotations")
  func annotations() throws {
    try tree.file(
      "run/containerd/io.containerd.runtime.v2.task/default/\(id)/config.json",
      #"{"annotations":{"nerdctl/name":"db"}}"#)
    #expect(try name(.containerd) == .value(ContainerName(name: bytes("db"))))
    try tree.file(
      "var/lib/containers/storage/overlay-containers/\(id)/userdata/config.json",
      #"{"annotations":{"io.kubernetes.container.name":"web","io.kubernetes.pod.name":"p","io.kubernetes.pod.namespace":"n"}}"#
    )
    #expect(
      try name(.crio)
        == .value(ContainerName(name: bytes("web"), podName: bytes("p"), podNamespace: bytes("n"))))
  }

  @Test("Podman lists names by identifier, and rootless ones in a home")
  func podman() throws {
    func list(_ name: String) -> String {
      #"[{"id":"ff","names":null},{"names":[],"id":"\#(id)x"},{"id":"\#(id)","layer":"l","names":["\#(name)","second"]}]"#
    }
    try tree.file("var/lib/containers/storage/overlay-containers/containers.json", list("rootful"))
    try tree.file(
      "home/ann/.local/share/containers/storage/overlay-containers/containers.json", list("rootless"))
    #expect(try name(.podman) == .value(ContainerName(name: bytes("rootful"))))
    #expect(try name(.podman, home: "/home/ann") == .value(ContainerName(name: bytes("rootless"))))
    #expect(try name(.podman, id: String(id.reversed())) == .absent)
  }

  @Test("An identifier that could be a path is never made one")
  func hostileIdentifier() throws {
    try tree.file("etc/config.v2.json", #"{"Name":"/no"}"#)
    #expect(try name(.docker, id: "../../../../etc") == .absent)
    #expect(try name(.lxc, id: "../web") == .value(ContainerName(name: bytes("../web"))))
  }

  @Test("A FIFO or a device where a user's file should be is refused, and keeps nobody waiting")
  func notRegular() throws {
    try tree.fifo("home/ann/.local/share/containers/storage/overlay-containers/containers.json")
    try tree.link(
      "home/bob/.local/share/containers/storage/overlay-containers/containers.json", to: "/dev/zero")
    #expect(try name(.podman, home: "/home/ann") == .failed(.invalidArgument))
    #expect(try name(.podman, home: "/home/bob") == .failed(.invalidArgument))
  }

  @Test("A file in the way of a directory is one more place without the name")
  func fileInTheWay() throws {
    try tree.file("var/lib/docker", "")
    #expect(try name(.docker) == .absent)
  }

  @Test("State that we may not read is denied", .enabled(if: geteuid() == 0, "needs CAP_SETUID"))
  func denied() throws {
    try tree.file("var/lib/docker/containers/\(id)/config.v2.json", #"{"Name":"/web"}"#)
    tree.directory("var/lib/docker", mode: 0o700)
    let test = self
    try asUser(65534) {
      let answer = try test.name(.docker)
      #expect(answer == .denied)
    }
  }

  @Test(
    "Strings of JSON are read with their escapes",
    arguments: [
      (#"{"Name":"/caf\u00e9"}"#, "caf\u{e9}"), (#"{"Name":"/\ud83d\ude00"}"#, "\u{1f600}"),
      (#"{"Name":"/\ud83d"}"#, "\u{fffd}"), (#"{"Name":"/\udc00x"}"#, "\u{fffd}x"),
      (#"{"Name":"/\"\\\/\n\t\r\b\f"}"#, "\"\\/\n\t\r\u{8}\u{c}"),
      (#" { "A" : -1.5e3 , "Name" : "web" } "#, "web"),
    ])
  func escapes(text: String, expected: String) {
    #expect(dockerName(bytes(text).span)?.name == bytes(expected))
  }

  @Test(
    "What is not JSON has no name",
    arguments: [
      "", "{", "[]", "null", #"{"Name"}"#, #"{"Name":1}"#, #"{"Name":""}"#, #"{"Name":"/web"#,
      #"{"Name":"\u12"}"#,
      #"{"a":{"Name":"x"}"#, #"{"a":]"#, #"{"a":,"Name":"x"}"#,
    ])
  func noJSON(text: String) {
    #expect(dockerName(bytes(text).span) == nil)
  }
}

import KernelProc
import Testing

private let id = "3f1c0a9d5be24f7786a1d2c3b4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f607"

private func container(_ runtime: ContainerRuntime, _ identifier: String = id) -> CgroupContainer {
  CgroupContainer(runtime: runtime, id: Array(identifier.utf8))
}

@Suite struct ContainerNameTests {
  @Test("Docker's name is the top one, not one inside of another object, without its slash")
  func docker() throws {
    let tree = try FakeTree()
    try tree.file(
      "var/lib/docker/containers/\(id)/config.v2.json",
      #"{"State":{"Name":"no","Pid":7},"Args":["a\"}",{"Name":"no"}],"Image":"sha256:1","Name":"/w\u00e9b","X":1}"#
    )
    let root = try HostRoot(path: tree.path)
    var buffer = ReadBuffer()
    #expect(root.containerName(container(.docker), &buffer).value?.name.text == "wéb")
    #expect(root.containerName(container(.unknown), &buffer).value?.name.text == "wéb")
    #expect(root.containerName(container(.podman), &buffer) == .absent)
  }

  @Test("A pod's container has its own name and the pod's, with either runtime's annotations")
  func kubernetes() throws {
    let tree = try FakeTree()
    try tree.file(
      "run/containerd/io.containerd.runtime.v2.task/k8s.io/\(id)/config.json",
      #"{"ociVersion":"1.0.2","process":{"args":["x"]},"annotations":{"io.kubernetes.cri.container-name":"web","#
        + #""io.kubernetes.cri.sandbox-name":"web-7f","io.kubernetes.cri.sandbox-namespace":"shop"}}"#)
    let crio = String(id.reversed())
    try tree.file(
      "var/lib/containers/storage/overlay-containers/\(crio)/userdata/config.json",
      #"{"annotations":{"io.kubernetes.container.name":"db","io.kubernetes.pod.name":"db-0"},"root":{}}"#)
    let root = try HostRoot(path: tree.path)
    var buffer = ReadBuffer()
    let name = root.containerName(container(.containerd), &buffer).value
    #expect(name?.name.text == "web" && name?.podName?.text == "web-7f" && name?.podNamespace?.text == "shop")
    let other = root.containerName(container(.crio, crio), &buffer).value
    #expect(other?.name.text == "db" && other?.podName?.text == "db-0")
  }

  @Test("Podman's list is searched by identifier, also in the owner's home")
  func podman() throws {
    let tree = try FakeTree()
    let list = #"[{"id":"aa","names":["no"]},{"names":["web","alias"],"layer":null,"id":"\#(id)"}]"#
    try tree.file("home/ann/.local/share/containers/storage/overlay-containers/containers.json", list)
    let root = try HostRoot(path: tree.path)
    var buffer = ReadBuffer()
    #expect(root.containerName(container(.podman), &buffer) == .absent)
    let found = root.containerName(container(.podman), home: Array("/home/ann".utf8), &buffer)
    #expect(found.value?.name.text == "web")
  }

  @Test("An identifier that is no number never becomes part of a path")
  func traversal() throws {
    let tree = try FakeTree()
    try tree.file("var/lib/docker/config.v2.json", #"{"Name":"/no"}"#)
    let root = try HostRoot(path: tree.path)
    var buffer = ReadBuffer()
    #expect(root.containerName(container(.docker, ".."), &buffer) == .absent)
    #expect(root.containerName(container(.lxc, "../x"), &buffer).value?.name.text == "../x")
  }
}

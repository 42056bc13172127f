import KernelProc
import Testing

private let hex = "3f1c0a9d5be24f7786a1d2c3b4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f607"
private let other = "aa1c0a9d5be24f7786a1d2c3b4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f6bb"
private let pod = "1f2e3d4c-5b6a-7988-9706-a5b4c3d2e1f0"
private let podUnderscored = "1f2e3d4c_5b6a_7988_9706_a5b4c3d2e1f0"
private let staticPod = "9a8b7c6d5e4f30211203f4e5d6c7b8a9"

/// A path, and `runtime:id` of its container, pod and unit as they should be read.
struct PathCase: Sendable, CustomTestStringConvertible {
  let path: String
  var container: String?
  var pod: String?
  var unit: String?
  var testDescription: String { path }
  init(_ path: String, _ container: String? = nil, pod: String? = nil, unit: String? = nil) {
    self.path = path
    self.container = container
    self.pod = pod
    self.unit = unit
  }
}

private let unitCases = [
  PathCase("/"),
  PathCase("/init.scope", unit: "init.scope"),
  PathCase("/system.slice/ssh.service", unit: "ssh.service"),
  PathCase("/system.slice/system-getty.slice/getty@tty1.service", unit: "getty@tty1.service"),
  PathCase(
    "/system.slice/system-systemd\\x2dcryptsetup.slice/systemd-cryptsetup@luks\\x2d1.service",
    unit: "systemd-cryptsetup@luks\\x2d1.service"),
  PathCase("/system.slice/foo.service/payload", unit: "foo.service"),
  PathCase("/system.slice/_cpu.service", unit: "cpu.service"),
  PathCase("/system.slice/dbus.socket", unit: "dbus.socket"),
  PathCase("/system.slice/home-ann.mount", unit: "home-ann.mount"),
  PathCase("/user.slice/user-1000.slice/session-3.scope", unit: "session-3.scope"),
  PathCase("/user.slice/user-1000.slice/user@1000.service/init.scope", unit: "init.scope"),
  PathCase(
    "/user.slice/user-1000.slice/user@1000.service/app.slice/app-firefox-1234.scope",
    unit: "app-firefox-1234.scope"),
  PathCase("/process_api/7d2f60c11a80faa883323e8c3d2f5846"),
  PathCase("/.service"),
  PathCase("/../../system.slice/cron.service", unit: "cron.service"),
]

private let containerCases = [
  // Docker
  PathCase("/docker/\(hex)", "docker:\(hex)"),
  PathCase("/system.slice/docker-\(hex).scope", "docker:\(hex)", unit: "docker-\(hex).scope"),
  PathCase("/../docker-\(hex).scope", "docker:\(hex)", unit: "docker-\(hex).scope"),
  PathCase("/docker/\(hex)/system.slice/nginx.service", "docker:\(hex)", unit: "nginx.service"),
  PathCase("/docker/\(hex)/docker/\(other)", "docker:\(other)"),
  PathCase(
    "/user.slice/user-1000.slice/user@1000.service/user.slice/docker-\(hex).scope", "docker:\(hex)",
    unit: "docker-\(hex).scope"),
  PathCase("/ecs/0123/\(hex)", "docker:\(hex)"),
  PathCase("/actions_job/\(hex)", "docker:\(hex)"),
  PathCase("/my-own-parent/\(hex)", "unknown:\(hex)"),
  PathCase("/system.slice/docker.service", unit: "docker.service"),
  PathCase("/docker/buildx"),
  // containerd
  PathCase("/default/\(hex)", "containerd:\(hex)"),
  PathCase("/k8s.io/\(hex)", "containerd:\(hex)"),
  PathCase("/system.slice/nerdctl-\(hex).scope", "containerd:\(hex)", unit: "nerdctl-\(hex).scope"),
  PathCase("/ecs/\(staticPod)/\(staticPod)-2531612879", "containerd:\(staticPod)-2531612879"),
  // Podman
  PathCase("/machine.slice/libpod-\(hex).scope", "podman:\(hex)", unit: "libpod-\(hex).scope"),
  PathCase("/machine.slice/libpod-\(hex).scope/container", "podman:\(hex)", unit: "libpod-\(hex).scope"),
  PathCase("/libpod_parent/libpod-\(hex)", "podman:\(hex)"),
  PathCase("/libpod_parent/\(hex)", "podman:\(hex)"),
  PathCase(
    "/machine.slice/libpod-conmon-\(hex).scope", "podman:\(hex) monitor", unit: "libpod-conmon-\(hex).scope"),
  PathCase("/system.slice/web.service/libpod-payload-\(hex)", "podman:\(hex)", unit: "web.service"),
  PathCase("/machine.slice:libpod:\(hex)", "podman:\(hex)"),
  // lxc, nspawn, libvirt
  PathCase("/lxc.payload.web/system.slice/ssh.service", "lxc:web", unit: "ssh.service"),
  PathCase("/lxc.payload/web", "lxc:web"),
  PathCase("/lxc.monitor.web", "lxc:web monitor"),
  PathCase("/lxc/101/ns/init.scope", "lxc:101", unit: "init.scope"),
  PathCase(
    "/machine.slice/systemd-nspawn@deb\\x2d12.service/payload/system.slice/cron.service", "nspawn:deb-12",
    unit: "cron.service"),
  PathCase("/machine.slice/machine-fedora.scope", "nspawn:fedora", unit: "machine-fedora.scope"),
  PathCase("/machine.slice/machine-qemu\\x2d1\\x2dvm.scope", unit: "machine-qemu\\x2d1\\x2dvm.scope"),
  PathCase(
    "/machine.slice/machine-lxc\\x2d4711\\x2dweb.scope", "lxc:web",
    unit: "machine-lxc\\x2d4711\\x2dweb.scope"),
]

private let burstable = "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod"
private let podCases = [
  PathCase(
    "\(burstable)\(podUnderscored).slice/cri-containerd-\(hex).scope", "containerd:\(hex)", pod: pod,
    unit: "cri-containerd-\(hex).scope"),
  PathCase(
    "\(burstable)\(podUnderscored).slice/docker-\(hex).scope", "docker:\(hex)", pod: pod,
    unit: "docker-\(hex).scope"),
  PathCase(
    "\(burstable)\(podUnderscored).slice/crio-\(hex).scope/container", "cri-o:\(hex)", pod: pod,
    unit: "crio-\(hex).scope"),
  PathCase(
    "\(burstable)\(podUnderscored).slice/crio-conmon-\(hex).scope", "cri-o:\(hex) monitor", pod: pod,
    unit: "crio-conmon-\(hex).scope"),
  PathCase("\(burstable)\(staticPod).slice", pod: staticPod),
  PathCase("/kubepods/burstable/pod\(pod)/\(hex)", "kubernetes:\(hex)", pod: pod),
  PathCase("/kubepods/pod\(pod)/\(hex)", "kubernetes:\(hex)", pod: pod),
  PathCase("/kubepods/besteffort/pod\(pod)/crio-\(hex)", "cri-o:\(hex)", pod: pod),
  PathCase("/kubepods/besteffort/pod\(pod)", pod: pod),
  PathCase(
    "/system.slice/containerd.service/kubepods-burstable-pod\(podUnderscored).slice:cri-containerd:\(hex)",
    "containerd:\(hex)", pod: pod, unit: "containerd.service"),
  PathCase(
    "/docker/\(other)/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-besteffort.slice/"
      + "kubelet-kubepods-besteffort-pod\(podUnderscored).slice/cri-containerd-\(hex).scope",
    "containerd:\(hex)", pod: pod, unit: "cri-containerd-\(hex).scope"),
  PathCase("/kubepods/podlike-but-no-uid/x"),
]

private func read(_ path: String) -> CgroupPath {
  let bytes = Array(path.utf8)
  return CgroupPath(parsing: bytes.span)
}

private func name(_ container: CgroupContainer?) -> String? {
  guard let container else { return nil }
  let name = "\(container.runtime.rawValue):\(container.id.text)"
  return container.isMonitor ? name + " monitor" : name
}

@Suite struct CgroupPathTests {
  @Test("A path names its unit, container and pod", arguments: unitCases + containerCases + podCases)
  func path(_ expected: PathCase) {
    let path = read(expected.path)
    #expect(name(path.container) == expected.container)
    #expect(path.podUID?.text == expected.pod)
    #expect(path.unit?.text == expected.unit)
  }

  @Test("A user's units are told from the system's, with their owner")
  func users() {
    let app = read("/user.slice/user-1000.slice/user@1000.service/app.slice/x.service")
    #expect(app.isUserUnit && app.ownerUserID == 1000 && app.slice?.text == "app.slice")
    let session = read("/user.slice/user-1001.slice/session-3.scope")
    #expect(!session.isUserUnit && session.ownerUserID == 1001)
    let manager = read("/user.slice/user-5.slice/user@5.service")
    #expect(!manager.isUserUnit && manager.ownerUserID == 5)
  }

  @Test("The real kernel's hybrid lines are all read, and the telling one is chosen")
  func lines() throws {
    let lines = parsed(try fixture("cgroup-6.18")) { CgroupMembership.parse($0) }
    #expect(lines.count == 10)
    #expect(lines.last?.hierarchy == 0 && lines.last?.controllers.isEmpty == true)
    #expect(CgroupMembership.mostTelling(lines)?.text.hasPrefix("/process_api/") == true)
  }

  @Test("The unit comes from systemd's line and the container from any")
  func hybrid() {
    let text = "12:memory:/docker/\(hex)\n1:name=systemd:/system.slice/ssh.service (deleted)\n0::/\n"
    let lines = parsed(Array(text.utf8)) { CgroupMembership.parse($0) }
    #expect(lines[1].isDeleted && lines[1].path.text == "/system.slice/ssh.service")
    let path = CgroupPath(lines)
    #expect(path.unit?.text == "ssh.service" && path.container?.runtime == .docker)
  }

  @Test("A path with colons stays whole")
  func colons() {
    let line = parsed(Array("0::/a.slice:docker:x\n".utf8)) { CgroupMembership.parse($0) }
    #expect(line.first?.path.text == "/a.slice:docker:x")
  }
}

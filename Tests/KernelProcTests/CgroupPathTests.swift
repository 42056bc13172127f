import Testing

@testable import KernelProc

private let id = "3f1c0123456789abcdef0123456789abcdef0123456789abcdef0123456789ab"
private let other = "aa1c0123456789abcdef0123456789abcdef0123456789abcdef0123456789bb"
private let task = "0123456789abcdef0123456789abcdef"
private let uid = "6f1a2b3c-0123-4567-89ab-0123456789ab"
private let uidUnderscored = "6f1a2b3c_0123_4567_89ab_0123456789ab"

/// A path, and all that it says.
struct CgroupCase: CustomTestStringConvertible, Sendable {
  let path: String
  var unit: String?
  var slice: String?
  var runtime: ContainerRuntime?
  var container: String?
  var isMonitor = false
  var pod: String?
  var owner: UInt32?
  var isUser = false
  var testDescription: String { path }

  init(
    _ path: String, unit: String? = nil, slice: String? = nil, _ runtime: ContainerRuntime? = nil,
    _ container: String? = nil, monitor: Bool = false, pod: String? = nil, owner: UInt32? = nil,
    user: Bool = false
  ) {
    self.path = path
    self.unit = unit
    self.slice = slice
    self.runtime = runtime
    self.container = container ?? (runtime == nil ? nil : id)
    isMonitor = monitor
    self.pod = pod
    self.owner = owner
    isUser = user
  }

  static let services: [CgroupCase] = [
    CgroupCase("/"), CgroupCase(""), CgroupCase("/.."), CgroupCase("/../.."),
    CgroupCase("/init.scope", unit: "init.scope"),
    CgroupCase("/system.slice/ssh.service", unit: "ssh.service", slice: "system.slice"),
    CgroupCase("/../../system.slice/ssh.service", unit: "ssh.service", slice: "system.slice"),
    CgroupCase("/system.slice/dbus.socket", unit: "dbus.socket", slice: "system.slice"),
    CgroupCase(
      "/system.slice/system-getty.slice/getty@tty1.service", unit: "getty@tty1.service",
      slice: "system-getty.slice"),
    CgroupCase(
      #"/system.slice/system-postgresql.slice/postgresql@15-main.service"#,
      unit: "postgresql@15-main.service",
      slice: "system-postgresql.slice"),
    CgroupCase("/system.slice/_cpu.service", unit: "cpu.service", slice: "system.slice"),
    CgroupCase("/system.slice/docker.service", unit: "docker.service", slice: "system.slice"),
    CgroupCase("/system.slice/ssh.service/child", unit: "ssh.service", slice: "system.slice"),
    CgroupCase(
      "/user.slice/user-1000.slice/session-3.scope", unit: "session-3.scope", slice: "user-1000.slice",
      owner: 1000),
    CgroupCase(
      "/user.slice/user-1000.slice/user@1000.service/init.scope", unit: "init.scope",
      slice: "user-1000.slice",
      owner: 1000, user: true),
    CgroupCase(
      "/user.slice/user-1000.slice/user@1000.service", unit: "user@1000.service", slice: "user-1000.slice",
      owner: 1000),
    CgroupCase(
      "/user.slice/user-1000.slice/user@1000.service/app.slice/app-org.gnome.Terminal.slice/vte-spawn-1.scope",
      unit: "vte-spawn-1.scope", slice: "app-org.gnome.Terminal.slice", owner: 1000, user: true),
    CgroupCase("/user.slice/user-99999999999.slice", slice: "user-99999999999.slice"),
    CgroupCase("/user.slice/user-4294967296.slice", slice: "user-4294967296.slice"),
    CgroupCase("/.service/.slice/.scope"), CgroupCase("/plain/cgroup"),
    CgroupCase(
      #"/machine.slice/machine-qemu\x2d1\x2dvm.scope"#, unit: #"machine-qemu\x2d1\x2dvm.scope"#,
      slice: "machine.slice"),
  ]

  static let containers: [CgroupCase] = [
    CgroupCase("/docker/\(id)", .docker),
    CgroupCase(
      "/system.slice/docker-\(id).scope", unit: "docker-\(id).scope", slice: "system.slice", .docker),
    CgroupCase("/../docker-\(id).scope", unit: "docker-\(id).scope", .docker),
    CgroupCase(
      "/user.slice/user-1000.slice/user@1000.service/user.slice/docker-\(id).scope",
      unit: "docker-\(id).scope",
      slice: "user.slice", .docker, owner: 1000, user: true),
    CgroupCase("/docker/\(other)/docker/\(id)", .docker),
    CgroupCase("/docker/\(id)/init.scope", unit: "init.scope", .docker),
    CgroupCase(
      "/docker/\(id)/system.slice/nginx.service", unit: "nginx.service", slice: "system.slice", .docker),
    CgroupCase("/actions_job/\(id)", .docker),
    CgroupCase("/ecs/\(task)/\(id)", .docker),
    CgroupCase("/ecs/\(task)/\(task)-1234567890", .containerd, "\(task)-1234567890"),
    CgroupCase(
      "/ecstasks.slice/ecstasks-\(task).slice/docker-\(id).scope", unit: "docker-\(id).scope",
      slice: "ecstasks-\(task).slice", .docker),
    CgroupCase("/default/\(id)", .containerd), CgroupCase("/k8s.io/\(id)", .containerd),
    CgroupCase(
      "/system.slice/nerdctl-\(id).scope", unit: "nerdctl-\(id).scope", slice: "system.slice", .containerd),
    CgroupCase("/strange/\(id)", .unknown), CgroupCase("/strange/\(id.dropLast())"),
    CgroupCase("/strange/\(id)0"),
    CgroupCase("/strange/\(id.dropLast())g"),
    CgroupCase("/system.slice/other-\(id).scope", unit: "other-\(id).scope", slice: "system.slice"),
    CgroupCase(
      "/machine.slice/libpod-\(id).scope/container", unit: "libpod-\(id).scope", slice: "machine.slice",
      .podman),
    CgroupCase(
      "/machine.slice/libpod-conmon-\(id).scope", unit: "libpod-conmon-\(id).scope", slice: "machine.slice",
      .podman,
      monitor: true),
    CgroupCase(
      "/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-\(id).scope/container",
      unit: "libpod-\(id).scope", slice: "user.slice", .podman, owner: 1000, user: true),
    CgroupCase(
      "/system.slice/web.service/libpod-payload-\(id)", unit: "web.service", slice: "system.slice", .podman),
    CgroupCase("/libpod_parent/libpod-\(id)", .podman), CgroupCase("/libpod_parent/\(id)", .podman),
    CgroupCase("/machine.slice/crio-\(id).scope", unit: "crio-\(id).scope", slice: "machine.slice", .crio),
    CgroupCase(
      "/system.slice/crio-conmon-\(id).scope", unit: "crio-conmon-\(id).scope", slice: "system.slice", .crio,
      monitor: true),
    CgroupCase("/lxc/web", .lxc, "web"), CgroupCase("/lxc/101/ns", .lxc, "101"),
    CgroupCase(
      "/lxc/101/ns/system.slice/ssh.service", unit: "ssh.service", slice: "system.slice", .lxc, "101"),
    CgroupCase("/lxc.payload.web", .lxc, "web"), CgroupCase("/lxc.payload/web", .lxc, "web"),
    CgroupCase(
      "/lxc.payload.web/system.slice/ssh.service", unit: "ssh.service", slice: "system.slice", .lxc, "web"),
    CgroupCase("/lxc.payload.outer/lxc.payload.inner", .lxc, "inner"),
    CgroupCase("/lxc.monitor.web", .lxc, "web", monitor: true),
    CgroupCase("/lxc.monitor/web", .lxc, "web", monitor: true),
    CgroupCase("/lxc"), CgroupCase("/lxc.payload."),
    CgroupCase(
      #"/machine.slice/machine-lxc\x2d4711\x2dweb.scope"#, unit: #"machine-lxc\x2d4711\x2dweb.scope"#,
      slice: "machine.slice", .lxc, "web"),
    CgroupCase(
      #"/machine.slice/systemd-nspawn@my\x2dbox.service/payload"#, unit: #"systemd-nspawn@my\x2dbox.service"#,
      slice: "machine.slice", .nspawn, "my-box"),
    CgroupCase(
      "/machine.slice/systemd-nspawn@web.service/payload/system.slice/ssh.service", unit: "ssh.service",
      slice: "system.slice", .nspawn, "web"),
    CgroupCase(
      "/machine.slice/systemd-nspawn@web.service/supervisor", unit: "systemd-nspawn@web.service",
      slice: "machine.slice", .nspawn, "web", monitor: true),
    CgroupCase(
      "/machine.slice/machine-web.scope/payload/init.scope", unit: "init.scope", slice: "machine.slice",
      .nspawn, "web"),
  ]

  static let pods: [CgroupCase] = [
    CgroupCase("/kubepods/burstable/pod\(uid)/\(id)", .kubernetes, pod: uid),
    CgroupCase("/kubepods/besteffort/pod\(uid)/\(id)", .kubernetes, pod: uid),
    CgroupCase("/kubepods/pod\(uid)/\(id)", .kubernetes, pod: uid),
    CgroupCase("/kubepods/burstable/pod\(task)/\(id)", .kubernetes, pod: task),
    CgroupCase("/kubepods/burstable/pod\(uid)", pod: uid),
    CgroupCase(
      "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod\(uidUnderscored).slice/cri-containerd-\(id).scope",
      unit: "cri-containerd-\(id).scope", slice: "kubepods-burstable-pod\(uidUnderscored).slice", .containerd,
      pod: uid),
    CgroupCase(
      "/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod\(uidUnderscored).slice/docker-\(id).scope",
      unit: "docker-\(id).scope", slice: "kubepods-besteffort-pod\(uidUnderscored).slice", .docker, pod: uid),
    CgroupCase(
      "/kubepods.slice/kubepods-pod\(uidUnderscored).slice/crio-\(id).scope/container",
      unit: "crio-\(id).scope",
      slice: "kubepods-pod\(uidUnderscored).slice", .crio, pod: uid),
    CgroupCase(
      "/kubepods.slice/kubepods-pod\(uidUnderscored).slice/crio-conmon-\(id).scope",
      unit: "crio-conmon-\(id).scope",
      slice: "kubepods-pod\(uidUnderscored).slice", .crio, monitor: true, pod: uid),
    CgroupCase(
      "/system.slice/containerd.service/kubepods-besteffort-pod\(uidUnderscored).slice:cri-containerd:\(id)",
      unit: "containerd.service", slice: "system.slice", .containerd, pod: uid),
    CgroupCase(
      "/docker/\(other)/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-pod\(uidUnderscored).slice/"
        + "cri-containerd-\(id).scope", unit: "cri-containerd-\(id).scope",
      slice: "kubelet-kubepods-pod\(uidUnderscored).slice", .containerd, pod: uid),
    CgroupCase("/kubepods/podx/pod-\(uid)"), CgroupCase("/a:b:c"), CgroupCase("/a:docker:\(id):d"),
  ]
}

@Suite("What a cgroup's path says")
struct CgroupPathTests {
  @Test(
    "Units, slices, owners, containers and pods are those that the path names",
    arguments: CgroupCase.services + CgroupCase.containers + CgroupCase.pods)
  func paths(_ expected: CgroupCase) {
    let path = bytes(expected.path)
    let found = CgroupPath(parsing: path.span)
    #expect(found.unit == expected.unit.map(bytes))
    #expect(found.slice == expected.slice.map(bytes))
    #expect(found.container?.runtime == expected.runtime)
    #expect(found.container?.id == expected.container.map(bytes))
    #expect(found.container?.isMonitor ?? false == expected.isMonitor)
    #expect(found.podUID == expected.pod.map(bytes))
    #expect(found.ownerUserID == expected.owner)
    #expect(found.isUserUnit == expected.isUser)
  }

  @Test("On a hybrid host the unit is systemd's, and the container may be of another hierarchy")
  func hybrid() {
    let lines = CgroupMembership.parse(
      bytes("11:memory:/docker/\(id)\n1:name=systemd:/system.slice/docker.service\n0::/\n").span)
    let path = CgroupPath(lines)
    #expect(path.unit == bytes("docker.service"))
    #expect(path.container == CgroupContainer(runtime: .docker, id: bytes(id)))
    #expect(CgroupPath([]) == CgroupPath(parsing: [UInt8]().span))
  }

  @Test(
    "Escapes of unit names are turned back, half ones are kept",
    arguments: [(#"a\x2db"#, "a-b"), (#"\x2"#, #"\x2"#), (#"\xzz"#, #"\xzz"#), (#"\\x41"#, #"\A"#), ("", "")])
  func unitEscapes(text: String, expected: String) {
    #expect(unescapingUnit(bytes(text)[...]) == bytes(expected))
  }
}

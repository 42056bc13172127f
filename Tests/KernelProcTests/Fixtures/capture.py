#!/usr/bin/env python3
"""Captures the fixtures of this folder from the running kernel, which must be root's to play with.

    swift build --product socket-fixture && Tests/KernelProcTests/Fixtures/capture.py 6.18

`truth-KERNEL` is what socket-fixture, which made the sockets, knows of them: a line each of
table, inode, type, state, local address and port, peer address and port, name in hexadecimal; `-` for nothing.
"""
import ctypes, json, os, signal, subprocess, sys, tempfile, time

FOLDER = os.path.dirname(os.path.abspath(__file__))
BUILT = os.path.join(FOLDER, "../../../.build/debug/socket-fixture")
KERNEL = sys.argv[1]
LIBC = ctypes.CDLL(None, use_errno=True)


def save(name, data):
    with open(os.path.join(FOLDER, f"{name}-{KERNEL}"), "wb") as file:
        file.write(data)


def copy(path, name):
    with open(path, "rb") as file:
        save(name, file.read())


def child(body):
    """A child that runs `body`, then waits to be killed."""
    ready, ready_end = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.setsid()
        body()
        os.write(ready_end, b"x")
        os.close(ready_end)
        while True:
            signal.pause()
    os.close(ready_end)
    assert os.read(ready, 1) == b"x"
    os.close(ready)
    return pid


def end(pid):
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)


def hostile():
    LIBC.prctl(15, b"x) R 1 1\n(\x1b[1m\xff", 0, 0, 0)  # PR_SET_NAME, cut to 15 bytes


def net_tables():
    scenarios = """tcp4 tcp6 v4mapped udp4 udp6 udp-any udplite raw ping packet netlink backlog syn-recv
        time-wait unix-paths unix-abstract unix-connected""".split()
    fixture = subprocess.Popen(
        [BUILT, "--new-netns", *scenarios], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    truth = []
    for line in fixture.stdout:
        if line == b"ready\n":
            break
        truth.append(json.loads(line))
    net = f"/proc/{fixture.pid}/net/"
    for table in ["tcp", "tcp6", "udp", "udp6", "udplite", "udplite6", "raw", "raw6", "icmp", "icmp6",
                  "unix", "packet", "netlink", "sockstat", "sockstat6"]:
        copy(net + table, "net-" + table)
    lines = []
    for socket in truth:
        if not socket.get("inode"):
            continue
        def end_of(key):
            address = socket.get(key) or {}
            return f"{address.get('address') or '-'} {address.get('port') or 0}", address.get("path_hex")
        (local, name), (peer, _) = end_of("local"), end_of("peer")
        kind = f"{socket.get('transport')} {socket['inode']} {socket.get('type')} {socket.get('state')}"
        lines.append(f"{kind} {local} {peer} {name or '-'}\n")
    save("truth", "".join(lines).encode())
    fixture.stdin.close()
    fixture.wait()


# Two ends of a wire, with a route of each kind and groups that are joined; GoldenNetworkTests knows these numbers.
WIRED = """
sysctl -qw net.ipv6.conf.all.disable_ipv6=0 net.ipv6.conf.default.addr_gen_mode=1
ip link set lo up
ip link add v0 type veth peer name v1
ip link set v0 up
ip link set v1 up
ip addr add 10.9.0.1/24 dev v0
ip addr add 2001:db8::1/64 dev v0 nodad
ip route add default via 10.9.0.2 metric 17
ip route add 10.13.0.0/16 dev v0 mtu 1400 window 16384 rtt 30
ip route add blackhole 10.14.0.0/16
ip route add unreachable 10.15.1.1 metric 4294967295
ip -6 route add 2001:db8:1::/48 via 2001:db8::3 metric 4711
ip -6 route add blackhole 2001:db8:3::/48
exec python3 -c "
import os, sys, socket as s
join = s.socket(s.AF_INET, s.SOCK_DGRAM)
join.setsockopt(s.IPPROTO_IP, s.IP_ADD_MEMBERSHIP, s.inet_aton('239.1.2.3') + s.inet_aton('10.9.0.1'))
six = s.socket(s.AF_INET6, s.SOCK_DGRAM)
six.setsockopt(s.IPPROTO_IPV6, s.IPV6_JOIN_GROUP, s.inet_pton(s.AF_INET6, 'ff15::4711') + bytes([1, 0, 0, 0]))
to = s.socket(s.AF_INET, s.SOCK_DGRAM)
to.bind(('127.0.0.1', 0))
for _ in range(23): join.sendto(b'x' * 1009, to.getsockname())
print(os.getpid(), flush=True)
sys.stdin.read()"
"""


def wired_tables():
    process = subprocess.Popen(
        ["unshare", "--net", "bash", "-euc", WIRED], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    net = f"/proc/{int(process.stdout.readline())}/net/"
    for table in ["route", "ipv6_route", "if_inet6", "igmp", "igmp6", "snmp", "netstat", "snmp6"]:
        copy(net + table, "net-" + table)
    copy(net + "dev", "net-dev-wired")
    process.stdin.close()
    process.wait()


def host_mounts(pid):
    """Without what only the sandbox of the capturing machine has."""
    with open(f"/proc/{pid}/mountinfo", "rb") as file:
        return b"".join(line for line in file if b"sandbox" not in line)


def cgroups():
    """In a cgroup of its own where a hierarchy lets us, in the root elsewhere."""
    pid = child(lambda: None)
    made = []
    for base in sorted(os.listdir("/sys/fs/cgroup")):
        path = f"/sys/fs/cgroup/{base}"
        if base in ["unified", "systemd", "pids"]:
            path += "/sockeye:fixture one"
            os.mkdir(path)
            made.append(path)
        if os.path.exists(path + "/cgroup.procs") and base != "cpuset":
            with open(path + "/cgroup.procs", "w") as file:
                file.write(str(pid))
    copy(f"/proc/{pid}/cgroup", "cgroup")
    end(pid)
    time.sleep(0.1)
    for path in made:
        os.rmdir(path)


def processes():
    shell = subprocess.Popen(["/bin/sh", "-c", "read line", "two words", ""], stdin=subprocess.PIPE)
    time.sleep(0.2)
    for name in ["stat", "status", "maps", "cmdline"]:
        copy(f"/proc/{shell.pid}/{name}", name)
    save("mountinfo", host_mounts(shell.pid))
    shell.kill()
    shell.wait()
    pid = child(hostile)
    copy(f"/proc/{pid}/stat", "stat-hostile")
    copy(f"/proc/{pid}/status", "status-hostile")
    end(pid)
    zombie = os.fork()
    if zombie == 0:
        os._exit(0)
    time.sleep(0.2)
    copy(f"/proc/{zombie}/stat", "stat-zombie")
    os.waitpid(zombie, 0)
    copy("/proc/2/stat", "stat-kthread")
    copy("/proc/2/status", "status-kthread")


def mounts():
    """Blanks, newlines, backslashes and no source at all; a proc that hides; a namespace kept by a mount."""
    def body():
        assert LIBC.unshare(0x20000) == 0  # CLONE_NEWNS
        home = os.open("/proc/self/ns/net", os.O_RDONLY)
        assert LIBC.mount(b"none", b"/", None, 0x44000, None) == 0  # MS_REC | MS_PRIVATE
        base = tempfile.mkdtemp(dir="/tmp", prefix="sockeye").encode()
        assert LIBC.mount(b"", base, b"tmpfs", 0, b"size=1m") == 0
        for name, source in [(b"a b\tc\nd\\e", b"so urce"), (b"- tmpfs", b"#x"), (b"proc", b"")]:
            os.mkdir(base + b"/" + name)
            kind, data = (b"proc", b"hidepid=invisible") if name == b"proc" else (b"tmpfs", b"")
            assert LIBC.mount(source, base + b"/" + name, kind, 0, data) == 0
        open(base + b"/net", "w").close()
        assert LIBC.unshare(0x40000000) == 0  # CLONE_NEWNET
        assert LIBC.mount(b"/proc/self/ns/net", base + b"/net", None, 4096, None) == 0  # MS_BIND
        assert LIBC.setns(home, 0) == 0
        script = base + b"/deep\nname"
        open(script, "w").write("x" * 5000)
        os.close(0)
        mapping = os.open(script, os.O_RDONLY)
        import mmap
        globals()["kept"] = mmap.mmap(mapping, 4096, prot=mmap.PROT_READ)
        os.unlink(script)
    pid = child(body)
    save("mountinfo-hostile", host_mounts(pid))
    with open(f"/proc/{pid}/maps", "rb") as file:
        save("maps-hostile", b"".join(line for line in file if b"deep" in line or b"[" in line))
    end(pid)


def host():
    copy("/proc/sys/fs/file-nr", "file-nr")
    copy("/proc/sys/kernel/random/boot_id", "boot_id")
    copy("/etc/passwd", "passwd")


net_tables()
wired_tables()
processes()
cgroups()
mounts()
host()

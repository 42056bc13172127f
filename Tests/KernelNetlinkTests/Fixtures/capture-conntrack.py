#!/usr/bin/env python3
"""Captures `conntrack-KERNEL.bin` from the running kernel, in a network namespace of its own. As root:

    Tests/KernelNetlinkTests/Fixtures/capture-conntrack.py 6.18

Three connections, put in by ctnetlink: TCP whose source is translated, UDP, and TCP over IPv6. ConntrackTests knows them.
"""
import os
import socket
import struct
import subprocess
import sys

if len(sys.argv) == 2:
    sys.exit(subprocess.call(["unshare", "--net", sys.executable, __file__, sys.argv[1], "inside"]))


def attribute(kind, body):
    return struct.pack("HH", 4 + len(body), kind) + body + bytes(-len(body) % 4)


def direction(kind, family, source, source_port, target, target_port, protocol):
    first = 1 if family == socket.AF_INET else 3
    address = b"".join(attribute(first + n, socket.inet_pton(family, text)) for n, text in enumerate([source, target]))
    ports = b"".join(attribute(2 + n, struct.pack("!H", port)) for n, port in enumerate([source_port, target_port]))
    protocol = attribute(1, bytes([protocol])) + ports
    return attribute(0x8000 | kind, attribute(0x8001, address) + attribute(0x8002, protocol))


def ask(kind, flags, body):
    netlink = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 12)
    netlink.send(struct.pack("IHHII", 16 + len(body), 256 | kind, flags, 1, 0) + body)
    return netlink


def track(family, protocol, original, reply, seconds):
    body = struct.pack("BBH", family, 0, 0)
    body += direction(1, family, *original, protocol) + direction(2, family, *reply, protocol)
    body += attribute(7, struct.pack("!I", seconds))
    if protocol == 6:
        body += attribute(0x8004, attribute(0x8001, attribute(1, bytes([3]))))  # established
    answer = ask(0, 0x605, body).recv(4096)
    assert struct.unpack("i", answer[16:20])[0] == 0, answer


V4, V6 = socket.AF_INET, socket.AF_INET6
track(V4, 6, ("10.9.0.2", 4711, "198.51.100.7", 443), ("198.51.100.7", 443, "192.0.2.1", 61001), 3607)
track(V4, 17, ("10.9.0.2", 4713, "198.51.100.7", 53), ("198.51.100.7", 53, "10.9.0.2", 4713), 29)
track(V6, 6, ("2001:db8::2", 4715, "2001:db8::7", 80), ("2001:db8::7", 80, "2001:db8::2", 4715), 3613)

dump = ask(1, 0x301, bytes(4))
datagrams, done = [], False
while not done:
    datagrams.append(dump.recv(1 << 16))
    offset = 0
    while offset < len(datagrams[-1]):
        length, kind = struct.unpack_from("IH", datagrams[-1], offset)
        done = done or kind == 3
        offset += (length + 3) & ~3
name = os.path.join(os.path.dirname(os.path.abspath(__file__)), f"conntrack-{sys.argv[1]}.bin")
with open(name, "wb") as file:
    for datagram in datagrams:
        file.write(struct.pack("<I", len(datagram)) + datagram)

#!/bin/sh
# Cuts the fixtures (a 32-bit length before each datagram) into one corpus file a datagram.
set -eu
cd "$(dirname "$0")"
python3 - ../../Tests/KernelNetlinkTests/Fixtures SockDiag <<'P'
import pathlib, struct, sys
source, target = map(pathlib.Path, sys.argv[1:])
for file in sorted(source.glob("*.bin")):
    data, offset, number = file.read_bytes(), 0, 0
    while offset < len(data):
        (length,) = struct.unpack_from("<I", data, offset)
        (target / f"{file.stem}-{number}").write_bytes(data[offset + 4 : offset + 4 + length])
        offset += 4 + length
        number += 1
P

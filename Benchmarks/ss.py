#!/usr/bin/env python3
"""Measures `sockeye ss` against ss, paired, on the same sockets: the fixture, counting and clock of snapshot.py.

    Benchmarks/ss.py                         # 1k, 10k, 100k
    Benchmarks/ss.py --sizes 100k --rounds 5

Before the rounds each command runs once with its output counted, and both outputs of a pair are compared line by line.
"""
import os
import re
import subprocess
import sys

import snapshot
from snapshot import Tool

# Issue 4, «Figures to reach»: CPU of ours / CPU of ss, at most, with 100,000 sockets.
LIMIT = (100_000, "-tanp", 0.6)
FLAGS = ("-tan", "-tanp", "-tanieom")


def pairs(sockeye):
    """Of each command line ours and theirs, neighbours in every round."""
    local = rb"(?m)^ESTAB.*127\.1\.\d+\.\d+"
    for flags in FLAGS:
        owned = rb"pid=\d+" if "p" in flags else b""
        yield Tool(f"sockeye {flags}", f"sockeye ss {flags}", (sockeye, "ss", flags), local, owned)
        yield Tool(f"ss {flags}", f"ss {flags}", ("ss", flags), local, owned)


def differences(options, size):
    """Lines that differ between both, without the clocks of `-i`; widths are kept."""
    clocks = re.compile(rb" (lastsnd|lastrcv|lastack):\d+| +$", re.M)
    with snapshot.Fixture(options.fixture, "scale", "--sockets", size, "--processes", snapshot.PROCESSES) as fixture:
        for flags in FLAGS:
            outputs = []
            for command in ((options.sockeye, "ss", flags), ("ss", flags)):
                run = subprocess.run(["nsenter", f"--net={fixture.netns}", *command], stdout=subprocess.PIPE, check=True)
                outputs.append(clocks.sub(b"", run.stdout).split(b"\n"))
            ours, theirs = outputs
            count = abs(len(ours) - len(theirs)) + sum(a != b for a, b in zip(ours, theirs))
            print(f"{size:,} sockets, `{flags}`: {count} of {len(theirs):,} lines differ")


def main():
    options = snapshot.parse_options()
    chosen = list(pairs(options.sockeye))
    snapshot.describe_host(options)
    results = {}
    for size in map(snapshot.parse_size, options.sizes.split(",")):
        results[size] = snapshot.measure_size(size, chosen, options)
    snapshot.print_sizes(results, chosen)
    rows = []
    for size, row in results.items():
        for flags in FLAGS:
            ours, theirs = row[f"sockeye {flags}"], row[f"ss {flags}"]
            limit = LIMIT[2] if (size, flags) == LIMIT[:2] else None
            ratio = ours.cpu / theirs.cpu
            rows.append((f"{size:,}: CPU of `sockeye ss {flags}` / `ss {flags}`", f"{ratio:.3f}",
                         f"{limit}" if limit else "–", snapshot.verdict(ratio, limit) if limit else ""))
    snapshot.print_verdicts(rows)
    differences(options, min(results))


if __name__ == "__main__":
    sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
    main()

#!/usr/bin/env python3
"""Measures `sockeye netstat` and `sockeye ss` against netstat and ss, in one run, on the same sockets.

The fixture makes N connected TCP sockets in 50 processes, in a network namespace of their own. A tool and its stand-in
run inside it, taking turns; `socket-fixture measure` takes the CPU time (user + system) of exactly that process by
wait4(2). Before the rounds each runs once, and their rows are compared: a stand-in that prints other rows is not
measured.

    Benchmarks/personalities.py                              # 1k, 10k, 100k
    Benchmarks/personalities.py --sizes 100k --rounds 11 --only netstat-tanp
    Benchmarks/personalities.py --sockeye .build/release/sockeye
"""
import argparse
import os
import statistics
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from snapshot import Fixture, measure  # noqa: E402

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
PROCESSES = 50
# Name, tool and its options; and issue 5's «Figures to reach»: CPU of ours / CPU of theirs with 100,000 sockets.
PAIRS = [
    ("netstat-tanp", ("netstat", "-tanp"), 0.1),
    ("netstat-tan", ("netstat", "-tan"), None),
    ("ss-tanp", ("ss", "-tanp"), 0.6),
    ("ss-tan", ("ss", "-tan"), None),
]


def rows(fixture_binary, netns, command):
    """The rows of one run without blanks: columns may be as wide as the widest row; and its CPU time."""
    with tempfile.NamedTemporaryFile() as output:
        run = measure(fixture_binary, netns, command, output.name)
        if run["exit"]:
            return None, run
        with open(output.name, "rb") as file:
            return sorted(b" ".join(line.split()) for line in file), run


def compare(theirs, ours):
    """A sentence if the rows differ."""
    if theirs is None or ours is None:
        return "one of them failed"
    if theirs == ours:
        return ""
    only = len(set(theirs) ^ set(ours))
    return f"{only} rows are of one of them only"


def pair(name, command, size, options, fixture):
    tool, stand_in = command, (options.sockeye, *command)
    theirs, first = rows(options.fixture, fixture.netns, tool)
    ours, _ = rows(options.fixture, fixture.netns, stand_in)
    problem = compare(theirs, ours)
    if problem:
        print(f"{size:>7} {name:<14} not measured: {problem}", flush=True)
        return None
    samples = {tool: [], stand_in: []}
    # A slow tool runs a few times only.
    rounds = options.rounds if first["cpu"] < options.slow else min(options.rounds, 3)
    for number in range(rounds):
        order = [tool, stand_in] if number % 2 == 0 else [stand_in, tool]
        for one in order:
            samples[one].append(measure(options.fixture, fixture.netns, one)["cpu"])
    medians = {one: statistics.median(values) for one, values in samples.items()}
    ratios = [b / a for a, b in zip(samples[tool], samples[stand_in])]
    print(f"{size:>7} {name:<14} theirs {medians[tool]:8.3f} s  ours {medians[stand_in]:8.3f} s  "
          f"ratio {statistics.median(ratios):6.3f} (worst {max(ratios):.3f}, {rounds} pairs, {len(theirs)} rows)", flush=True)
    return max(ratios)


def number(text):
    return int(text[:-1]) * 1000 if text.endswith("k") else int(text)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", default="1k,10k,100k")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--slow", type=float, default=3.0, help="seconds of CPU from which a tool runs three times")
    parser.add_argument("--only", help="names by commas: " + ", ".join(name for name, _, _ in PAIRS))
    parser.add_argument("--sockeye", default=os.path.join(ROOT, ".build/release/sockeye"))
    parser.add_argument("--fixture", default=os.path.join(ROOT, ".build/debug/socket-fixture"))
    options = parser.parse_args()
    chosen = [entry for entry in PAIRS if not options.only or entry[0] in options.only.split(",")]
    failed = False
    for size in map(number, options.sizes.split(",")):
        with Fixture(options.fixture, "scale", "--sockets", size, "--processes", PROCESSES) as fixture:
            for name, command, limit in chosen:
                worst = pair(name, command, size, options, fixture)
                if size == 100_000 and limit is not None:
                    reached = worst is not None and worst <= limit
                    failed = failed or not reached
                    print(f"        {name}: at most {limit}: {'reached' if reached else 'NOT reached'}")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()

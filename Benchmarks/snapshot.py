#!/usr/bin/env python3
"""Measures `sockeye list` against its peers, in one run, on the same sockets.

The fixture makes N connected TCP sockets in 50 processes, in a network namespace of their own. Each tool runs
inside that namespace with its output to /dev/null, the tools taking turns; `socket-fixture measure` takes CPU time
(user + system), peak memory and wall time of exactly that process by wait4(2). Before the rounds each tool runs once
with its output counted: a tool that left out sockets or owners is not compared.

    Benchmarks/snapshot.py                                  # 1k, 10k, 100k
    Benchmarks/snapshot.py --sizes 500k --rounds 3          # slow tools run once
    Benchmarks/snapshot.py --only ss-tan,table --rounds 11
    Benchmarks/snapshot.py --parts small,namespaces
"""
import argparse
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
PROCESSES = 50


@dataclass(frozen=True)
class Tool:
    key: str
    title: str
    command: tuple
    socket: bytes       # what one socket looks like in the output
    owned: bytes = b""  # what one socket with an owner looks like; empty: the tool names none


def tools(sockeye):
    local = rb"127\.1\.\d+\.\d+"
    table = (sockeye, "list", "-a", "-t", "--netns", "current")
    return [
        Tool("table", "sockeye list -a -t", table, rb"(?m)^.*127\.1\.\d+", rb"(?m)^.*127\.1\..*\bsocket-f"),
        Tool("json", "sockeye list -a -t -o json", table + ("-o", "json"), rb'"local":', rb'"holders":\s*\[\s*\{'),
        Tool("ss-tan", "ss -tan", ("ss", "-tan"), rb"(?m)^ESTAB.*" + local),
        Tool("ss-tanp", "ss -tanp", ("ss", "-tanp"), rb"(?m)^ESTAB.*" + local, rb"pid=\d+"),
        Tool("netstat", "netstat -tanp", ("netstat", "-tanp"), rb"ESTABLISHED", rb"(?m)ESTABLISHED +\d+/"),
        Tool("lsof", "lsof -nP -i", ("lsof", "-nP", "-i"), rb"\(ESTABLISHED\)", rb"\(ESTABLISHED\)"),
    ]


# Issue 2, «Figures to reach»: CPU of ours / CPU of the peer, at most.
LIMITS = [
    (1_000, "table", "ss-tanp", 0.6),
    (1_000, "json", "ss-tanp", 0.6),
    (100_000, "table", "ss-tanp", 0.06),
    (100_000, "json", "ss-tanp", 0.06),
    (100_000, "table", "netstat", 0.08),
    (100_000, "json", "netstat", 0.08),
    (100_000, "table", "lsof", 0.12),
    (100_000, "json", "lsof", 0.12),
    (100_000, "table", "ss-tan", 1.0),
    (500_000, "table", "ss-tanp", 0.02),
    (500_000, "json", "ss-tanp", 0.02),
]
LIMIT_RSS_MIB = (100_000, 120)
LIMIT_SMALL = {"wall": 0.015, "rss_mib": 25}
LIMIT_NAMESPACES = 3.0
# PROBES §6: the least CPU, in seconds, that a prototype needed for sockets and owners, without text and program load.
FLOORS = {1_000: 0.0017, 10_000: 0.0072, 100_000: 0.094, 500_000: 0.589}


class Fixture:
    """A running socket-fixture; its sockets live as long as the `with` block."""

    def __init__(self, binary, *arguments):
        self.command = [binary, *map(str, arguments)]

    def __enter__(self):
        self.process = subprocess.Popen(self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.summary = None
        for line in self.process.stdout:
            if line.strip() == "ready":
                self.netns = f"/proc/{self.process.pid}/ns/net"
                return self
            self.summary = json.loads(line)
        raise SystemExit(f"{' '.join(self.command)} ended with {self.process.wait()}")

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait()
        time.sleep(0.5)  # the kernel takes the namespace down afterwards


@dataclass
class Samples:
    runs: list = field(default_factory=list)
    sockets: int = 0
    owned: int = 0
    problem: str = ""

    def median(self, key):
        return statistics.median(run[key] for run in self.runs)

    @property
    def cpu(self):
        return self.median("cpu")

    @property
    def rss_mib(self):
        return max(run["rss_kib"] for run in self.runs) / 1024


def measure(fixture_binary, netns, command, output="/dev/null"):
    where = ["--netns", netns] if netns else []
    with tempfile.NamedTemporaryFile() as error:
        arguments = [fixture_binary, "measure", *where, "--output", output, "--error", error.name, "--", *command]
        done = subprocess.run(arguments, stdout=subprocess.PIPE, text=True)
        if done.returncode:
            raise SystemExit(f"measure failed: {' '.join(arguments)}")
        run = json.loads(done.stdout)
        run["cpu"] = run["user"] + run["system"]
        run["stderr"] = error.read().decode(errors="replace")[:400]
        return run


def count_matches(path, pattern):
    """Matches of a pattern that never spans a line end, read a piece at a time: the output may be 1 GB."""
    expression, count, rest = re.compile(pattern), 0, b""
    with open(path, "rb") as file:
        while piece := file.read(1 << 24):
            piece = rest + piece
            # JSON may be one line: cut before an opening brace of a record where there is no line end.
            cut = max(piece.rfind(b"\n"), piece.rfind(b'{"schema"'))
            cut = cut if cut > 0 else len(piece)
            count += len(expression.findall(piece[:cut]))
            rest = piece[cut:]
    return count + len(expression.findall(rest))


def check(tool, fixture_binary, netns, expected, samples):
    """One run with the output counted. It warms the caches, and is not timed."""
    with tempfile.NamedTemporaryFile(dir=os.environ.get("TMPDIR")) as output:
        run = measure(fixture_binary, netns, tool.command, output.name)
        samples.sockets = count_matches(output.name, tool.socket)
        samples.owned = count_matches(output.name, tool.owned) if tool.owned else 0
        samples.bytes = os.path.getsize(output.name)
    if run["exit"] != 0:
        samples.problem = f"exit {run['exit']}: {run['stderr'].strip()}"
    elif samples.sockets < expected:
        samples.problem = f"printed {samples.sockets} of {expected} sockets"
    elif tool.owned and samples.owned < expected:
        samples.problem = f"named the owners of {samples.owned} of {expected} sockets"
    return run


def measure_size(size, chosen, options):
    results = {tool.key: Samples() for tool in chosen}
    with Fixture(options.fixture, "scale", "--sockets", size, "--processes", PROCESSES) as fixture:
        rounds_of = {}
        for tool in chosen:
            samples = results[tool.key]
            first = check(tool, options.fixture, fixture.netns, size, samples)
            slow = first["cpu"] > options.slow
            rounds_of[tool.key] = 0 if slow else options.rounds
            if slow:  # the counted run must do
                samples.runs.append(first)
            note(f"{size:>7} {tool.title:<28} {first['cpu']:9.3f} s  {samples.sockets} sockets, "
                 f"{samples.owned} owned{'; once' if slow else ''}{'; ' + samples.problem if samples.problem else ''}")
        for round_number in range(options.rounds):
            # Another one goes first each time.
            turn = round_number % len(chosen)
            for tool in chosen[turn:] + chosen[:turn]:
                if round_number < rounds_of[tool.key]:
                    results[tool.key].runs.append(measure(options.fixture, fixture.netns, tool.command))
    return results


def measure_small_host(options):
    """`sockeye list` where the machine has only what it has; without a fixture."""
    samples = Samples()
    for _ in range(options.rounds * 3):
        samples.runs.append(measure(options.fixture, None, (options.sockeye, "list")))
    return samples


def measure_namespaces(options):
    """200 namespaces of 10 sockets, and one of 2,000, each in 200 processes."""
    many, one = Samples(), Samples()
    command = (options.sockeye, "list", "-a", "-t", "--netns", "all")
    for _ in range(options.rounds):
        with Fixture(options.fixture, "scale-netns", "--namespaces", 200, "--sockets", 10):
            measure(options.fixture, None, command)
            many.runs.append(measure(options.fixture, None, command))
        time.sleep(1)
        with Fixture(options.fixture, "scale", "--sockets", 2000, "--processes", 200):
            measure(options.fixture, None, command)
            one.runs.append(measure(options.fixture, None, command))
    return many, one


def note(text):
    print(text, file=sys.stderr, flush=True)


def milliseconds(seconds):
    return f"{seconds * 1000:,.1f}" if seconds < 1 else f"{seconds * 1000:,.0f}"


def verdict(value, limit):
    return "reached" if value <= limit else "**missed**"


def print_sizes(results, chosen):
    print(f"\n### CPU time (user + system), ms: median; all sockets held by {PROCESSES} processes\n")
    print("| sockets | " + " | ".join(f"`{tool.title}`" for tool in chosen) + " |")
    print("|---:|" + "---:|" * len(chosen))
    for size, row in results.items():
        print(f"| {size:,} | " + " | ".join(milliseconds(row[tool.key].cpu) for tool in chosen) + " |")
    print("\n### CPU time a socket, µs\n")
    print("| sockets | " + " | ".join(f"`{tool.title}`" for tool in chosen) + " |")
    print("|---:|" + "---:|" * len(chosen))
    for size, row in results.items():
        print(f"| {size:,} | " + " | ".join(f"{row[tool.key].cpu / size * 1e6:.2f}" for tool in chosen) + " |")
    print("\n### Wall time, ms (median) / peak memory, MiB (greatest) / runs\n")
    print("| sockets | " + " | ".join(f"`{tool.title}`" for tool in chosen) + " |")
    print("|---:|" + "---:|" * len(chosen))
    for size, row in results.items():
        cells = (row[tool.key] for tool in chosen)
        print(f"| {size:,} | " + " | ".join(
            f"{milliseconds(s.median('wall'))} / {s.rss_mib:.0f} / {len(s.runs)}" for s in cells) + " |")
    for size, row in results.items():
        for tool in chosen:
            if row[tool.key].problem:
                print(f"\n**Not comparable** at {size:,}: `{tool.title}`: {row[tool.key].problem}")


def print_limits(results):
    rows = []
    for size, ours, peer, limit in LIMITS:
        row = results.get(size, {})
        if ours in row and peer in row:
            ratio = row[ours].cpu / row[peer].cpu
            bad = row[ours].problem or row[peer].problem
            rows.append((f"{size:,}: CPU of {ours} / {peer}", f"{ratio:.4f}", f"{limit}",
                         "not comparable" if bad else verdict(ratio, limit)))
    size, limit = LIMIT_RSS_MIB
    for key in ("table", "json"):
        if key in results.get(size, {}):
            value = results[size][key].rss_mib
            rows.append((f"{size:,}: peak memory of {key}, MiB", f"{value:.1f}", f"{limit}", verdict(value, limit)))
    for size, row in results.items():
        for key in ("table", "json"):
            if key in row and size in FLOORS:
                rows.append((f"{size:,}: CPU of {key} / the floor of PROBES §6", f"{row[key].cpu / FLOORS[size]:.1f}", "–", ""))
    return rows


def print_verdicts(rows):
    if not rows:
        return
    print("\n### Figures to reach\n\n| figure | measured | at most | |\n|---|---:|---:|---|")
    for row in rows:
        print("| " + " | ".join(row) + " |")


def open_files():
    with open("/proc/sys/fs/file-nr") as file:
        return int(file.read().split()[0])


def describe_host(options):
    """Every tool that names owners reads the descriptors of the whole host: others' count."""
    load, files = os.getloadavg()[0], open_files()
    print(f"{os.uname().release}, {os.cpu_count()} cores, load {load:.1f}, {files:,} open files before, "
          f"{options.rounds} rounds, {time.strftime('%Y-%m-%d %H:%M', time.gmtime())} UTC")
    if load > 1 or files > 20_000:
        note("the host is not quiet: CPU times of the tools that name owners hold the cost of other processes")


def parse_size(text):
    return int(float(text.lower().rstrip("k")) * (1000 if text.lower().endswith("k") else 1))


def parse_options():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", default="1k,10k,100k", help="numbers of sockets (default %(default)s)")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--slow", type=float, default=10, help="a tool that takes more CPU seconds runs once (default %(default)s)")
    parser.add_argument("--only", default="", help="keys of tools: table,json,ss-tan,ss-tanp,netstat,lsof")
    parser.add_argument("--parts", default="sizes,small,namespaces")
    parser.add_argument("--sockeye", default=f"{ROOT}/.build/release/sockeye")
    parser.add_argument("--fixture", default="", help="default: the newest built socket-fixture")
    parser.add_argument("--json", help="also write every run to this file")
    options = parser.parse_args()
    if not options.fixture:
        built = [f"{ROOT}/.build/{kind}/socket-fixture" for kind in ("release", "debug")]
        built = [path for path in built if os.path.exists(path)]
        if not built:
            parser.error("no socket-fixture: swift build --product socket-fixture")
        options.fixture = max(built, key=os.path.getmtime)
    if os.geteuid() != 0:
        parser.error("needs root: the fixture makes network namespaces")
    return options


def main():
    options = parse_options()
    chosen = tools(options.sockeye)
    if not os.path.exists(options.sockeye):
        note(f"{options.sockeye} is missing (swift build -c release): the peers alone")
        chosen = [tool for tool in chosen if tool.key not in ("table", "json")]
    if options.only:
        chosen = [tool for tool in chosen if tool.key in options.only.split(",")]
    parts = options.parts.split(",")
    have_ours = os.path.exists(options.sockeye)
    results, rows, raw = {}, [], {}
    describe_host(options)
    if "sizes" in parts:
        for size in map(parse_size, options.sizes.split(",")):
            results[size] = measure_size(size, chosen, options)
        print_sizes(results, chosen)
        rows += print_limits(results)
        raw["sizes"] = {size: {key: vars(samples) for key, samples in row.items()} for size, row in results.items()}
    if "small" in parts and have_ours:
        small = measure_small_host(options)
        wall, rss = small.median("wall"), small.rss_mib
        rows.append(("small host: `sockeye list`, wall ms", f"{wall * 1000:.1f}", "15", verdict(wall, LIMIT_SMALL["wall"])))
        rows.append(("small host: peak memory, MiB", f"{rss:.1f}", "25", verdict(rss, LIMIT_SMALL["rss_mib"])))
        raw["small"] = vars(small)
    if "namespaces" in parts and have_ours:
        many, one = measure_namespaces(options)
        ratio = many.cpu / one.cpu
        rows.append((f"200 namespaces × 10 ({milliseconds(many.cpu)} ms) / one × 2,000 ({milliseconds(one.cpu)} ms)",
                     f"{ratio:.2f}", f"{LIMIT_NAMESPACES}", verdict(ratio, LIMIT_NAMESPACES)))
        raw["namespaces"] = {"many": vars(many), "one": vars(one)}
    print_verdicts(rows)
    if options.json:
        with open(options.json, "w") as file:
            json.dump(raw, file, indent=1)


if __name__ == "__main__":
    main()

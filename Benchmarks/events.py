#!/usr/bin/env python3
"""Measures `sockeye watch`: what it sees of a storm, what it costs the watched, what it needs itself.

Each part runs the generator EventFixture, which says itself what it did, in a network namespace of its own.

    Benchmarks/events.py                          # everything, some ten minutes
    Benchmarks/events.py --parts cost --rounds 11 # added CPU time, in pairs: without and with, in changing order
    Benchmarks/events.py --parts idle --seconds 60

Needs Python 3, root and the release build: see README.md.
"""
import argparse
import json
import os
import re
import statistics
import subprocess
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
CONNECTIONS = ["connect", "accept", "close"]
PROCESSES = ["fork", "exec", "exit"]


class Watch:
    """One run of `sockeye watch KINDS -- COMMAND`, its output in a file."""

    def __init__(self, options, kinds, command, jsonl=False):
        with tempfile.TemporaryFile() as output:
            began = time.monotonic()
            run = subprocess.run(
                [options.sockeye, "watch", *kinds, *(["-o", "jsonl"] if jsonl else []), "--", *command],
                stdout=output, stderr=subprocess.PIPE, text=True, check=False)
            self.seconds = time.monotonic() - began
            output.seek(0)
            self.lines = output.read().decode(errors="replace").splitlines()
        self.summary = run.stderr.strip().splitlines()[-1]

    @property
    def microseconds(self):
        """CPU time of the watcher, from its last line."""
        value, unit = re.search(r"CPU ([\d.]+)(us|ms|s)", self.summary).groups()
        return float(value) * {"us": 1, "ms": 1e3, "s": 1e6}[unit]

    def counts(self, kinds):
        return {kind: sum(f"  {kind}  " in line for line in self.lines) for kind in kinds}

    def number(self):
        """What the generator prints: a number alone in its line."""
        return int(next(line for line in self.lines if line.isdigit()))


def storm(options):
    """Connections as fast as two clients can; and processes, one after another."""
    for name, kinds, command in [
        ("connections", CONNECTIONS, ["flood", str(options.count), "3", "2"]),
        ("forks", PROCESSES, ["pace", "fork", str(options.count)]),
        ("fork+exec", PROCESSES, ["pace", "exec", str(options.count // 2)]),
    ]:
        watch = Watch(options, kinds, [options.fixture, *command])
        counts = watch.counts(kinds)
        total = sum(counts.values())
        print(f"{name}: {' '.join(command)}: {counts}; {total / watch.seconds:,.0f} events/s, "
              f"{watch.microseconds / max(total, 1):.1f} us CPU an event")
        print(f"  {watch.summary}")


def datagrams(options):
    """A process for each datagram: each conversation must have its process, its parent and its bytes."""
    watch = Watch(options, ["udp_flow", "close"], [options.fixture, "datagrams", str(options.processes)], jsonl=True)
    flows, closes, truth = {}, {}, []
    for line in watch.lines:
        if not line.startswith("{"):
            word = line.split()
            if word[0] == "datagram":
                truth.append([int(value) for value in word[1:]])
            continue
        event = json.loads(line)
        key = event.get("process", {}).get("args", ["?"])[-1]
        {"udp_flow": flows, "close": closes}.get(event["event"]["action"], {}).setdefault(key, []).append(event)
    wrong = {"flow": 0, "parent": 0, "executable": 0, "bytes": 0}
    for index, pid, parent, _, sent in truth:
        found = flows.get(str(index), [])
        if len(found) != 1 or found[0]["process"]["pid"] != pid:
            wrong["flow"] += 1
            continue
        process = found[0]["process"]
        wrong["parent"] += process.get("parent", {}).get("pid") != parent
        wrong["executable"] += not process.get("executable", "").endswith("/EventFixture")
        wrong["bytes"] += [close["flow"]["bytes_sent"] for close in closes.get(str(index), [])] != [sent]
    print(f"datagrams: {len(truth)} processes, wrong or missing: {wrong}")
    print(f"  {watch.summary}")


def cost(options):
    """Added CPU time a round, of the watched alone, in pairs."""
    for what, kinds, count in [("tcp", CONNECTIONS, 20000), ("fork", PROCESSES, 5000), ("exec", PROCESSES, 2000),
                               ("call", CONNECTIONS, 2000000)]:
        command = [options.fixture, "pace", what, str(count)]
        pairs, reader = [], []
        for index in range(options.rounds):
            pair = {}
            for watched in [False, True] if index % 2 else [True, False]:
                if watched:
                    watch = Watch(options, kinds, command)
                    pair[watched] = watch.number()
                    reader.append(watch.microseconds * 1000 / count)
                else:
                    pair[watched] = int(subprocess.check_output(command))
            pairs.append(pair)
        base = [pair[False] for pair in pairs]
        with_probes = [pair[True] for pair in pairs]
        added = sorted(pair[True] - pair[False] for pair in pairs)
        print(f"{what}: without {min(base)} min {statistics.median(base):.0f} median; with {min(with_probes)} "
              f"{statistics.median(with_probes):.0f}; added: min-min {min(with_probes) - min(base)}, lower quartile "
              f"{added[len(added) // 4]}, median {statistics.median(added):.0f} ns; ratio of minima "
              f"{min(with_probes) / min(base):.3f}; watcher {min(reader):.0f} ns")


def idle(options):
    """A watcher that has little to do: memory, and CPU between two looks."""
    watch = subprocess.Popen([options.sockeye, "watch"], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    time.sleep(5)

    def ticks():
        fields = open(f"/proc/{watch.pid}/stat", encoding="ascii").read().rpartition(")")[2].split()
        return int(fields[11]) + int(fields[12])

    before = ticks()
    time.sleep(options.seconds)
    used = (ticks() - before) / os.sysconf("SC_CLK_TCK")
    status = dict(re.findall(r"(\w+):\s+(\d+) kB", open(f"/proc/{watch.pid}/status", encoding="ascii").read()))
    watch.terminate()
    summary = watch.communicate()[1].strip().splitlines()[-1]
    print(f"idle: {used:.2f} s CPU in {options.seconds} s ({100 * used / options.seconds:.2f} %); resident "
          f"{int(status['VmRSS']) / 1024:.1f} MiB, at most {int(status['VmHWM']) / 1024:.1f} MiB")
    print(f"  {summary}")


PARTS = {"storm": storm, "datagrams": datagrams, "cost": cost, "idle": idle}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    release = os.path.join(ROOT, ".build/static/release")
    parser.add_argument("--sockeye", default=os.path.join(release, "sockeye"))
    parser.add_argument("--fixture", default=os.path.join(release, "EventFixture"))
    parser.add_argument("--parts", default=",".join(PARTS))
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--count", type=int, default=50000, help="connections and forks of the storm")
    parser.add_argument("--processes", type=int, default=20000, help="of the datagrams")
    parser.add_argument("--seconds", type=int, default=60)
    options = parser.parse_args()
    load = os.getloadavg()
    print(f"load {load[0]:.1f} {load[1]:.1f} at the beginning, {os.cpu_count()} CPUs, Linux {os.uname().release}")
    for part in options.parts.split(","):
        PARTS[part](options)


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Measures what `sockeye spawn` and other tracers cost the traced: posix_spawn of /bin/true and wait, in µs.

    Benchmarks/spawn.py                         # all tools that are installed, 7 rounds
    Benchmarks/spawn.py --rounds 15 --tools sockeye,sockeye-no-places

The tools take turns, and before each of them the same runs untraced: a ratio is of two neighbours. Needs Python 3, gcc,
root and the static release build (scripts/run); strace, perf, ltrace, uftrace and bpftrace where they are installed.
"""
import argparse
import os
import shutil
import statistics
import subprocess
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
CALLS = "clone,clone3,fork,vfork,execve,execveat"
EVENTS = "task:task_newtask,sched:sched_process_exec,sched:sched_process_exit,syscalls:sys_enter_execve"


def tools(sockeye, work):
    """Name, command before the workload's, runs a round, and what it shows of a birth."""
    perf = ["perf", "record", "-q", "-a", "-m", "2048", "-o", f"{work}/perf.data", "-e", EVENTS]
    return [
        ("sockeye", [sockeye, "spawn", "--"], 1, "user and kernel stacks, imports, times to main"),
        ("sockeye-no-places", [sockeye, "spawn", "--no-places", "--"], 1, "the same without loader and main"),
        ("sockeye-full", [sockeye, "spawn", "--full", "--"], 1, "and a tree of the kernel's functions"),
        ("sockeye-perf", [sockeye, "spawn", "--perf", "--"], 1, "as sockeye, stacks of 64 KiB, by perf"),
        ("sockeye-ptrace", [sockeye, "spawn", "--ptrace", "--"], 4, "user stacks"),
        ("perf-dwarf", perf + ["--call-graph", "dwarf,16384", "--"], 1, "user stacks by perf's unwinder, kernel stacks"),
        ("strace-seccomp", ["strace", "-f", "--seccomp-bpf", "-e", f"trace={CALLS}", "-o", "/dev/null"], 1, "calls"),
        ("strace-k", ["strace", "-f", "-k", "-e", f"trace={CALLS}", "-o", "/dev/null"], 20, "calls, user stacks"),
        ("strace", ["strace", "-f", "-o", "/dev/null"], 4, "every call"),
        ("perf-trace", ["perf", "trace", "-o", "/dev/null"], 4, "every call"),
        ("uftrace", ["uftrace", "record", "--force", "--no-libcall", "-d", f"{work}/uftrace"], 4, "functions of the program"),
        ("ltrace", ["ltrace", "-f", "-o", "/dev/null"], 20, "calls into libraries"),
        ("bpftrace", ["bpftrace", "-q", "-e",
                      "tracepoint:syscalls:sys_enter_execve { @u[ustack] = count(); }"
                      " tracepoint:sched:sched_process_fork { @k[kstack] = count(); }", "-c"], 1, "1–2 user frames"),
    ]


def measured(prefix, program, runs, work):
    path = f"{work}/result"
    command = [program, str(runs), path]
    if prefix and prefix[0] == "bpftrace":
        command = [" ".join(command)]
    subprocess.run(prefix + command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True, cwd=work)
    with open(path) as result:
        return sorted(float(line) for line in result)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--runs", type=int, default=150)
    parser.add_argument("--tools", default="")
    parser.add_argument("--sockeye", default=f"{ROOT}/.build/static/release/sockeye")
    options = parser.parse_args()
    wanted = set(filter(None, options.tools.split(",")))
    with tempfile.TemporaryDirectory() as work:
        program = f"{work}/spawn"
        subprocess.run(["gcc", "-O2", "-o", program, f"{ROOT}/Benchmarks/spawn.c"], check=True)
        chosen = [tool for tool in tools(options.sockeye, work)
                  if (not wanted or tool[0] in wanted) and shutil.which(tool[1][0])]
        plain, traced = {}, {}
        failed = {}
        for _ in range(options.rounds):
            for name, prefix, divisor, _ in chosen:
                if name in failed:
                    continue
                runs = max(5, options.runs // divisor)
                plain.setdefault(name, []).append(measured([], program, runs, work))
                try:
                    traced.setdefault(name, []).append(measured(prefix, program, runs, work))
                except (subprocess.CalledProcessError, FileNotFoundError) as error:
                    failed[name] = error
        print("| Tool | p10 µs (untraced) | median µs (untraced) | p10 ratio | median ratio | shows |")
        print("|---|---|---|---|---|---|")
        for name, _, _, shows in chosen:
            if name in failed:
                print(f"| {name} | does not run here: {str(failed[name])[:60]} | | | | |")
                continue
            cells = []
            ratios = []
            for part in (10, 2):
                without = [row[len(row) // part] for row in plain[name]]
                with_it = [row[len(row) // part] for row in traced[name]]
                cells.append(f"{statistics.median(with_it):.0f} ({statistics.median(without):.0f})")
                ratios.append(f"{statistics.median(b / a for a, b in zip(without, with_it)):.2f}")
            print(f"| {name} | {cells[0]} | {cells[1]} | {ratios[0]} | {ratios[1]} | {shows} |")


if __name__ == "__main__":
    main()

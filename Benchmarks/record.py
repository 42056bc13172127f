#!/usr/bin/env python3
"""What `sockeye record` costs: losses and memory while connections are made as fast as can be, disk writes when idle.

    Benchmarks/record.py --sockeye BIN --fixture .build/debug/EventFixture [--connections 50000] [--idle 130]

Needs root. The database is in a new folder beneath --folder, and is removed.
"""

import argparse
import pathlib
import re
import sqlite3
import subprocess
import tempfile
import time


def status(pid, key):
    return int(re.search(rf"^{key}:\s+(\d+)", pathlib.Path(f"/proc/{pid}/status").read_text(), re.M)[1])


def written(pid):
    return int(re.search(r"^write_bytes: (\d+)", pathlib.Path(f"/proc/{pid}/io").read_text(), re.M)[1])


def cpu(pid):
    words = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(words[11]) + int(words[12])) / 100


class Recorder:
    def __init__(self, binary, database, options):
        command = [binary, "record", "--config", "/dev/null", "--database", str(database), *options]
        self.process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        self.pid = self.process.pid
        while "recording into" not in self.process.stderr.readline():
            if self.process.poll() is not None:
                raise SystemExit("the recorder did not start")

    def end(self):
        self.process.terminate()
        last = self.process.communicate()[1].strip().split("\n")[-1]
        return last


def storm(arguments, folder):
    recorder = Recorder(arguments.sockeye, folder / "storm.db", [])
    before = cpu(recorder.pid)
    began = time.monotonic()
    command = [arguments.fixture, "flood", str(arguments.connections), "3", "2"]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    seconds = time.monotonic() - began
    time.sleep(3)
    used = cpu(recorder.pid) - before
    peak = status(recorder.pid, "VmHWM")
    private = status(recorder.pid, "RssAnon")
    print(recorder.end())
    rows = sqlite3.connect(folder / "storm.db").execute(
        "SELECT direction, outcome, count(*) FROM connections WHERE protocol = 'tcp' AND executable LIKE '%/EventFixture'"
        " GROUP BY 1, 2").fetchall()
    size = (folder / "storm.db").stat().st_size
    print(f"storm: {arguments.connections} connections, both ends, in {seconds:.1f} s; {rows}; peak {peak / 1024:.0f} MiB, "
          f"anonymous at the end {private / 1024:.0f} MiB; CPU {used / arguments.connections / 2 * 1e6:.1f} µs an end; "
          f"{size / arguments.connections / 2:.0f} bytes an end")


def idle(arguments, folder):
    # Nothing of the host: polling in a namespace of its own would cost more than it shows.
    recorder = Recorder(arguments.sockeye, folder / "idle.db", ["--no-names"])
    time.sleep(5)
    before, used = written(recorder.pid), cpu(recorder.pid)
    time.sleep(arguments.idle)
    after = written(recorder.pid)
    rows = recorder.end()
    print(f"idle: {(after - before) / arguments.idle / 1024:.2f} KiB written a second over {arguments.idle} s; {rows}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--sockeye", required=True)
    parser.add_argument("--fixture", required=True)
    parser.add_argument("--connections", type=int, default=50_000)
    parser.add_argument("--idle", type=int, default=130, help="seconds; 0 leaves it out")
    parser.add_argument("--folder", help="on the disk that is meant")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
        storm(arguments, pathlib.Path(folder))
        if arguments.idle:
            idle(arguments, pathlib.Path(folder))


if __name__ == "__main__":
    main()

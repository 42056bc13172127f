#!/bin/sh
# Makes the corpus of FuzzCreation: small ELF files of several kinds, records as the probes write them, code, a stack.
set -eu
cd "$(dirname "$0")"
python3 - Creation <<'P'
import pathlib, struct, subprocess, sys, tempfile
target = pathlib.Path(sys.argv[1])
target.mkdir(exist_ok=True)
folder = pathlib.Path(tempfile.mkdtemp())
(folder / "stub.c").write_text("""
extern int fork(void), execve(const char *, char *const *, char *const *);
__attribute__((noinline)) int launch(volatile char *room) { room[3] = 1; return fork() + room[3]; }
int main(int count, char **arguments) {
  volatile char room[count + 64];
  return launch(room) ? 0 : execve(arguments[0], arguments, 0);
}
""")
(folder / "bare.c").write_text("""
__attribute__((noinline)) static long call(long number, long value) {
  __asm__ volatile("syscall" : "+a"(number) : "D"(value) : "rcx", "r11", "memory");
  return number;
}
void _start(void) { call(57, 0); call(60, 0); }
""")
small = ["-Os", "-Wl,-z,noseparate-code", "-Wl,-z,max-page-size=64", "-Wl,-z,norelro", "-Wl,--build-id=sha1"]

def save(kind, name, data):
    (target / name).write_bytes(bytes([kind]) + data)

def compiled(name, source, *flags):
    output = folder / name
    subprocess.run(["gcc", "-w", *small, *flags, "-o", output, folder / source], check=True)
    return output

def keep(output):
    data = output.read_bytes()
    assert len(data) < 16384, (output, len(data))
    save(0, "elf-" + output.name, data)

library = compiled("library", "stub.c", "-shared", "-fPIC")
keep(library)
keep(compiled("library-eager", "stub.c", "-shared", "-fPIC", "-fno-plt", "-s"))
keep(compiled("program", "stub.c", "-pie", "-s"))
keep(compiled("library-32", "stub.c", "-shared", "-fPIC", "-m32"))
keep(compiled("static", "bare.c", "-nostdlib", "-static", "-s"))
keep(compiled("debug-frame", "bare.c", "-nostdlib", "-static", "-g", "-fno-asynchronous-unwind-tables", "-gdwarf-4"))
# MiniDebugInfo: an ELF file with symbols only, packed by xz, as a section.
symbols = folder / "symbols"
subprocess.run(["objcopy", "--only-keep-debug", compiled("whole", "bare.c", "-nostdlib", "-static"), symbols], check=True)
subprocess.run(["xz", "--keep", symbols], check=True)
mini = compiled("mini", "bare.c", "-nostdlib", "-static", "-s")
subprocess.run(["objcopy", "--add-section", f".gnu_debugdata={symbols}.xz", mini], check=True)
keep(mini)

def event(kind, number, text=b"", kernel=0):
    header = struct.pack("<QIIII", 23, kind, 1, 100, 101)
    values = struct.pack("<q6Q", number, 1, 2, 3, 20, 5, 6)
    rest = struct.pack("<qII16s", 0, kernel, len(text), b"name") + struct.pack("<17Q", *range(17))
    return header + values + rest + struct.pack("<48Q", *range(48)) + text

save(1, "record-enter", event(1, 59, b"/bin/true\0"))
save(1, "record-mark", event(2, 59)[:24 + 56])
save(1, "record-exec", event(7, 0, b"/bin/true\0/bin/true\0true\0", 48))
save(1, "record-page", struct.pack("<QIIIIQ", 23, 10, 1, 100, 101, 0x7FFD0000) + bytes(range(256)) * 16)
mapped = struct.pack("<IIQQQ", 100, 101, 0x400000, 0x1000, 0) + bytes(24) + struct.pack("<II", 5, 2)
mapped += b"/bin/true\0\0\0\0\0\0\0" + struct.pack("<IIQQ", 100, 101, 23, 1)
save(2, "mapping", struct.pack("<IHH", 10, 1 << 14, 8 + len(mapped)) + mapped)
calls = bytes.fromhex("e8 05 00 00 00 ff 15 10 00 00 00 ff d0 41 ff d4 ff 50 10 ff 54 24 08 ff 94 c8 00 01 00 00"
                      "f3 0f 1e fa f2 ff 25 20 00 00 00 0f 05 c3")
save(3, "code", b"\0" + calls)
save(3, "code-high", b"\1" + calls)
save(5, "name-cxx", b"_Z1fSt4pairIiiES_IS0_S0_ES_IS1_S1_E")
save(5, "name-swift", b"$s1m1fyyAA1PVyS2iG_ADyA2EGADyA2FGADyA2GGtF")
words = [(0x10 << 3) | 1] * 7 + [1] + [0] * 8 + [0x27000 << 2 | 2] + [0x27000 << 2 | 2, (0x40 << 3) | 1, 0] * 40
save(4, "stack", struct.pack(f"<{len(words)}Q", *words))
P

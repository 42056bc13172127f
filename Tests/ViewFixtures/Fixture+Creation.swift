import Model

extension CreationReport {
  /// A shell that starts a program, searches another in vain, and is killed; names chosen by an enemy.
  public static var sample: CreationReport {
    let hostile: RawText = "ev\u{1b}[31mil<b>&\"\n"
    var report = CreationReport(way: .probes, tier: .spine)
    report.origin = 1_000_000
    var shell = CreatedProcess(pid: 100, parent: nil, birth: nil, name: hostile)
    shell.executable = "/bin/shell"
    shell.arguments = ["shell", hostile]
    var birth = CreationCall(
      kind: .birth, number: 58, name: "vfork", thread: 100, caller: hostile, began: 1_000_000)
    birth.user = UserStack(frames: [
      UserFrame(
        module: "/bin/shell", function: "_start", functionOffset: 33, moduleOffset: 0x1251,
        address: 0x5001251,
        importStep: ImportStep(
          symbol: "__libc_start_main", slot: 0x3fc0, stub: nil, provider: "/lib/libc.so.6")),
      UserFrame(module: "/bin/shell", function: "main", moduleOffset: 0x1200, address: 0, isInferred: true),
      UserFrame(
        module: "/bin/shell", function: nil, moduleOffset: 0x4781, address: 0x5004781,
        importStep: ImportStep(symbol: "vfork", slot: 0x4000, stub: 0x1030, provider: nil)),
      UserFrame(
        module: "/lib/libc.so.6", function: "vfork", functionOffset: 8, moduleOffset: 0xe0008,
        address: 0x7e0008),
    ])
    birth.kernel = ["entry_SYSCALL_64", "do_syscall_64", "kernel_clone", "copy_process"]
    birth.moments = [
      CreationMoment(.called, 1_000_000, cpu: 0), CreationMoment(.born, 1_043_400, cpu: 0),
      CreationMoment(.runnable, 1_076_200, cpu: 0), CreationMoment(.firstRun, 1_131_000, cpu: 1),
    ]
    (birth.child, birth.result, birth.ended) = (101, 101, 1_500_000)
    shell.calls = [birth]
    for directory in ["/usr/bin", "/bin"] {
      var search = CreationCall(
        kind: .exec, number: 59, name: "execve", thread: 100, caller: hostile,
        began: 2_000_000 + UInt64(shell.calls.count) * 10_000)
      search.arguments = [CreationArgument("path", text: RawText(directory + "/nothing"))]
      search.failure = CreationFailure(code: "ENOENT", text: "No such file or directory")
      (search.result, search.ended) = (-2, search.began + 5_000)
      search.user = UserStack(
        frames: [UserFrame(module: "", function: nil, moduleOffset: 0x7f00, address: 0x7f00)],
        stopped: "code without a file")
      shell.calls.append(search)
    }
    shell.end = CreationEnd(
      time: 3_000_000, status: 9, signal: "SIGKILL", kernel: ["do_syscall_64", "do_exit"])
    report.processes = [shell, program(hostile)]
    return report
  }

  private static func program(_ hostile: RawText) -> CreatedProcess {
    var program = CreatedProcess(pid: 101, parent: 0, birth: 0, name: "program")
    program.executable = "/bin/program"
    program.arguments = ["program", hostile]
    var exec = CreationCall(
      kind: .exec, number: 59, name: "execve", thread: 101, caller: "shell", began: 1_150_000)
    exec.arguments = [
      CreationArgument("path", text: "/bin/script"), CreationArgument("argv", list: ["script", hostile]),
      CreationArgument("envc", "23"),
    ]
    exec.kernel = ["do_syscall_64", "__x64_sys_execve", "load_elf_binary", "begin_new_exec"]
    exec.interpreters = ["/bin/program"]
    exec.moments = [
      CreationMoment(.called, 1_150_000), CreationMoment(.pointOfNoReturn, 1_250_000),
      CreationMoment(.executed, 1_300_000), CreationMoment(.userMode, 1_400_000),
      CreationMoment(.firstInstruction, 1_401_000), CreationMoment(.mapping, 1_600_000),
      CreationMoment(.loaded, 1_800_000), CreationMoment(.main, 1_850_000),
    ]
    exec.libraries = [LoadedLibrary(path: "/lib/libc.so.6", time: 1_700_000, address: 0x7f0000)]
    (exec.result, exec.ended) = (0, 1_400_000)
    var exit = CreationCall(
      kind: .exit, number: 231, name: "exit_group", thread: 101, caller: "program", began: 2_500_000)
    exit.user = UserStack(frames: [
      UserFrame(
        module: "/bin/program", function: "main", functionOffset: 9, moduleOffset: 0x1209, address: 0x5001209),
      UserFrame(
        module: "/lib/libc.so.6", function: "_exit", functionOffset: 7, moduleOffset: 0xe1007,
        address: 0x7e1007),
    ])
    program.calls = [exec, exit]
    program.end = CreationEnd(
      time: 2_510_000, status: 23 << 8, signal: nil, kernel: ["do_syscall_64", "do_exit"])
    return program
  }
}

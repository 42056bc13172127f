import Foundation
import ProgramRuns
import Testing

/// What ss does beside listing: `-K -E -D -s -N -V -h`, and what it says of bad usage.
@Suite(.enabled(if: geteuid() == 0, SSCases.needsRoot)) struct SSActionTests {
  /// Connections with fixed ports, so that two scenes are alike.
  private static let connections = """
    l = listen(port=4711)
    for p in (5001, 5002, 5003): connect(l, p)
    m = listen('::1', 4712, family=AF_INET6); connect(m, 5004)
    u = udp(port=53); v = udp(port=54); v.connect(('127.0.0.1', 53))

    """

  @Test(
    "-K closes what the filter chooses, shows it, and leaves the rest",
    arguments: [
      ["-tKn", "dport", "=", "4711"], ["-tKn", "sport", "=", "5002", "or", "sport", "=", "5004"], ["-tlKn"],
      ["-uKn"], ["-tKan", "src", "::1"], ["-tKn", "dst", "10.0.0.1"], ["-xK"],
      ["-K4n", "sport", "=", "5001"],
    ])
  func kill(_ arguments: [String]) throws {
    // Each on a scene of its own: what is closed is closed.
    let (theirs, ours) = (try Scene(), try Scene())
    for scene in [theirs, ours] { try scene.python(Self.connections) }
    let reference = try ToolRun.run(theirs.inside(try Personality.ss.theirs(arguments)))
    let run = try ToolRun.run(ours.inside(try Personality.ss.ours(arguments)))
    // Unix sockets have other inodes.
    let mask = Mask(#"\b\d{5,}\b"#)
    #expect(run.status == reference.status)
    let differences = RowComparison(
      theirs: RowOrder.anyWithinSections { _ in false }.arranged(mask.applied(to: reference.output)).sorted(),
      ours: RowOrder.anyWithinSections { _ in false }.arranged(mask.applied(to: run.output)).sorted()
    ).differences
    #expect(differences == [])
    #expect(run.errors == reference.errors)
    // What is left is judged by the tool itself.
    let left = try [theirs, ours].map {
      try ToolRun.run($0.inside(["ss", "-Htuan"])).output.split(separator: "\n").sorted()
    }
    #expect(left[0] == left[1])
  }

  @Test("-E shows sockets as they end, each at once, with their last counters")
  func events() throws {
    let scene = try Scene()
    let folder = FileManager.default.temporaryDirectory.appending(path: "ss-events-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try Data((Scene.prelude + Self.connections + "l.close()\n").utf8).write(
      to: URL(filePath: "\(folder)/ends.py"))
    let theirs = try Personality.ss.theirs(["-E", "-tune"]).joined(separator: " ")
    let ours = try Personality.ss.ours(["-E", "-tune"]).joined(separator: " ")
    // Both listen at once. ss keeps what it prints until it has a block of it.
    let run = try ToolRun.run(
      scene.inside([
        "bash", "-uc",
        """
        stdbuf -oL \(theirs) >\(folder)/theirs & their=$!
        \(ours) >\(folder)/ours & our=$!
        until [ $(ss -Hna -f netlink | grep -c '^UNCONN.* 4:') -ge 2 ]; do sleep 0.1; done
        /usr/bin/python3 \(folder)/ends.py
        until [ $(wc -l <\(folder)/ours) -ge 12 ] && [ $(wc -l <\(folder)/theirs) -ge 12 ]; do sleep 0.1; done
        kill -KILL $their $our
        """,
      ]))
    #expect(run.status == 0, "\(run.errors)")
    func rows(_ name: String) throws -> [Substring] {
      try String(contentsOfFile: "\(folder)/\(name)", encoding: .utf8).split(separator: "\n")
    }
    #expect(try rows("ours").contains { $0.contains("127.0.0.1:5001") })
    let differences = RowComparison(theirs: try rows("theirs"), ours: try rows("ours")).differences
    #expect(differences == [])
  }

  @Test("-D writes the kernel's answer, which TCPDIAG_FILE reads again")
  func dump() throws {
    let scene = try Scene()
    try scene.python(Self.connections)
    let folder = FileManager.default.temporaryDirectory.appending(path: "ss-dump-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    func run(_ command: [String]) throws -> ToolRun { try ToolRun.run(scene.inside(command)) }
    for (name, tool) in [("theirs", Personality.theirs), ("ours", Personality.ours)] {
      let written = try run(try tool(.ss)(["-taniD", "\(folder)/\(name)"]))
      #expect(written.status == 0 && written.output == "" && written.errors == "")
    }
    // Each reads both.
    var outputs: Set<String> = []
    for file in ["theirs", "ours"] {
      for tool in [Personality.theirs, Personality.ours] {
        for arguments in [
          ["-tan"], ["-tane"], ["-tan", "sport", "=", "4711"], ["-Htna", "dst", "127.0.0.1"],
        ] {
          let read = try run(["env", "TCPDIAG_FILE=\(folder)/\(file)"] + (try tool(.ss)(arguments)))
          #expect(read.status == 0 && read.errors == "")
          outputs.insert(arguments.joined() + "\n" + read.output)
        }
      }
    }
    #expect(outputs.count == 4)
    #expect(outputs.contains { $0.contains("127.0.0.1:5001") })
    for arguments in [["-uD", "x"], ["-tD", "/no/such/folder/x"]] {
      var conformance = SSCases.plain
      // It dumps to the null pointer there.
      conformance.masks = []
      if arguments[0] == "-uD" { try conformance.expectSame(scene, arguments) }
    }
    let missing = try run(["env", "TCPDIAG_FILE=/no/such"] + (try Personality.ss.ours(["-tan"])))
    #expect(
      missing.errors
        == (try run(["env", "TCPDIAG_FILE=/no/such"] + (try Personality.ss.theirs(["-tan"])))).errors)
  }

  @Test("-s counts as ss counts, alone and before a table")
  func summary() throws {
    let scene = try Scene()
    try scene.fixture("tcp4", "udp6", "raw", "time-wait")
    #expect(try SSCases.plain.ours(scene, "-s").output.contains("timewait 23"))
    // Orphans are the host's.
    var conformance = SSCases.plain
    conformance.masks = [Mask(#"(orphaned|closed) -?\d+"#, "$1 …"), Mask(#"^TCP:   \d+"#, "TCP:   …")]
    for arguments in [["-s"], ["--summary"], ["-st"], ["-sun"], ["-s", "state", "listening", "-t"]] {
      try conformance.expectSame(scene, arguments)
    }
  }

  @Test("-N enters a namespace of ip-netns(8) by its name")
  func namespace() throws {
    let scene = try Scene()
    try scene.python(Self.connections)
    let name = "ss-conformance-\(ProcessInfo.processInfo.processIdentifier)"
    let made = try ToolRun.run([
      "sh", "-c",
      "mkdir -p /run/netns && touch /run/netns/\(name) && mount --bind \(scene.netnsPath) /run/netns/\(name)",
    ])
    guard made.status == 0 else { try Test.cancel("no namespace can be named here: \(made.errors)") }
    defer { _ = try? ToolRun.run(["sh", "-c", "umount /run/netns/\(name); rm /run/netns/\(name)"]) }
    let elsewhere = try Scene()
    #expect(try SSCases.plain.ours(elsewhere, "-HtanN", name).output.contains(":4711"))
    for arguments in [
      ["-tuanN", name], ["-tuanp", "--net=\(name)"], ["-tan", "--net", name, "sport", "=", "4711"],
      ["-sN", name],
      ["-tN", "no-such-namespace"], ["-N", "no-such-namespace", "-Q"],
    ] {
      try SSCases.plain.expectSame(elsewhere, arguments)
    }
  }

  @Test("Names of services and hosts, where they are asked for and where not")
  func names() throws {
    let scene = try Scene()
    try scene.python(
      """
      l = listen(port=80); connect(l, 443); listen('::1', 22, family=AF_INET6); udp(port=53); udp(port=123); listen(port=40000)
      m = listen(port=4711)
      """)
    for arguments in [["-ta"], ["-ua"], ["-tar"], ["-tuar"], ["-tanr"], ["-ta6r"]] {
      try SSCases.plain.expectSame(scene, arguments)
    }
  }

  @Test("Bad usage: the first line of what it says, and the exit status")
  func usage() throws {
    let scene = try Scene()
    for arguments in [
      ["-Q"], ["--nosuch"], ["--no"], ["--n"], ["-f"], ["-f", "nosuch"], ["-A", "nosuch"],
      ["-A", "tcp,nosuch"],
      ["--tcp=5"], ["--family"], ["-t", "-Q", "-V"], ["-V", "-Q"], ["-v"], ["--version"], ["-Z"], ["-z"],
      ["--contexts"],
      ["-A", "!tcp"], ["-A", "all,!all"], ["-t", "exclude", "all"], ["-tz"],
      ["-f", "inet", "-A", "unix", "-n"], ["-A", ""],
      ["-a", "-f", "inet", "-H", "-x"], ["--lis", "--tc"], ["--mem", "-t"], ["-hV"],
    ] {
      try SSCases.usage.expectSame(scene, arguments)
    }
  }

  @Test(
    "On a terminal the columns fill its width, and break where they do not fit",
    arguments: [40, 80, 132, 200])
  func terminal(_ columns: Int) throws {
    let scene = try Scene()
    try scene.python(Self.connections)
    func onTerminal(_ command: [String]) throws -> String {
      let line = "stty cols \(columns); " + command.joined(separator: " ")
      return try ToolRun.run(scene.inside(["script", "-qec", line, "/dev/null"])).output
    }
    for arguments in [["-tan"], ["-tuane"], ["-tanp"], ["-Htln"], ["-tanmO"]] {
      let theirs = try onTerminal(try Personality.ss.theirs(arguments))
      #expect(!theirs.isEmpty)
      #expect(
        RowComparison(
          theirs: theirs.split(separator: "\n", omittingEmptySubsequences: false),
          ours: try onTerminal(try Personality.ss.ours(arguments)).split(
            separator: "\n", omittingEmptySubsequences: false)
        ).differences == [])
    }
  }

  @Test("By its own name, by its first word, and by a link it is the same")
  func dispatch() throws {
    let scene = try Scene()
    try scene.python(Self.connections)
    let linked = try SSCases.plain.ours(scene, "-tan")
    let spelled = try ToolRun.run(scene.inside([BuiltProducts.sockeye, "ss", "-tan"]))
    #expect(linked.output == spelled.output && !spelled.output.isEmpty)
  }

  @Test("A table of more than five mebibytes has the widths of its blocks")
  func blocks() throws {
    let scene = try Scene()
    try scene.python(
      """
      l = listen(port=4711, backlog=4096)
      import resource; resource.setrlimit(resource.RLIMIT_NOFILE, (20000, 20000))
      for i in range(9000):
          try: connect(l)
          except OSError: break
      """)
    try SSCases.internals.expectSame(scene, "-tanO")
    let (theirs, ours) = (
      try SSCases.internals.reference(scene, "-taneimp").output,
      try SSCases.internals.ours(scene, "-taneimp").output
    )
    #expect(theirs.utf8.count > 5 << 20)
    let masks = SSCases.internals.masks
    func rows(_ text: String) -> [Substring] {
      masks.reduce(text) { $1.applied(to: $0) }.split(separator: "\n")
    }
    #expect(rows(theirs) == rows(ours))
  }
}

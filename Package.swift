// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [.strictMemorySafety()]
// `@_lifetime`: a property that lends a Span of its owner's buffer.
let lifetimes: [SwiftSetting] = [.enableExperimentalFeature("Lifetimes")]

let package = Package(
  name: "sockeye",
  products: [
    .executable(name: "sockeye", targets: ["sockeye"]),
    // For Fuzz/ and Benchmarks/.
    .library(name: "Model", targets: ["Model"]),
    .library(name: "CLinux", targets: ["CLinux"]),
    .library(name: "CUnwind", targets: ["CUnwind"]),
    .library(name: "KernelSystem", targets: ["KernelSystem"]),
    .library(name: "Attribution", targets: ["Attribution"]),
    .library(name: "KernelNetlink", targets: ["KernelNetlink"]),
    .library(name: "KernelProc", targets: ["KernelProc"]),
    // Preloaded by a test of `--ask-socket`.
    .library(name: "lying-socket", type: .dynamic, targets: ["LyingSocket"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0")
  ],
  targets: [
    // Kernel headers, libbpf and the record layouts shared with the probes.
    .target(
      name: "CLinux", linkerSettings: [.linkedLibrary("bpf"), .linkedLibrary("elf"), .linkedLibrary("z")]),
    // Message digests (entity id, hash of an executable).
    .systemLibrary(name: "CNettle", pkgConfig: "nettle", providers: [.apt(["nettle-dev"])]),

    // ELF files and their unwinding rules, by libelf and libdw.
    .target(
      name: "CUnwind",
      linkerSettings: ["dw", "elf", "lzma", "bz2", "z", "stdc++"].map { .linkedLibrary($0) }),

    // Sources: kernel -> raw records. They know nothing of Model.
    .target(name: "KernelSystem", dependencies: ["CLinux"], swiftSettings: strict),
    .target(name: "KernelProc", dependencies: ["CLinux", "KernelSystem"], swiftSettings: strict + lifetimes),
    .target(name: "KernelNetlink", dependencies: ["CLinux", "KernelSystem"], swiftSettings: strict),
    .target(
      name: "KernelBPF", dependencies: ["CLinux", "KernelSystem"], exclude: ["BPF"],
      swiftSettings: strict, plugins: ["BPFObject"]),
    .target(name: "KernelTracefs", dependencies: ["CLinux", "KernelSystem"], swiftSettings: strict),
    .executableTarget(name: "bpf-embed", path: "Plugins/bpf-embed"),
    .plugin(name: "BPFObject", capability: .buildTool(), dependencies: ["bpf-embed"]),

    // Plain values, and what is computed from them.
    .target(name: "Model", swiftSettings: strict),
    .target(name: "Attribution", dependencies: ["Model"], swiftSettings: strict),
    .target(
      name: "Observer",
      dependencies: [
        "KernelSystem", "KernelProc", "KernelNetlink", "KernelBPF", "Model", "Attribution", "CNettle",
      ],
      swiftSettings: strict),

    // Process creation from the inside.
    .target(
      name: "CreationTrace",
      dependencies: ["KernelSystem", "KernelProc", "KernelBPF", "KernelTracefs", "Model", "CUnwind"],
      swiftSettings: strict),

    // What was recorded: SQLite.
    .systemLibrary(name: "CSQLite", pkgConfig: "sqlite3", providers: [.apt(["libsqlite3-dev"])]),
    .target(
      name: "Store",
      dependencies: ["Model", "CSQLite"], swiftSettings: strict),

    // Views: values -> text.
    .target(name: "ViewText", dependencies: ["Model"], swiftSettings: strict),
    .target(name: "ViewRecords", dependencies: ["Model", "ViewText"], swiftSettings: strict),
    .target(name: "ViewTerminal", dependencies: ["Model", "ViewText"], swiftSettings: strict),
    // netstat and ss, as they print.
    .target(name: "ViewNetstat", dependencies: ["Model", "ViewText"], swiftSettings: strict),

    // The recorder's configuration file: toml++ behind five C functions.
    .target(name: "CTOML"),

    .executableTarget(
      name: "sockeye",
      dependencies: [
        "KernelSystem", "Model", "Observer", "Attribution", "CreationTrace", "Store", "ViewText",
        "ViewRecords",
        "ViewTerminal", "ViewNetstat", "CTOML",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: strict),

    .testTarget(name: "KernelBPFTests", dependencies: ["CLinux", "KernelSystem", "KernelBPF"]),
    // Known workloads with their own account of what they did.
    .executableTarget(
      name: "EventFixture", path: "Tests/EventFixture", cSettings: [.define("_GNU_SOURCE")],
      linkerSettings: [.linkedLibrary("pthread"), .linkedLibrary("dl")]),
    // Loads every probe and says what the kernel made of it; runs on the kernels of KernelMatrix.
    .executableTarget(
      name: "probe-check", dependencies: ["CLinux", "KernelSystem", "KernelBPF"],
      path: "KernelMatrix/probe-check",
      swiftSettings: strict),

    .testTarget(
      name: "KernelNetlinkTests",
      dependencies: ["KernelNetlink", "KernelSystem", "CLinux", "OwnThread", "Randomness"],
      exclude: ["Fixtures"], swiftSettings: strict),
    .target(
      name: "ProcessFixture", path: "Tests/ProcessFixture",
      cSettings: [.define("_GNU_SOURCE"), .unsafeFlags(["-Wall", "-Wextra"])]),
    .testTarget(
      name: "KernelProcTests",
      dependencies: ["KernelProc", "KernelSystem", "CLinux", "ProcessFixture", "OwnThread", "Randomness"],
      exclude: ["Fixtures"], swiftSettings: lifetimes),
    .testTarget(name: "ModelTests", dependencies: ["Model", "Randomness"], swiftSettings: strict),

    .testTarget(
      name: "CreationTraceTests", dependencies: ["CreationTrace", "KernelBPF", "KernelTracefs", "Model"]),
    .testTarget(name: "KernelTracefsTests", dependencies: ["KernelTracefs"]),
    .testTarget(name: "AttributionTests", dependencies: ["Model", "Attribution", "Randomness"]),

    .executableTarget(
      name: "store-bench", dependencies: ["Model", "Store"], path: "Benchmarks/StoreBench",
      swiftSettings: strict),
    .testTarget(
      name: "StoreTests", dependencies: ["Model", "Store", "ProgramRuns", "Randomness", "store-fixture"],
      exclude: ["Fixtures"],
      swiftSettings: strict),
    // Records until it is killed.
    .executableTarget(
      name: "store-fixture", dependencies: ["Model", "Store"], path: "Tests/StoreFixture",
      swiftSettings: strict),

    // For tests: the same numbers for the same seed; a thread, and a network namespace, that nobody else uses.
    .target(name: "Randomness", path: "Tests/Randomness"),
    .target(name: "OwnThread", dependencies: ["CLinux", "KernelSystem"], path: "Tests/OwnThread"),
    // Runs built programs and others, for tests.
    .target(name: "ProgramRuns", path: "Tests/ProgramRuns"),

    .target(name: "ViewFixtures", dependencies: ["Model", "ViewText"], path: "Tests/ViewFixtures"),
    .testTarget(name: "ViewTextTests", dependencies: ["Model", "ViewText"]),
    .testTarget(
      name: "ViewRecordsTests", dependencies: ["Model", "ViewText", "ViewRecords", "ViewFixtures"],
      exclude: ["Golden"]),
    .testTarget(
      name: "ViewTerminalTests", dependencies: ["Model", "ViewText", "ViewTerminal", "ViewFixtures"],
      exclude: ["Golden"]),
    .testTarget(
      name: "ViewNetstatTests", dependencies: ["Model", "ViewText", "ViewNetstat", "ViewFixtures"],
      exclude: ["Golden"]),
    .executableTarget(
      name: "view-bench", dependencies: ["Model", "ViewText", "ViewRecords", "ViewTerminal", "ViewFixtures"],
      path: "Benchmarks/ViewBench"),

    // The real kernel: known sockets, and what sockeye and ss say of them.
    .executableTarget(
      name: "socket-fixture", path: "Tests/SocketFixture",
      cSettings: [.define("_GNU_SOURCE"), .unsafeFlags(["-Wall", "-Wextra"])]),
    .target(
      name: "LyingSocket", path: "Tests/LyingSocket",
      cSettings: [.define("_GNU_SOURCE"), .unsafeFlags(["-Wall", "-Wextra"])],
      linkerSettings: [.linkedLibrary("dl")]),
    .testTarget(
      name: "HostTests",
      dependencies: [
        "Model", "Store", "ViewFixtures", "ProgramRuns", "socket-fixture", "EventFixture", "sockeye",
      ],
      exclude: ["SpawnFixtures", "Golden"]),

    // Row for row what netstat and ss print, each case in a namespace of its own.
    .testTarget(name: "ConformanceTests", dependencies: ["ProgramRuns", "socket-fixture", "sockeye"]),

    // The built binary, and the rules of Documentation/Architecture.md.
    .testTarget(
      name: "CommandTests", dependencies: ["sockeye", "ViewFixtures", "ProgramRuns", "Model", "Store"],
      exclude: ["Golden"]),
    .testTarget(name: "ArchitectureTests", dependencies: ["ProgramRuns"]),
  ],
  swiftLanguageModes: [.v6],
  cxxLanguageStandard: .cxx17
)

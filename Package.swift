// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [.strictMemorySafety()]
// `@_lifetime`: a property that lends a Span of its owner's buffer.
let lifetimes: [SwiftSetting] = [.enableExperimentalFeature("Lifetimes")]

let package = Package(
  name: "sockeye",
  products: [
    .executable(name: "sockeye", targets: ["sockeye"]),
    // For the nested packages (fuzzing, benchmarks).
    .library(name: "KernelProc", targets: ["KernelProc"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0")
  ],
  targets: [
    // Kernel headers, libbpf and the record layouts shared with the probes.
    .target(name: "CLinux", linkerSettings: [.linkedLibrary("bpf")]),
    // Message digests (community id, entity id, hash of an executable).
    .systemLibrary(name: "CNettle", pkgConfig: "nettle", providers: [.apt(["nettle-dev"])]),

    // Sources: kernel -> raw records. They know nothing of Model.
    .target(name: "KernelSystem", dependencies: ["CLinux"], swiftSettings: strict),
    .target(name: "KernelProc", dependencies: ["CLinux", "KernelSystem"], swiftSettings: strict + lifetimes),
    .target(name: "KernelNetlink", dependencies: ["CLinux", "KernelSystem"], swiftSettings: strict),
    .target(
      name: "KernelBPF", dependencies: ["CLinux", "KernelSystem"], exclude: ["BPF"],
      swiftSettings: strict, plugins: ["BPFObject"]),
    .executableTarget(name: "bpf-embed", path: "Plugins/bpf-embed"),
    .plugin(name: "BPFObject", capability: .buildTool(), dependencies: ["bpf-embed"]),

    // Plain values, and what is computed from them.
    .target(name: "Model", swiftSettings: strict),
    .target(name: "Attribution", dependencies: ["Model"], swiftSettings: strict),
    .target(
      name: "Observer",
      dependencies: ["CLinux", "KernelSystem", "KernelProc", "KernelNetlink", "KernelBPF", "Model", "Attribution", "CNettle"],
      swiftSettings: strict),

    // Views: values -> text.
    .target(name: "ViewText", dependencies: ["Model"], swiftSettings: strict),
    .target(name: "ViewRecords", dependencies: ["Model", "ViewText", "CNettle"], swiftSettings: strict),
    .target(name: "ViewTerminal", dependencies: ["Model", "ViewText"], swiftSettings: strict),

    .executableTarget(
      name: "sockeye",
      dependencies: [
        "Model", "Observer", "Attribution", "ViewText", "ViewRecords", "ViewTerminal",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: strict),

    .testTarget(
      name: "KernelProcTests", dependencies: ["KernelSystem", "KernelProc"], exclude: ["Fixtures"]),
  ],
  swiftLanguageModes: [.v6]
)

// swift-tools-version: 6.2
import PackageDescription

// One libFuzzer target a parser, run from this folder; new inputs go to the first corpus folder:
//
//     swift build -c release --sanitize fuzzer --product FuzzSockDiag
//     SWIFT_BACKTRACE=enable=no .build/release/FuzzSockDiag -max_len=4096 /tmp/corpus Corpus/SockDiag
//
// A package of its own, because such an executable has no main and does not link in a plain build.
let fuzzer: [SwiftSetting] = [.unsafeFlags(["-parse-as-library"])]

let package = Package(
  name: "sockeye-fuzz",
  dependencies: [.package(name: "sockeye", path: "..")],
  targets: [
    .executableTarget(
      name: "FuzzSockDiag", dependencies: [.product(name: "KernelNetlink", package: "sockeye")],
      swiftSettings: fuzzer),
    .executableTarget(
      name: "FuzzProc", dependencies: [.product(name: "KernelProc", package: "sockeye")],
      swiftSettings: fuzzer),
    // The decoder's own files by links: the plugin that makes the rest of KernelBPF does not build with the sanitizer.
    .executableTarget(
      name: "FuzzEvents",
      dependencies: [
        .product(name: "CLinux", package: "sockeye"), .product(name: "Attribution", package: "sockeye"),
        .product(name: "Model", package: "sockeye"),
      ], swiftSettings: fuzzer),
    // By links too, for the same reason: of KernelBPF the records, of CreationTrace images and unwinding.
    .executableTarget(
      name: "FuzzCreation",
      dependencies: [
        .product(name: "CLinux", package: "sockeye"), .product(name: "CUnwind", package: "sockeye"),
        .product(name: "KernelSystem", package: "sockeye"), .product(name: "Model", package: "sockeye"),
      ], swiftSettings: fuzzer),
    .executableTarget(
      name: "FuzzFilter", dependencies: [.product(name: "Model", package: "sockeye")], swiftSettings: fuzzer),
  ],
  swiftLanguageModes: [.v6]
)

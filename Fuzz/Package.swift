// swift-tools-version: 6.2
import PackageDescription

// One libFuzzer target a parser; build with `swift build -c release --sanitize fuzzer --product FuzzFilter`.
// A package of its own, because such an executable has no main and does not link in a plain build.
let parsed: [SwiftSetting] = [.unsafeFlags(["-parse-as-library"])]

let package = Package(
  name: "fuzz",
  dependencies: [.package(name: "sockeye", path: "..")],
  targets: [
    .executableTarget(
      name: "FuzzFilter", dependencies: [.product(name: "Model", package: "sockeye")], swiftSettings: parsed)
  ],
  swiftLanguageModes: [.v6]
)

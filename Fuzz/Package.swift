// swift-tools-version: 6.2
// Fuzz targets have no main of their own: build with
//   swift build --package-path Fuzz -c release --sanitize fuzzer --product FuzzProc
import PackageDescription

let package = Package(
  name: "Fuzz",
  dependencies: [.package(name: "sockeye", path: "..")],
  targets: [
    .executableTarget(
      name: "FuzzProc", dependencies: [.product(name: "KernelProc", package: "sockeye")],
      swiftSettings: [.unsafeFlags(["-parse-as-library"])])
  ],
  swiftLanguageModes: [.v6]
)

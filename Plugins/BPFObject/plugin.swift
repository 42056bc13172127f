import Foundation
import PackagePlugin

/// Compiles every `BPF/*.bpf.c` of the target with the Swift toolchain's own clang and embeds the objects.
///
/// One command an object, and only the generated Swift file as its output: an `.o` among the outputs would
/// become a resource bundle. A new probe is noticed because `BPF/` lies inside the target's folder.
@main struct BPFObject: BuildToolPlugin {
  func createBuildCommands(context: PluginContext, target: Target) async throws -> [Command] {
    let clang = try context.tool(named: "clang").url
    let objcopy = try context.tool(named: "llvm-objcopy").url
    let embed = try context.tool(named: "bpf-embed").url
    let root = context.package.directoryURL
    let work = context.pluginWorkDirectoryURL
    let layouts = root.appending(path: "Sources/CLinux/include")
    let probes = target.directoryURL.appending(path: "BPF")

    func headers(in folder: URL) throws -> [URL] {
      try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
        .filter { $0.pathExtension == "h" }.sorted { $0.path < $1.path }
    }
    let inputs = try headers(in: probes) + headers(in: layouts)
    let sources = try FileManager.default.contentsOfDirectory(at: probes, includingPropertiesForKeys: nil)
      .filter { $0.path.hasSuffix(".bpf.c") }.sorted { $0.path < $1.path }

    return sources.map { source in
      let name = String(source.lastPathComponent.dropLast(".bpf.c".count))
      let output = work.appending(path: "\(name).bpf.swift")
      return .buildCommand(
        displayName: "BPF \(name).bpf.c", executable: embed,
        arguments: [
          output.path, name, objcopy.path, work.appending(path: "\(name).bpf.o").path,
          clang.path, "-target", "bpf", "-mcpu=v3", "-O2", "-g",
          "-Wall", "-Wextra", "-Wno-unused-parameter", "-Werror",
          "-I\(layouts.path)", "-ffile-prefix-map=\(root.path)=.", "-c", source.path,
        ],
        inputFiles: [source] + inputs, outputFiles: [output])
    }
  }
}

import KernelSystem
import ViewText

/// Graphviz, which lays a graph out as a picture: `dot` in PATH.
enum Graphviz {
  /// Draws `graph` as SVG to standard output.
  static func draw(_ graph: TextBuffer) throws {
    let status: Int32
    do throws(SystemError) { status = try FedChild.run(["dot", "-Tsvg"], input: graph.contents.span) } catch {
      guard error.errno == .noSuchFile else { throw Failure("\(error)") }
      throw Failure("-o svg needs Graphviz: install it (apt-get install graphviz), or use -o dot")
    }
    if status != 0 { throw Failure("dot -Tsvg ended with status \(status)") }
  }
}

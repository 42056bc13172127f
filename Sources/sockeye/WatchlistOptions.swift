import ArgumentParser
import KernelSystem
import Model

/// Lists of what to look out for.
struct WatchlistOptions: ParsableArguments {
  static let help = """
    A watch-list has an address, a network, a domain or a SHA-256 a line, then a note if you like; # begins a comment. A \
    domain stands for what lies in it too. Addresses and domains are compared with the peer, hashes with the executable.
    """

  @Option(
    name: .customLong("watchlist"),
    help: ArgumentHelp("Mark what is on this list: see above. Repeatable.", valueName: "FILE"))
  var paths: [String] = []

  func read() throws -> Watchlist { try Watchlist(files: paths) }
}

extension Watchlist {
  private static let longestFile = 64 << 20

  init(files paths: [String]) throws {
    self.init()
    for path in paths {
      let bytes: [UInt8]
      do throws(SystemError) { bytes = try TextFile.read(path, atMost: Self.longestFile) } catch {
        throw Failure("\(error)")
      }
      do throws(WatchlistError) { try add(list: path, bytes) } catch { throw Failure(error.description) }
    }
  }
}

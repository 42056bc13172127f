import KernelSystem
import Model
import Observer

extension Filter {
  /// The filter that the command line's words make; an error with a caret beneath the wrong word.
  static func parsing(_ words: [String]) throws -> Filter {
    if let first = words.first,
      Sockeye.configuration.subcommands.contains(where: { $0._commandName == first })
    {
      throw Failure("'\(first)' is a command, and comes first: sockeye \(first) [options]")
    }
    do throws(FilterError) {
      return try Filter(words: words, names: hostNames)
    } catch {
      var message = error.rendered(in: Filter.text(ofWords: words), prefix: "sockeye: filter: ")
      if words.count == 1, (try? WhoTarget(words)) != nil {
        message += "\nto ask who is behind it: sockeye who \(words[0])"
      }
      throw Failure(complete: message)
    }
  }

  private static let hostNames: FilterNames = {
    var names = FilterNames()
    names.service = { HostNames.port(ofService: $0) }
    names.interface = { HostNames.interfaceIndex(named: $0) }
    return names
  }()
}

extension ProcessFacts {
  /// What a filter must know of processes.
  init(_ needs: FilterNeeds) {
    self = []
    if needs.contains(.user) { insert(.user) }
    if needs.contains(.commandLine) { insert(.arguments) }
    if needs.contains(.executable) { insert(.executable) }
    if !needs.isDisjoint(with: [.unit, .container]) { insert(.cgroup) }
    if needs.contains(.lineage) { insert(.lineage) }
  }
}

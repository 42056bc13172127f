import ArgumentParser
import Model
import Observer

/// `--netns all|current|NAME|PATH|PID|INODE`.
struct NamespaceChoice: ExpressibleByArgument {
  let namespaces: SnapshotRequest.Namespaces
  let defaultValueDescription = "all"

  init(_ namespaces: SnapshotRequest.Namespaces) { self.namespaces = namespaces }

  /// A number is a pid; one above the kernel's largest pid is an inode, as is `net:[N]`.
  init?(argument: String) {
    let largestPID = 4_194_304  // PID_MAX_LIMIT of linux/threads.h
    switch argument {
    case "": return nil
    case "all": namespaces = .all
    case "current": namespaces = .current
    default:
      if argument.hasPrefix("net:["), argument.hasSuffix("]"),
        let inode = UInt32(argument.dropFirst(5).dropLast())
      {
        namespaces = .inode(NetworkNamespace(inode))
      } else if let number = UInt32(argument) {
        namespaces =
          number <= largestPID ? .process(ProcessID(Int32(number))) : .inode(NetworkNamespace(number))
      } else {
        namespaces = .path(argument)
      }
    }
  }
}

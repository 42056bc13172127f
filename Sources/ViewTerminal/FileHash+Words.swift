import Model

extension FileHash {
  /// The digest, or why there is none.
  var words: String {
    switch self {
    case .sha256(let digest): digest
    case .missing(.gone): "unknown: it could not be read before the process ended"
    case .missing(.changed): "unknown: the file changed after it was executed"
    case .missing(.unreadable): "unknown: the file could not be read"
    case .missing(.tooLarge): "unknown: the file is larger than 1 GiB"
    }
  }
}

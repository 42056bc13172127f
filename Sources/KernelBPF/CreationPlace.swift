/// A place in a file that a program passes on its way to `main`.
public struct CreationPlace: Sendable {
  public enum Kind: Int64, Sendable {
    /// The first instruction of the loader, which is the program's first in user space.
    case loader = 1
    /// `_dl_debug_state`: libraries will be mapped, or are.
    case libraries
    /// The call of `main` in `__libc_start_main`.
    case main

    var program: String {
      switch self {
      case .loader: "creation_loader"
      case .libraries: "creation_libraries"
      case .main: "creation_main"
      }
    }
  }
  public var kind: Kind
  public var path: String
  /// Bytes into the file.
  public var offset: UInt64

  public init(kind: Kind, path: String, offset: UInt64) {
    self.kind = kind
    self.path = path
    self.offset = offset
  }
}

import KernelSystem
import Model
import Observer

/// Closes what is shown (`-K`), over a socket of its own: the listing goes on meanwhile.
struct SSKiller: ~Copyable {
  private var listing: SocketListing
  private let number: Int32
  /// After a refusal nothing more is closed, nor shown.
  private var isRefused = false

  init(_ number: Int32) throws(ListingFailure) {
    self.number = number
    listing = try SocketListing()
  }

  /// Whether it was closed. A socket that cannot be, or is no more, is not shown.
  mutating func kill(_ socket: Socket) -> Bool {
    guard !isRefused else { return false }
    do throws(ListingFailure) {
      guard let errno = try listing.destroy(socket, protocol: number) else { return true }
      if errno == .notSupported || errno == .noSuchFile { return false }
      SSPersonality.tell(["SOCK_DESTROY answers: \(errno)"])
    } catch { SSPersonality.tell(["SOCK_DESTROY answers: \(error)"]) }
    isRefused = true
    return false
  }
}

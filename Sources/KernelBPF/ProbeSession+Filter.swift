import CLinux
import KernelSystem

extension ProbeSession {
  /// What became of a process that was to be listed.
  public enum Listing: Sendable { case added, known, full }

  /// Puts a process into the filter by processes.
  public borrowing func list(_ process: Int32, withChildren: Bool) -> Listing {
    guard let map = map("processes", of: .process) else { return .full }
    var key = UInt32(bitPattern: process)
    let listing = withChildren ? SOCKEYE_LISTED_WITH_CHILDREN : SOCKEYE_LISTED_ALONE
    var value = UInt8(listing.rawValue)
    // SAFETY: the call reads 4 bytes of key and 1 of value, as the map was made.
    let status = unsafe bpf_map_update_elem(map, &key, &value, UInt64(BPF_NOEXIST))
    if status == 0 { return .added }
    return status == -EEXIST ? .known : .full
  }

  /// From now on only the listed processes pass the filter; if the kernel had no room for one, still everybody.
  public borrowing func closeFilter() {
    guard let map = map("processes", of: .process) else { return }
    var (key, value) = (UInt32(0), UInt8(0))
    // SAFETY: as above.
    _ = unsafe bpf_map_update_elem(map, &key, &value, 0)
  }
}

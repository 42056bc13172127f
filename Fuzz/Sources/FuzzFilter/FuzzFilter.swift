import Model

/// Any text is a filter or an error: none traps, each error can be shown, each filter can be printed, read back as the
/// same, and evaluated. The first byte chooses the dialect.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzFilter(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let bytes = Array(UnsafeBufferPointer(start: start, count: count))
  let text = String(decoding: bytes.dropFirst(), as: UTF8.self)
  if bytes.first == UInt8(ascii: "S") {
    fuzzSSFilter(text)
    return 0
  }
  let dialect: FilterDialect = bytes.first == UInt8(ascii: "s") ? .ss : .sockeye
  let names = FilterNames(service: { _ in 80 }, interface: { _ in 2 }, controlGroup: { _ in 3 })
  do {
    let filter = try Filter(text, dialect: dialect, names: names)
    let printed = filter.description
    // A printed filter may be longer than what may be read.
    if printed.utf8.count <= 65_536 {
      let again = try Filter(printed, dialect: dialect)
      precondition(again == filter, "\(printed) is read back as another")
    }
    if bytes.count % 8 == 0 { _ = filter.select(from: host) }
    _ = (filter.kernelHints, filter.internetPart(), filter.required)
  } catch {
    // The rest is slow, and needs not every input.
    guard bytes.count % 8 == 0 else { return 0 }
    let rendered = error.rendered(in: text)
    precondition(
      !rendered.utf8.contains { ($0 < 32 && $0 != 10) || $0 == 127 }, "an error with control characters")
    let words = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    _ = try? Filter(words: words, dialect: dialect, names: names)
  }
  return 0
}

/// As ss reads it.
private func fuzzSSFilter(_ text: String) {
  var parser = SSFilterParser(
    words: [text], family: .unspecified, transports: ["tcp", "udp"],
    names: SSFilterNames(service: { _, _ in 80 }, interface: { _ in 2 }, controlGroup: { _ in .success(3) }))
  guard let filter = try? parser.parse() else { return }
  _ = filter.internetPart
  for family in [AddressFamily.inet, .inet6, .unix, .packet, .netlink, .vsock] {
    _ = filter.matches(SSSubject(family: family), ephemeral: 32768...60999)
  }
}

private let host: Snapshot = {
  var snapshot = Snapshot()
  snapshot.processes = [
    Process(
      identity: ProcessIdentity(pid: ProcessID(1), startTicks: 1), name: "init", parentPID: ProcessID(0))
  ]
  snapshot.names = ["/run/x.sock"]
  var socket = Socket()
  (socket.family, socket.state, socket.holdingCount) = (.inet, .established, 1)
  snapshot.holdings = [Holding(socket: 0, process: 0, descriptor: 3)]
  snapshot.sockets = [socket]
  socket.family = .unix
  (socket.nameIndex, socket.holdingCount) = (0, 0)
  snapshot.sockets.append(socket)
  return snapshot
}()

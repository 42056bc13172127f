import KernelSystem
import Model
import Observer
import ViewNetstat

/// Reads the tables that ss shows, in its order, into a table of rows.
struct SSTableReader {
  private let options: SSOptions
  private let filter: SSFilter?
  private let holders: SocketHolders?
  private let procPath: String?
  private let details: ListedDetails

  init(_ options: SSOptions, filter: SSFilter?, holders: SocketHolders?, procPath: String?) {
    self.options = options
    self.filter = filter
    self.holders = holders
    self.procPath = procPath
    var details: ListedDetails = []
    if options.showsInternals { details.insert(.internals) }
    if options.showsMemory { details.insert(.memory) }
    if options.showsTypeOfService { details.insert(.typeOfService) }
    if options.showsOptions || options.showsDetails || options.showsSocketOptions {
      details.insert(.attributes)
    }
    self.details = details
  }

  private var selection: SSSelection { options.selection }
  private var states: UInt32 { selection.states.rawValue }
  private var wantsInternet: Bool {
    selection.families.contains(.inet) || selection.families.contains(.inet6)
  }

  mutating func read(into table: inout SSTable) {
    let tables = selection.tables
    let isClosedShown = selection.states.contains(SSStates(.close))
    if tables.contains(.netlink), selection.families.contains(.netlink), isClosedShown {
      list { (listing) throws(ListingFailure) in try listing.netlink { table.netlink($0) } }
    }
    if !tables.isDisjoint(with: .packet), selection.families.contains(.packet), isClosedShown {
      list { (listing) throws(ListingFailure) in try listing.packet { table.packet(held($0)) } }
    }
    if !tables.isDisjoint(with: .unix), selection.families.contains(.unix) {
      list { (listing) throws(ListingFailure) in
        try listing.unix(states: states, details) { table.unix(held($0)) }
      }
    }
    internet(into: &table)
    if !tables.isDisjoint(with: .vsock), selection.families.contains(.vsock) {
      list { (listing) throws(ListingFailure) in
        try listing.vsock(states: states) { table.vsock(held($0)) }
      }
    }
    if tables.contains(.tipc) {
      list { (listing) throws(ListingFailure) in
        try listing.tipc(states: states) { table.tipc(held($0)) }
      }
    }
    if tables.contains(.xdp), selection.families.contains(.xdp), isClosedShown {
      list { (listing) throws(ListingFailure) in try listing.xdp { table.xdp(held($0)) } }
    }
    if tables.contains(.mptcp), wantsInternet { internet(262, into: &table) }
  }

  private mutating func internet(into table: inout SSTable) {
    guard wantsInternet else { return }
    let kinds: [(SSTables, Int32, String?)] = [
      (.raw, 255, "raw"), (.udp, 17, "udp"), (.tcp, 6, "tcp"), (.dccp, 33, nil), (.sctp, 132, nil),
    ]
    for (kind, number, transport) in kinds where selection.tables.contains(kind) && table.isOpen {
      // The others look for names where the table before them did.
      if let transport { table.beginTransport(transport) }
      if kind == .tcp, let file = ThisProcess.environment("TCPDIAG_FILE") {
        read(dumpFile: file, into: &table)
      } else {
        internet(number, into: &table)
      }
    }
  }

  private func held(_ row: SocketRow) -> SocketRow {
    guard let holders else { return row }
    var row = row
    holders.attach(to: &row)
    return row
  }

  // MARK: sock_diag

  /// One table of a family that has no other source.
  private func list(_ body: (inout SocketListing) throws(ListingFailure) -> Bool) {
    do throws(ListingFailure) {
      var listing = try SocketListing()
      if try body(&listing) { Self.tellInterrupted() }
    } catch { Self.tell(error) }
  }

  private static func tellInterrupted() {
    SSPersonality.tell(["Dump was interrupted and may be inconsistent."])
  }

  /// That a family is missing is nothing to be told.
  private static func tell(_ failure: ListingFailure) {
    switch failure {
    case .kernel(let errno) where errno == .noSuchFile || errno == .notSupported: break
    case .kernel(let errno): SSPersonality.tell(["RTNETLINK answers: \(errno)"])
    case .broken(let text): SSPersonality.tell(["ss: \(text)"])
    }
  }

  private func query(_ number: Int32, _ family: SocketListing.Internet.Family) -> SocketListing.Internet {
    SocketListing.Internet(
      number, family, states: states, details: details, condition: filter?.internetPart)
  }

  /// The versions in ss's order; where the kernel refuses, the older request, and then `/proc/net`.
  private mutating func internet(_ number: Int32, into table: inout SSTable) {
    if procPath == nil {
      do throws(ListingFailure) {
        let prefersV6 = selection.preferredFamily == .inet6
        try internet(number, prefersV6 ? .v6 : .v4, into: &table)
        if !prefersV6 && selection.preferredFamily != .inet { try internet(number, .v6, into: &table) }
        return
      } catch {
        // Nobody is told that a kernel does not know a protocol of more than 8 bits.
        if number < 256 { Self.tell(error) }
        guard case .kernel = error else { return }
      }
      if number == 6 || number == 33 {
        do throws(ListingFailure) { return try internet(number, .both, into: &table) } catch {
          Self.tell(error)
        }
      }
    }
    guard number == 6 || number == 17 || number == 255 else { return }
    _ = ProcListing.internet(
      number, v4: selection.families.contains(.inet), v6: selection.families.contains(.inet6),
      states: states, procPath: procPath
    ) { table.internetOfProc(held($0)) }
  }

  private mutating func internet(
    _ number: Int32, _ family: SocketListing.Internet.Family, into table: inout SSTable
  ) throws(ListingFailure) {
    var listing = try SocketListing()
    var killer = options.kills ? try SSKiller(number) : nil
    let wasInterrupted = try listing.internet(query(number, family)) { row in
      if killer == nil {
        table.internet(held(row))
      } else {
        table.internet(held(row)) { killer?.kill($0) ?? true }
      }
    }
    if wasInterrupted { Self.tellInterrupted() }
  }

  // MARK: Files

  private func read(dumpFile: String, into table: inout SSTable) {
    let bytes: [UInt8]
    do throws(SystemError) { bytes = try TextFile.read(dumpFile, atMost: 1 << 30) } catch {
      return SSPersonality.tell(["fopen($TCPDIAG_FILE): \(error.errno)"])
    }
    do throws(DumpFile.Failure) {
      try DumpFile.read(bytes) { row in
        // Every family, and every state: the file is what was asked for.
        table.internetOfFile(held(row))
      }
    } catch {
      switch error {
      case .cutShort: SSPersonality.tell(["Unexpected EOF reading $TCPDIAG_FILE"])
      case .kernel(let errno): SSPersonality.tell(["TCPDIAG answered: \(errno)"])
      case .malformed: SSPersonality.tell(["ss: $TCPDIAG_FILE holds no answer of the kernel"])
      }
    }
  }

  /// The answers about TCP as the kernel gives them: whole datagrams.
  mutating func copyTCP(to sink: (Span<UInt8>) -> Void) {
    do throws(ListingFailure) {
      var listing = try SocketListing()
      let prefersV6 = selection.preferredFamily == .inet6
      try listing.copy(query(6, prefersV6 ? .v6 : .v4), to: sink)
      if !prefersV6 && selection.preferredFamily != .inet { try listing.copy(query(6, .v6), to: sink) }
    } catch { Self.tell(error) }
  }
}

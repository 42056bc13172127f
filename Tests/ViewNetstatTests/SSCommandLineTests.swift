import Model
import Testing

@testable import ViewNetstat

/// Which sockets a command line chooses: ss's tables of defaults.
@Suite struct SSCommandLineTests {
  private func options(_ words: String...) throws -> SSOptions {
    let host = SSCommandLine.Host(
      enterNamespace: { _ in nil }, hasSELinux: { false }, cannotRead: { _ in nil })
    guard case .run(let options) = SSCommandLine.read(program: "ss", arguments: words, host: host) else {
      throw Refused()
    }
    return options
  }
  private struct Refused: Error {}

  @Test("Without options every table but TIPC's, connected states only")
  func defaults() throws {
    let selection = try options().selection
    #expect(selection.tables == .every && !selection.tables.contains(.tipc))
    #expect(selection.states == .connected)
    #expect(selection.families.contains(.inet) && selection.families.contains(.unix))
  }

  @Test("A table brings its families and a family its tables, unless both were chosen")
  func completion() throws {
    #expect(try options("-t").selection.families == [SSFamilies(.inet), SSFamilies(.inet6)])
    #expect(try options("-t4").selection.families == SSFamilies(.inet))
    #expect(try options("-6").selection.tables == .internet)
    #expect(try options("-x").selection.tables == .unix)
    #expect(try options("-tx").selection.tables == [.tcp, .unix])
    #expect(try options("-A", "unix_dgram").selection.families == SSFamilies(.unix))
  }

  @Test("-u alone shows connected sockets only, and with -l what is unconnected")
  func states() throws {
    #expect(try options("-u").selection.states == SSStates(.established))
    #expect(try options("-ul").selection.states == .unconnected)
    #expect(try options("-ta").selection.states == .all)
    #expect(
      try options("-t", "state", "ESTABLISHED", "exclude", "listening").selection.states
        == SSStates(.established))
    #expect(
      try options("exclude", "listening").selection.states == SSStates.all.subtracting(SSStates(.listen)))
  }

  @Test("Options may stand behind the filter, and long ones be abbreviated")
  func permutation() throws {
    let found = try options("sport", "=", "80", "--tc", "-n", "--no-h")
    #expect(found.filter == ["sport", "=", "80"])
    #expect(found.isNumeric && !found.showsHeader && found.selection.tables == .tcp)
  }

  @Test("An address of one family leaves the others out, and the states as they were")
  func narrowing() throws {
    var selection = try options("-a").selection
    selection.narrow(to: .unix)
    #expect(selection.families == SSFamilies(.unix) && selection.states == .all && selection.tables == .every)
  }
}

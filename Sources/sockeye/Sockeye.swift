import ArgumentParser

@main struct Sockeye: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "sockeye")
}

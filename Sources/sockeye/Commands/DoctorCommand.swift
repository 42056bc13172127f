import ArgumentParser
import CreationTrace
import KernelSystem
import Model
import Observer
import ViewRecords
import ViewTerminal
import ViewText

/// `sockeye doctor`: what this host allows.
struct DoctorCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor",
    abstract:
      "Try every source of knowledge on this host, and say what is missing, what is lost by it, and the remedy.",
    discussion: """
      Each source must find a socket that sockeye makes for it, and each event probe must tell of an event that sockeye \
      makes for it: proved. Partial means that another way stands in for it, or that it sees less. Exit status 0 if none \
      is missing, 1 if one is. The recorder is asked by sockeye record --status.
      """)

  @OptionGroup(title: "Output") var output: OutputOptions

  func validate() throws {
    if output.format == .csv { throw ValidationError("doctor has no CSV form; use -o json.") }
  }

  func run() throws {
    let diagnoses = Doctor.examine() + CreationDoctor.examine()
    let standard = Output.standard()
    var text = TextBuffer()
    if output.format.recordFormat != nil {
      DiagnosisRecords.append(diagnoses, isArray: output.format == .json, to: &text)
    } else {
      text.append(terminal: "sockeye \(Sockeye.configuration.version) on Linux \(ThisProcess.kernelRelease)")
      text.append("\n")
      DiagnosisView.append(diagnoses, isColored: output.color.isOn(for: standard), to: &text)
    }
    standard.write(text)
    try standard.finish()
    if diagnoses.contains(where: { $0.status == .missing }) { throw ExitStatus.nothingFound }
  }
}

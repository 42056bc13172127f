import Glibc
import Model
import Store

// Fills a store from a synthetic source and asks it: `store-bench PATH [CONNECTIONS] [SECONDS BETWEEN FIRST AND LAST]`.
// `store-bench PATH keep` takes away the oldest tenth.

func seconds(_ clock: clockid_t) -> Double {
  var time = timespec()
  unsafe clock_gettime(clock, &time)
  return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}

func rounded(_ value: Double, _ digits: Double = 100) -> Double { (value * digits).rounded() / digits }

let arguments = CommandLine.arguments
guard arguments.count > 1 else { fatalError("store-bench PATH [CONNECTIONS] [SECONDS]") }
let count = arguments.count > 2 ? Int(arguments[2]) ?? 1_000_000 : 1_000_000
let span = arguments.count > 3 ? Double(arguments[3]) ?? 604_800 : 604_800

do {
  if arguments.count > 2, arguments[2] == "keep" {
    try keep(arguments[1])
    exit(0)
  }
  if unsafe access(arguments[1], F_OK) != 0 { try fill(arguments[1], count, span) }
  try ask(arguments[1])
} catch {
  print("failed: \(error)")
  exit(1)
}

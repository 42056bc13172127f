import Glibc
import Model
import ViewFixtures
import ViewRecords
import ViewTerminal
import ViewText

// Renders 100,000 sockets: `swift run -c release view-bench [ROWS [NAME]]`. CPU time of the best of seven runs; the output is summed,
// so that nothing can be left out.

func cpuMilliseconds() -> Double {
  var time = timespec()
  unsafe clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
  return Double(time.tv_sec) * 1e3 + Double(time.tv_nsec) / 1e6
}

@inline(never) func measure(_ name: String, rows: Int, _ body: ((Span<UInt8>) -> Bool) -> Void) {
  if CommandLine.arguments.count > 2 && CommandLine.arguments[2] != name { return }
  var best = Double.infinity
  var bytes = 0
  for _ in 0..<7 {
    bytes = 0
    let start = cpuMilliseconds()
    body { chunk in
      bytes += chunk.count
      return true
    }
    best = min(best, cpuMilliseconds() - start)
  }
  let perRow = bytes / max(rows, 1)
  print("\(name): \((best * 10).rounded() / 10) ms, \(bytes / 1_000_000) MB, \(perRow) bytes a row")
}

let rows = CommandLine.arguments.count > 1 ? Int(CommandLine.arguments[1]) ?? 100_000 : 100_000
let plain = Fixture.large(rows, withDetails: false)
let full = Fixture.large(rows, withDetails: true)
let all = Array(0..<rows)

measure("json without tcp internals", rows: rows) { sink in
  _ = RecordWriter.write(plain, sockets: all, as: .json, to: sink)
}
measure("json with tcp internals", rows: rows) { sink in
  _ = RecordWriter.write(full, sockets: all, as: .json, to: sink)
}
measure("csv", rows: rows) { sink in _ = RecordWriter.write(full, sockets: all, as: .csv, to: sink) }
var options = TableOptions()
measure("table", rows: rows) { sink in SocketTableView.write(plain, sockets: all, options, to: sink) }
options.width = 80
options.isColored = true
measure("table, 80 columns, coloured", rows: rows) { sink in
  SocketTableView.write(plain, sockets: all, options, to: sink)
}
options = TableOptions()
options.isWide = true
measure("wide", rows: rows) { sink in SocketTableView.write(plain, sockets: all, options, to: sink) }
options.isWide = false
options.details = [.info]
measure("table with --info", rows: rows) { sink in
  SocketTableView.write(full, sockets: all, options, to: sink)
}
measure("sort", rows: rows) { sink in
  let order = SocketOrder.sorted(plain, all)
  _ = sink([UInt8(truncatingIfNeeded: order[0])].span)
}

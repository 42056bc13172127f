import KernelBPF
import KernelSystem

@main struct Sockeye {
  static func main() {
    do throws(BPFError) {
      let t0 = KernelClock.processCPUNanoseconds
      var request = SocketIteratorRequest()
      request.wantsInternals = CommandLine.arguments.count > 1
      let it = try SocketIterator.load(request)
      let t1 = KernelClock.processCPUNanoseconds
      var n = 0
      var sum: UInt64 = 0
      try it.forEachBatch { batch in batch.forEach { r, parts in n += 1; sum &+= r.cookie } }
      let t2 = KernelClock.processCPUNanoseconds
      print(n, sum, "load", (t1 - t0) / 1000, "us; read", (t2 - t1) / 1000, "us; start", t0 / 1000)
    } catch { print(error) }
  }
}

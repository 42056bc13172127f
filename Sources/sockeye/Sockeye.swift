import KernelSystem
import Model
import Observer

@main struct Sockeye {
  static func main() {
    var request = SnapshotRequest()
    let args = Array(CommandLine.arguments.dropFirst())
    if args.contains("-t") { request.tables = [.tcp] }
    if args.contains("json") { request.wantsDetails = true; request.processFacts = .all }
    if args.contains("proc") { request.holderSource = .procfs }
    if args.contains("iter") { request.holderSource = .iterator }
    if args.contains("cur") { request.namespaces = .current }
    if args.contains("ask") { request.asksSockets = true }
    do throws(ObserverError) {
      let t0 = KernelClock.processCPUNanoseconds
      let s = try SnapshotObserver.take(request)
      let t1 = KernelClock.processCPUNanoseconds
      print(s.sockets.count, "sockets", s.holdings.count, "holdings", s.processes.count, "procs", s.namespaces.count, "ns", s.evidence, "us", (t1 - t0) / 1000, "start", t0 / 1000)
      for g in s.gaps { print("gap", g.message) }
      if s.sockets.count < 40 { for x in s.sockets { print(x.table, x.state.name, x.local.port, x.peer.port, x.inode, x.cookie.rawValue, x.origin, x.absence, x.netns.rawValue, s.holdings(of: x).map { "\(s.processes[Int($0.process)].name.lossyString)[\(s.processes[Int($0.process)].identity.pid.rawValue)]:\($0.descriptor)" }, s.name(of: x)?.lossyString ?? "") } }
    } catch { print(error) }
  }
}

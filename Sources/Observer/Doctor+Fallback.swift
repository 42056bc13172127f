import KernelNetlink
import KernelSystem
import Model

extension Doctor {
  static let lossWithoutProbes =
    "binds, failed connects, datagrams, threads, libraries, DNS answers, and the processes of short connections"

  /// What events come from where the event probes are not permitted.
  static func fallback() -> [Diagnosis] { [connector(), destroyMulticast()] }

  /// A process of our own that starts others and ends with 23.
  private static func connector() -> Diagnosis {
    let subject = "fallback: proc connector"
    let loss = "without event probes: processes that end between two looks at /proc, and exit codes"
    do throws(SystemError) {
      let child = try HeldChild.makingEvents()
      var connector = try ProcConnector.open()
      do throws(Errno) { try child.release() } catch {
        throw SystemError("write", on: "the process that makes events", error)
      }
      var (forks, end) = (0, UInt32?.none)
      var failure: SystemError?
      waiting {
        do throws(SystemError) {
          try connector.drain { (notice) in
            switch notice.kind {
            case .fork(let parent, let other) where parent.process == child.pid && other.isLeader: forks += 1
            case .exit(let task, let status) where task.isLeader && task.process == child.pid: end = status
            default: break
            }
          }
        } catch { failure = error }
        return end != nil || failure != nil
      }
      _ = child.status()
      if let failure { throw failure }
      return forks > 0 && end == 23 << 8
        ? Diagnosis(subject, .proved, "fork and exit of an own process received, with its exit code")
        : Diagnosis(subject, .partial, "subscribed, but own forks and exit did not arrive", loss: loss)
    } catch {
      return Diagnosis(
        subject, .partial, "\(error); /proc is polled instead", loss: loss,
        remedy:
          "CAP_NET_ADMIN (before Linux 6.6), the initial pid, user and network namespaces, CONFIG_PROC_EVENTS"
      )
    }
  }

  /// A listener of our own, closed.
  private static func destroyMulticast() -> Diagnosis {
    let subject = "fallback: destroy multicast"
    let loss = "without event probes: byte counts of closes, and connections that end between two looks"
    do throws(SystemError) {
      var listener = try DestroyListener()
      let cookie = try closedSocket()
      var (isFound, failure) = (false, SystemError?.none)
      waiting {
        do throws(SystemError) {
          try listener.drain { if $0.record.cookie == cookie { isFound = true } }
        } catch { failure = error }
        return isFound || failure != nil
      }
      if let failure { throw failure }
      return isFound
        ? Diagnosis(subject, .proved, "close of an own socket received, by its cookie")
        : Diagnosis(subject, .partial, "the close of an own socket did not arrive", loss: loss)
    } catch {
      return Diagnosis(
        subject, .partial, "\(error); closes are found by polling", loss: loss,
        remedy: "CONFIG_INET_TCP_DIAG, CONFIG_INET_UDP_DIAG")
    }
  }

  private static func closedSocket() throws(SystemError) -> UInt64? {
    do throws(Errno) {
      let socket = try ProbeSocket.open(
        family: AddressFamily.inet.rawValue, type: SocketType.stream.rawValue, protocol: 0)
      try ProbeSocket.bindToLoopback(socket)
      try ProbeSocket.listen(socket)
      return SocketAnswers(asking: socket).cookie
    } catch { throw SystemError("socket", on: "a listener on 127.0.0.1", error) }
  }

  /// Asks again and again for a second at most.
  private static func waiting(_ isDone: () -> Bool) {
    let deadline = KernelClock.bootTimeNanoseconds + 1_000_000_000
    while !isDone() && KernelClock.bootTimeNanoseconds < deadline { DetachedThread.sleep(milliseconds: 2) }
  }
}

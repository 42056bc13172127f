import ViewText

/// `ss -s`: what the kernel counts of its sockets.
public struct SSSummary: Sendable {
  /// Of one family.
  public struct Family: Sendable {
    public var tcp = 0
    public var udp = 0
    public var raw = 0
    public var fragments = 0
    public init() {}
    var all: Int { tcp + udp + raw }
  }
  public var sockets = 0
  public var established = 0
  public var tcpTotal = 0
  public var orphaned = 0
  public var timeWait = 0
  public var v4 = Family()
  public var v6 = Family()
  public init() {}

  /// As text.
  public var text: TextBuffer {
    var text = TextBuffer()
    func number(_ label: StaticString, _ value: Int) {
      text.append(label)
      text.append(decimal: value)
    }
    number("Total: ", sockets)
    number("\nTCP:   ", tcpTotal + timeWait)
    number(" (estab ", established)
    number(", closed ", tcpTotal - (v4.tcp + v6.tcp - timeWait))
    number(", orphaned ", orphaned)
    number(", timewait ", timeWait)
    text.append(")\n\nTransport Total     IP        IPv6\n")
    let rows: [(StaticString, KeyPath<Family, Int>)] = [
      ("RAW", \.raw), ("UDP", \.udp), ("TCP", \.tcp), ("INET", \.all), ("FRAG", \.fragments),
    ]
    for (name, path) in rows {
      text.append(name)
      text.append("\t ")
      for value in [v4[keyPath: path] + v6[keyPath: path], v4[keyPath: path], v6[keyPath: path]] {
        text.append(byte: 32)
        let start = text.count
        text.append(decimal: value)
        text.append(repeating: 32, count: 9 - (text.count - start))
      }
      text.append(byte: 10)
    }
    text.append(byte: 10)
    return text
  }
}

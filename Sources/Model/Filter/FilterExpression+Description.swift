extension FilterExpression: CustomStringConvertible {
  /// Text in the filter language; every group within a group is in parentheses.
  public var description: String {
    switch self {
    case .and(let parts): parts.map(\.operandText).joined(separator: " and ")
    case .or(let parts): parts.map(\.operandText).joined(separator: " or ")
    case .not(let inner): "not \(inner.operandText)"
    case .test(let test): test.description
    }
  }

  private var operandText: String {
    switch self {
    case .and([]): "state all"
    case .and, .or: "(\(description))"
    case .not, .test: description
    }
  }
}

extension FilterTest: CustomStringConvertible {
  public var description: String {
    switch self {
    case .states(let states): states.filterText
    case .port(let side, let comparison, let port): "\(side.portKeyword) \(comparison.symbol) :\(port)"
    case .host(let side, let host): "\(side.hostKeyword) \(host)"
    case .interface(let index): "dev = \(index)"
    case .mark(let value, let mask):
      mask == .max ? "fwmark = \(value)" : "fwmark = \(value)/\(mask)"
    case .controlGroup(let id): "cgroup = \(id)"
    case .autobound: "autobound"
    case .family(let family): "family = \(family.name)"
    case .table(let table): "proto = \(table.name)"
    case .type(let type): "type = \(type.name)"
    case .direction(let direction): "direction = \(direction.rawValue)"
    case .number(let number, let comparison, let value):
      "\(number.rawValue) \(comparison.symbol) \(Quantity.text(value, number.quantity))"
    case .text(let text, .exact(let value)): "\(text.rawValue) = \(FilterQuoting.quoted(value))"
    case .text(let text, .glob(let value)): "\(text.rawValue) ~ \(FilterQuoting.quoted(value))"
    }
  }
}

extension SocketSide {
  var portKeyword: String {
    switch self {
    case .local: "sport"
    case .peer: "dport"
    case .either: "port"
    }
  }
  var hostKeyword: String {
    switch self {
    case .local: "src"
    case .peer: "dst"
    case .either: "addr"
    }
  }
}

extension HostPattern: CustomStringConvertible {
  public var description: String {
    switch self {
    case .internet(let prefix, let port):
      let address = prefix.map { $0.address.version == .v6 ? "[\($0)]" : $0.description } ?? "*"
      return port.map { "\(address):\($0)" } ?? address
    case .unix(let pattern):
      return "unix:\(FilterQuoting.quoted(pattern))"
    case .vsock(let contextID, let port):
      return "vsock:\(contextID.map { "\($0)" } ?? "*"):\(port.map { "\($0)" } ?? "*")"
    }
  }
}

/// How text is quoted in the filter language.
enum FilterQuoting {
  /// In double quotes; `"`, `\` and control characters escaped, bytes that are not UTF-8 as `\xNN`.
  static func quoted(_ text: RawText) -> String {
    var output: [UInt8] = [UInt8(ascii: "\"")]
    let isText = String(validating: text.bytes, as: UTF8.self) != nil
    for byte in text.bytes {
      switch byte {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"):
        output += [UInt8(ascii: "\\"), byte]
      case 0..<32, 127:
        output += hexEscape(byte)
      case 128...:
        if isText { output.append(byte) } else { output += hexEscape(byte) }
      default:
        output.append(byte)
      }
    }
    output.append(UInt8(ascii: "\""))
    return String(decoding: output, as: UTF8.self)
  }

  static func hexEscape(_ byte: UInt8) -> [UInt8] {
    let digits = Array("0123456789abcdef".utf8)
    return [UInt8(ascii: "\\"), UInt8(ascii: "x"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
  }
}

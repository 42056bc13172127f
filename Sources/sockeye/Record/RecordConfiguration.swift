import ArgumentParser
import KernelSystem

/// The configuration file of the recorder: one key an option, nothing else.
struct RecordConfiguration {
  static let defaultPath = "/etc/sockeye/config.toml"
  private static let longest = 1 << 20

  let path: String

  /// Those of the file over the defaults. `mayBeAbsent`: the defaults stand where there is no file.
  func settings(mayBeAbsent: Bool) throws -> RecordSettings {
    let text: [UInt8]
    do throws(SystemError) { text = try TextFile.read(path, atMost: Self.longest) } catch {
      if mayBeAbsent && error.errno == .noSuchFile { return RecordSettings() }
      throw Failure("\(error)")
    }
    return try settings(in: String(decoding: text, as: UTF8.self))
  }

  func settings(in text: String) throws -> RecordSettings {
    let document: TOMLDocument
    do throws(TOMLDocument.ParseError) { document = try TOMLDocument(text) } catch {
      throw Failure("\(path), line \(error.line): \(error.reason)")
    }
    var settings = RecordSettings()
    for (key, value) in document.entries {
      try take(Value(path: path, key: key, value: value), into: &settings)
    }
    return settings
  }

  private func take(_ value: Value, into settings: inout RecordSettings) throws {
    switch value.key {
    case "database": settings.database = try value.string(or: "the name of a file")
    case "keep-days":
      guard case .integer(let days) = value.value, RecordSettings.days.contains(days) else {
        throw value.wrong("a number from 0 to \(RecordSettings.days.upperBound)")
      }
      settings.keepDays = days
    case "max-size":
      settings.maxSize = try value.word("a size such as \"4G\", at least 16M, or 0", StoreSize.init).bytes
    case "row-at": settings.rowAt = try value.word("\"open\" or \"close\"", RowTime.init(rawValue:))
    case "names": settings.names = try value.truth()
    case "modules": settings.modules = try value.truth()
    case "ring-size":
      settings.ringSize = try value.word("a power of two from \"4k\" to \"1G\"", WatchRingSize.init)
    case "watchlist": settings.watchlists = try value.strings(or: "the name of a file, or an array of them")
    default: throw Failure("\(path): there is no key '\(value.key)'")
    }
  }

  /// A value and where it stands.
  private struct Value {
    let path: String
    let key: String
    let value: TOMLDocument.Value

    func wrong(_ expected: String) -> Failure { Failure("\(path): \(key) must be \(expected)") }

    func string(or expected: String) throws -> String {
      guard case .string(let text) = value, !text.isEmpty else { throw wrong(expected) }
      return text
    }
    /// One, or an array.
    func strings(or expected: String) throws -> [String] {
      guard case .array(let elements) = value else { return [try string(or: expected)] }
      return try elements.map { try Value(path: path, key: key, value: $0).string(or: expected) }
    }
    func truth() throws -> Bool {
      guard case .boolean(let truth) = value else { throw wrong("true or false") }
      return truth
    }
    /// A string, or an integer for a size in bytes.
    func word<Result>(_ expected: String, _ parse: (String) -> Result?) throws -> Result {
      let text: String? =
        switch value {
        case .string(let text): text
        case .integer(let number): "\(number)"
        default: nil
        }
      guard let result = text.flatMap(parse) else { throw wrong(expected) }
      return result
    }
  }
}

import CTOML

/// The top-level keys of a TOML document, in the order of their names.
struct TOMLDocument {
  enum Value: Equatable {
    case string(String)
    case integer(Int)
    case boolean(Bool)
    case array([Value])
    /// A table, a time or a floating-point number: no option takes one.
    case other
  }

  struct ParseError: Error {
    let line: Int
    let reason: String
  }

  let entries: [(key: String, value: Value)]

  /// - Throws: what is wrong with the text, and in which line (from one).
  init(_ text: String) throws(ParseError) {
    var text = text
    // SAFETY: the document copies what it keeps of the text; it is freed after the last use of what it lends.
    let document = text.withUTF8 { bytes in
      unsafe bytes.withMemoryRebound(to: CChar.self) { unsafe ctoml_read($0.baseAddress, $0.count) }
    }
    defer { unsafe ctoml_free(document) }
    var line: UInt32 = 0
    if let reason = unsafe ctoml_error(document, &line) {
      throw unsafe ParseError(line: Int(line), reason: String(cString: reason))
    }
    entries = unsafe (0..<ctoml_key_count(document)).map { index in
      let value = unsafe Value(ctoml_value_at(document, index)) { element in
        unsafe ctoml_element(document, index, element)
      }
      return (unsafe String(ctoml_key(document, index)), value)
    }
  }
}

extension TOMLDocument.Value {
  fileprivate init(_ value: ctoml_value, element: (Int) -> ctoml_value) {
    switch unsafe value.kind {
    case CTOML_STRING: self = unsafe .string(String(value.string))
    case CTOML_INTEGER: self = unsafe .integer(Int(value.integer))
    case CTOML_BOOLEAN: self = unsafe .boolean(value.integer != 0)
    case CTOML_ARRAY:
      // An array within an array is no value of an option.
      self = unsafe .array(
        (0..<value.count).map { index in
          let inner = unsafe element(index)
          return unsafe inner.kind == CTOML_ARRAY ? .other : Self(inner, element: element)
        })
    default: self = .other
    }
  }
}

extension String {
  fileprivate init(_ text: ctoml_text) {
    self = unsafe String(
      decoding: UnsafeRawBufferPointer(start: text.bytes, count: text.count), as: UTF8.self)
  }
}

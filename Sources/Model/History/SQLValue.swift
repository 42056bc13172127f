/// One cell of an answer to SQL.
public enum SQLValue: Hashable, Sendable {
  case null
  case integer(Int64)
  case real(Double)
  /// Bytes that somebody who is watched may have chosen; not known to be UTF-8.
  case text(RawText)
  case blob([UInt8])
}

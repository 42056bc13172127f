/// A time as people say it, with how exact it was said: `03:12` is a minute, `03:12:09` a second.
///
/// UTC throughout, as everything that sockeye prints. Forms: `now`; RFC 3339 (`2026-11-20T03:12:09.5Z`, also `+01:00`);
/// `2026-11-20 03:12`, `2026-11-20`; `03:12`, `today 03:12`, `yesterday`, `tuesday 03:12:09`; `90s ago`, `2h ago`
/// (s, m, h, d, w). A time of day alone is the last one that is over or has begun; a weekday is the last before today.
public struct Moment: Hashable, Sendable {
  /// First and last µs since 1970.
  public var first: Int64
  public var last: Int64

  public static let forms =
    "'2026-11-20T03:12:09Z', '2026-11-20 03:12', '03:12', 'yesterday 03:12', 'tuesday 03:12', '2h ago'"

  private static let second: Int64 = 1_000_000
  private static let day: Int64 = 86_400_000_000
  private static let weekdays = [
    "thursday", "friday", "saturday", "sunday", "monday", "tuesday", "wednesday",
  ]

  private init(_ first: Int64, _ length: Int64) { (self.first, last) = (first, first + max(length, 1) - 1) }

  /// nil for what is none of the forms. `now` is µs since 1970.
  public init?(_ text: String, now: Int64) {
    let words = text.lowercased().split(separator: " ").map(String.init)
    let today = now - now % Self.day
    switch words.count {
    case 1:
      if words[0] == "now" {
        self.init(now, 1)
      } else if let date = Self.day(words[0], today: today) {
        self.init(date, Self.day)
      } else if let time = Self.timeOfDay(words[0]) {
        self.init(today + time.start > now ? today - Self.day + time.start : today + time.start, time.length)
      } else if let cut = words[0].firstIndex(of: "t"), let date = Self.date(String(words[0][..<cut])) {
        self.init(instant: date, words[0][words[0].index(after: cut)...])
      } else {
        return nil
      }
    case 2:
      if words[1] == "ago", let length = Self.length(words[0]), length <= now {
        self.init((now - length) / Self.second * Self.second, Self.second)
      } else if let date = Self.day(words[0], today: today) {
        self.init(instant: date, words[1][...])
      } else {
        return nil
      }
    default: return nil
    }
  }

  /// A time of day with or without its zone.
  private init?(instant date: Int64, _ text: Substring) {
    var (text, offset) = (text, Int64(0))
    if text.hasSuffix("z") {
      text = text.dropLast()
    } else if let sign = text.lastIndex(where: { $0 == "+" || $0 == "-" }) {
      guard let zone = Self.timeOfDay(String(text[text.index(after: sign)...])) else { return nil }
      offset = text[sign] == "+" ? zone.start : -zone.start
      text = text[..<sign]
    }
    guard let time = Self.timeOfDay(String(text)) else { return nil }
    self.init(date + time.start - offset, time.length)
  }

  /// The start of a day, µs since 1970.
  private static func day(_ word: String, today: Int64) -> Int64? {
    switch word {
    case "today": return today
    case "yesterday": return today - day
    default: break
    }
    // 1970 began on a Thursday.
    if let index = weekdays.firstIndex(where: { $0 == word || word.count >= 3 && $0.hasPrefix(word) }) {
      let back = (today / day - Int64(index)) % 7
      return today - (back == 0 ? 7 : back) * day
    }
    return date(word)
  }

  /// `2026-11-20`, a day that there was or will be.
  private static func date(_ word: String) -> Int64? {
    let parts = word.split(separator: "-", omittingEmptySubsequences: false).map { number($0) }
    guard parts.count == 3, let year = parts[0], let month = parts[1], let day = parts[2],
      (1970...9999).contains(year), (1...12).contains(month)
    else { return nil }
    let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
    let lengths = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
    guard day >= 1, day <= lengths[Int(month) - 1] else { return nil }
    // Howard Hinnant's `days_from_civil`: years begin in March.
    let shifted = month <= 2 ? year - 1 : year
    let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
    let days = shifted * 365 + shifted / 4 - shifted / 100 + shifted / 400 + dayOfYear - 719_468
    return days * Self.day
  }

  /// `03:12`, `03:12:09`, `03:12:09.25`: µs since midnight, and how long a time was said.
  private static func timeOfDay(_ word: String) -> (start: Int64, length: Int64)? {
    let parts = word.split(separator: ":", omittingEmptySubsequences: false)
    guard (2...3).contains(parts.count), let hour = number(parts[0]), let minute = number(parts[1]),
      hour < 24,
      minute < 60
    else { return nil }
    let start = (hour * 60 + minute) * 60 * second
    if parts.count == 2 { return (start, 60 * second) }
    let pieces = parts[2].split(separator: ".", omittingEmptySubsequences: false)
    guard (1...2).contains(pieces.count), let seconds = number(pieces[0]), seconds < 60 else { return nil }
    if pieces.count == 1 { return (start + seconds * second, second) }
    var (fraction, unit) = (Int64(0), second)
    for digit in pieces[1].prefix(6) {
      guard let value = number(Substring(String(digit))) else { return nil }
      unit /= 10
      fraction += value * unit
    }
    guard !pieces[1].isEmpty, pieces[1].allSatisfy({ $0.isASCII && $0.isNumber }) else { return nil }
    return (start + seconds * second + fraction, unit)
  }

  private static func length(_ word: String) -> Int64? {
    let units: [Character: Int64] = ["s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604_800]
    guard let last = word.last, let unit = units[last], let count = number(word.dropLast()) else {
      return nil
    }
    return count * unit * second
  }

  /// Digits alone, few enough that no sum overflows.
  private static func number(_ text: some StringProtocol) -> Int64? {
    guard !text.isEmpty, text.count <= 6, text.allSatisfy({ $0.isASCII && $0.isNumber }) else { return nil }
    return Int64(text)
  }
}

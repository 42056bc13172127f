import Model
import Testing

@Suite struct MomentTests {
  /// 2026-11-21T12:00:00Z, a Saturday.
  private let now: Int64 = 1_795_262_400_000_000
  private let minute: Int64 = 60_000_000

  @Test(
    "Each form is the moment that people mean, in UTC, as long as it was said",
    arguments: [
      ("2026-11-20T03:12:09Z", 1_795_144_329_000_000, 1_000_000),
      ("2026-11-20t03:12:09.25+01:00", 1_795_140_729_250_000, 10_000),
      ("2026-11-20 03:12", 1_795_144_320_000_000, 60_000_000),
      ("2026-11-20", 1_795_132_800_000_000, 86_400_000_000),
      ("03:12", 1_795_230_720_000_000, 60_000_000),
      // Not yet today: yesterday's.
      ("12:01", 1_795_176_060_000_000, 60_000_000),
      ("today 12:01", 1_795_262_460_000_000, 60_000_000),
      ("yesterday 03:12", 1_795_144_320_000_000, 60_000_000),
      ("Tuesday 03:12", 1_794_885_120_000_000, 60_000_000),
      // The last one before today, not today.
      ("saturday", 1_794_614_400_000_000, 86_400_000_000),
      ("2h ago", 1_795_255_200_000_000, 1_000_000),
      ("now", 1_795_262_400_000_000, 1),
      ("1970-01-01", 0, 86_400_000_000),
      ("2024-02-29", 1_709_164_800_000_000, 86_400_000_000),
    ] as [(String, Int64, Int64)])
  func forms(_ text: String, _ first: Int64, _ length: Int64) throws {
    let moment = try #require(Moment(text, now: now))
    #expect(moment.first == first)
    #expect(moment.last - moment.first + 1 == length)
  }

  @Test(
    "What is no time is refused",
    arguments: [
      "", " ", "soon", "25:00", "03:60", "3", "03:12:60", "2026-02-29", "2026-13-01", "1969-12-31",
      "tu 03:12",
      "2 ago", "h ago", "-1h ago", "999999w ago", "03:12:09.", "2026-11-20T03:12:09+xx", "yesterday tuesday",
      "2026-11-20T", "9999999-01-01", "۰۳:۱۲",
    ])
  func refused(_ text: String) { #expect(Moment(text, now: now) == nil) }
}

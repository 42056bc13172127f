import Foundation
import Testing
import ViewText

@testable import ViewNetstat

/// Fractions against printf(3) itself.
@Suite struct PrintfNumberTests {
  private func general(_ value: Double, _ significant: Int = 6) -> String {
    var text = TextBuffer()
    text.append(general: value, significant: significant)
    return text.string
  }
  private func fixed(_ value: Double, _ digits: Int) -> String {
    var text = TextBuffer()
    text.append(fixed: value, digits: digits)
    return text.string
  }

  @Test("Every microsecond up to a second, as milliseconds")
  func milliseconds() {
    for micro in 1...1_000_000 where micro < 20_000 || micro % 23 == 0 {
      let value = Double(micro) / 1000
      if general(value) != String(format: "%g", value) { Issue.record("\(value): \(general(value))") }
    }
  }

  @Test("Numbers of every size, with six, three and no digits")
  func sizes() {
    var state: UInt64 = 20_261_121
    for _ in 0..<23_000 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      let bits = state >> UInt64(state >> 58)
      for value in [Double(bits) / 1000, Double(bits) * 8, Double(bits) / 256, Double(bits) / 1e6] {
        guard value == 0 || value >= 1e-4, value < 1.4e20 else { continue }
        #expect(general(value) == String(format: "%g", value), "\(value)")
        #expect(general(value, 3) == String(format: "%.3g", value), "\(value)")
        if value < 1.8e19 {
          #expect(fixed(value, 0) == String(format: "%.0f", value), "\(value)")
        }
        if value < 1e15 { #expect(fixed(value, 1) == String(format: "%.1f", value), "\(value)") }
      }
    }
  }

  @Test("Halves go to the even neighbour, and a carry makes another digit")
  func halves() {
    for value in [0.5, 1.5, 2.5, 0.25, 0.75, 999_999.5, 9.999_995, 99.9995, 1_000_000, 123_456.5, 0] {
      #expect(general(value) == String(format: "%g", value))
      #expect(general(value, 3) == String(format: "%.3g", value))
      #expect(fixed(value, 0) == String(format: "%.0f", value))
      #expect(fixed(value, 1) == String(format: "%.1f", value))
    }
  }
}

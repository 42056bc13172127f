/// What `sockeye doctor` found about one source of knowledge on this host.
public struct Diagnosis: Sendable, Equatable {
  public enum Status: String, Sendable {
    /// A real thing was made, and found again through the source.
    case proved
    /// It works in part, or another way stands in for it.
    case partial
    case missing
  }
  /// Stable word: `iterator`, `sock_diag tcp`.
  public var subject: String
  public var status: Status
  /// What was done and seen, or why it failed.
  public var finding: String
  /// What cannot be seen without it; nil when nothing is lost.
  public var loss: String?
  public var remedy: String?
  public init(
    _ subject: String, _ status: Status, _ finding: String, loss: String? = nil, remedy: String? = nil
  ) {
    self.subject = subject
    self.status = status
    self.finding = finding
    self.loss = loss
    self.remedy = remedy
  }
}

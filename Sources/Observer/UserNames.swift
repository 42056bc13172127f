import KernelProc
import KernelSystem
import Model

/// Names of users, each looked up once: `/etc/passwd` first, then the host's services.
struct UserNames {
  private var table: UserTable?
  private var known: [UInt32: User] = [:]

  mutating func user(_ id: UInt32) -> User {
    if let user = known[id] { return user }
    if table == nil { table = Self.readTable() }
    let name = table?.name(of: id) ?? HostUsers.name(of: id)
    let user = User(id: id, name: name.map { String(decoding: $0, as: UTF8.self) })
    known[id] = user
    return user
  }

  private static func readTable() -> UserTable? {
    var buffer = ReadBuffer()
    guard let root = try? HostRoot() else { return nil }  // without a readable root, the services are asked
    return root.users(&buffer).value
  }
}

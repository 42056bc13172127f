import CSQLite

extension SQLiteConnection {
  /// Refuses every action but reading, from now on.
  func allowReadingOnly(longestValue: Int) {
    // SAFETY: neither callback nor limits hold memory of ours.
    unsafe sqlite3_limit(handle, SQLITE_LIMIT_LENGTH, Int32(longestValue))
    unsafe sqlite3_limit(handle, SQLITE_LIMIT_ATTACHED, 0)
    unsafe sqlite3_set_authorizer(
      handle,
      { _, action, _, name, _, _ in
        switch action {
        case SQLITE_SELECT, SQLITE_READ, SQLITE_RECURSIVE: return SQLITE_OK
        case SQLITE_FUNCTION:
          guard let name = unsafe name else { return SQLITE_DENY }
          let isLoading = unsafe String(cString: name).lowercased() == "load_extension"
          return isLoading ? SQLITE_DENY : SQLITE_OK
        default: return SQLITE_DENY
        }
      }, nil)
  }
}

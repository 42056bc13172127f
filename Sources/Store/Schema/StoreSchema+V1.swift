extension StoreSchema {
  /// Times are µs since 1970, durations µs. A column named after another table holds its id. `segment` of a row is the
  /// newest that uses it: when no older segment is left, neither is the row.
  static let v1 = """
    CREATE TABLE store (key TEXT PRIMARY KEY, value) WITHOUT ROWID;
    CREATE TABLE text (id INTEGER PRIMARY KEY, hash INTEGER NOT NULL, bytes BLOB NOT NULL, segment INTEGER NOT NULL);
    CREATE INDEX text_by_hash ON text (hash);
    CREATE TABLE address (
      id INTEGER PRIMARY KEY, bytes BLOB NOT NULL UNIQUE, text TEXT NOT NULL UNIQUE, segment INTEGER NOT NULL);
    CREATE TABLE boot (id INTEGER PRIMARY KEY, boot_id TEXT NOT NULL UNIQUE);
    CREATE TABLE recording (
      id INTEGER PRIMARY KEY, boot INTEGER NOT NULL, started INTEGER NOT NULL, flushed INTEGER NOT NULL,
      stopped INTEGER, version TEXT NOT NULL);
    CREATE TABLE gap (
      id INTEGER PRIMARY KEY, kind TEXT NOT NULL, began INTEGER NOT NULL, ended INTEGER NOT NULL, count INTEGER,
      message TEXT NOT NULL);
    CREATE INDEX gap_by_end ON gap (ended);
    CREATE TABLE clock_step (
      id INTEGER PRIMARY KEY, recording INTEGER NOT NULL, at INTEGER NOT NULL, step INTEGER NOT NULL);
    CREATE TABLE process (
      id INTEGER PRIMARY KEY, boot INTEGER NOT NULL, pid INTEGER NOT NULL, start_ticks INTEGER NOT NULL,
      generation INTEGER NOT NULL, entity TEXT, segment INTEGER NOT NULL, began INTEGER NOT NULL, ended INTEGER, parent_pid INTEGER NOT NULL,
      name INTEGER NOT NULL, executable INTEGER, arguments INTEGER, directory INTEGER, terminal INTEGER,
      user INTEGER, user_name INTEGER, unit INTEGER, container INTEGER, lineage INTEGER,
      entry_kind TEXT, entry_pid INTEGER, session INTEGER, netns INTEGER, flags INTEGER NOT NULL,
      exit_code INTEGER, signal INTEGER, cpu INTEGER);
    CREATE INDEX process_by_pid ON process (pid, start_ticks);
    CREATE INDEX process_by_name ON process (name);
    CREATE INDEX process_by_executable ON process (executable);
    CREATE INDEX process_by_user ON process (user);
    CREATE INDEX process_by_parent ON process (parent_pid);
    CREATE TABLE container (
      id INTEGER PRIMARY KEY, container_id TEXT NOT NULL, runtime TEXT NOT NULL, name TEXT, pod_uid TEXT,
      segment INTEGER NOT NULL);
    CREATE INDEX container_by_id ON container (container_id);
    CREATE TABLE connection (
      id INTEGER PRIMARY KEY, opened INTEGER NOT NULL, duration INTEGER, span INTEGER NOT NULL,
      flags INTEGER NOT NULL, process INTEGER, program INTEGER, netns INTEGER NOT NULL, cookie INTEGER NOT NULL,
      local INTEGER, local_port INTEGER, peer INTEGER, peer_port INTEGER, sent INTEGER, received INTEGER,
      round_trip INTEGER, retransmits INTEGER, sent_packets INTEGER, received_packets INTEGER,
      reason INTEGER, peer_process INTEGER);
    CREATE INDEX connection_by_peer ON connection (id >> 14, peer);
    CREATE INDEX connection_by_local ON connection (id >> 14, local);
    CREATE INDEX connection_by_peer_port ON connection (id >> 14, peer_port);
    CREATE INDEX connection_by_local_port ON connection (id >> 14, local_port);
    CREATE INDEX connection_by_program ON connection (id >> 14, program, process);
    CREATE INDEX connection_by_span ON connection (id >> 14, span, opened) WHERE span > 0;
    CREATE TABLE segment (
      id INTEGER PRIMARY KEY, opened_first INTEGER NOT NULL, opened_last INTEGER NOT NULL,
      short_first INTEGER NOT NULL, spans INTEGER NOT NULL);
    CREATE TABLE listener (
      id INTEGER PRIMARY KEY, opened INTEGER NOT NULL, closed INTEGER, flags INTEGER NOT NULL, process INTEGER,
      netns INTEGER NOT NULL, cookie INTEGER NOT NULL, local INTEGER, local_port INTEGER);
    CREATE INDEX listener_by_port ON listener (local_port);
    CREATE INDEX listener_open ON listener (opened) WHERE closed IS NULL;
    CREATE TABLE module (
      id INTEGER PRIMARY KEY, path INTEGER NOT NULL, build_id BLOB NOT NULL, size INTEGER NOT NULL,
      first INTEGER NOT NULL, last INTEGER NOT NULL, loads INTEGER NOT NULL, UNIQUE (path, build_id, size));
    CREATE TABLE process_module (
      process INTEGER NOT NULL, module INTEGER NOT NULL, loaded INTEGER NOT NULL, unloaded INTEGER,
      PRIMARY KEY (process, module)) WITHOUT ROWID;
    CREATE TABLE dns_answer (
      address INTEGER NOT NULL, question INTEGER NOT NULL, process INTEGER NOT NULL, first INTEGER NOT NULL,
      last INTEGER NOT NULL, answers INTEGER NOT NULL, PRIMARY KEY (address, question, process)) WITHOUT ROWID;

    """

  /// What the planner believes: many rows a segment, few a value. So SQL on the views jumps from segment to segment.
  static let v1Statistics = """
    ANALYZE sqlite_schema;
    INSERT INTO sqlite_stat1 VALUES
      ('connection', 'connection_by_peer', '10000000 16384 20'),
      ('connection', 'connection_by_local', '10000000 16384 1000'),
      ('connection', 'connection_by_peer_port', '10000000 16384 400'),
      ('connection', 'connection_by_local_port', '10000000 16384 200'),
      ('connection', 'connection_by_program', '10000000 16384 500 50'),
      ('connection', 'connection_by_span', '1000000 1600 200 2');

    """
}

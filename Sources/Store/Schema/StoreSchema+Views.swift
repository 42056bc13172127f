extension StoreSchema {
  /// The views that people and their programs may rely on: documented in Documentation/Store.md, kept by a test.
  static let views = """
    CREATE VIEW connections AS SELECT
      c.id, \(time("c.opened")) AS opened, c.opened AS opened_us, \(time("c.opened + c.duration")) AS closed,
      c.opened + c.duration AS closed_us, c.duration AS duration_us,
      CASE c.flags >> 9 & 1023 \(protocols) ELSE CAST(c.flags >> 9 & 1023 AS TEXT) END AS protocol,
      CASE c.flags & 7 WHEN 0 THEN 'inet' WHEN 1 THEN 'inet6' WHEN 2 THEN 'unix' ELSE 'other' END AS family,
      CASE c.flags >> 3 & 3 WHEN 1 THEN 'outbound' WHEN 2 THEN 'inbound' END AS direction,
      CASE WHEN c.flags >> 5 & 3 = 1 THEN 'failed' WHEN c.flags >> 5 & 3 = 2 THEN 'unknown'
        WHEN c.duration IS NULL THEN 'open' ELSE 'closed' END AS outcome,
      \(text("c.reason")) AS reason, (SELECT text FROM address WHERE id = c.local) AS local_address, c.local_port,
      a.text AS peer_address, c.peer_port,
      coalesce(
        (SELECT CAST(t.bytes AS TEXT) FROM dns_answer d JOIN text t ON t.id = d.question
          WHERE d.address = c.peer AND d.first <= c.opened AND d.process = c.process ORDER BY d.last DESC LIMIT 1),
        (SELECT CAST(t.bytes AS TEXT) FROM dns_answer d JOIN text t ON t.id = d.question
          WHERE d.address = c.peer AND d.first <= c.opened ORDER BY d.last DESC LIMIT 1)) AS peer_name,
      c.sent AS sent_bytes, c.received AS received_bytes, c.sent_packets, c.received_packets,
      c.round_trip AS round_trip_us, c.retransmits, c.netns + 4026531840 AS netns, c.cookie,
      c.process AS process_id, (SELECT pid FROM process WHERE id = c.process) AS pid,
      \(ofProcess("name")) AS name, \(text("c.program")) AS executable,
      (SELECT f.sha256 FROM process p JOIN file f ON f.id = p.file WHERE p.id = c.process) AS sha256,
      (SELECT user FROM process WHERE id = c.process) AS uid, \(ofProcess("unit")) AS unit,
      c.peer_process AS peer_process_id,
      c.flags >> 7 & 1 AS opened_before, CASE c.flags >> 8 & 1 WHEN 1 THEN 'polling' ELSE 'kernel_event' END AS evidence
    FROM connection c LEFT JOIN address a ON a.id = c.peer;
    CREATE VIEW processes AS SELECT
      p.id, p.pid, p.entity AS entity_id, p.generation AS exec_generation, \(time("p.began")) AS began,
      p.began AS began_us, \(time("p.ended")) AS ended, p.ended AS ended_us, p.parent_pid,
      CAST(n.bytes AS TEXT) AS name, CAST(x.bytes AS TEXT) AS executable,
      f.sha256, f.missing AS sha256_missing, CAST(g.bytes AS TEXT) AS arguments, p.flags & 1 AS arguments_cut,
      CAST(w.bytes AS TEXT) AS working_directory, CAST(y.bytes AS TEXT) AS tty, p.user AS uid,
      CAST(un.bytes AS TEXT) AS user, CAST(u.bytes AS TEXT) AS unit, k.container_id, k.runtime AS container_runtime,
      k.name AS container_name, CAST(s.bytes AS TEXT) AS lineage, p.entry_kind, p.entry_pid, p.netns,
      p.exit_code, p.signal, p.cpu AS cpu_us, b.boot_id
    FROM process p LEFT JOIN text n ON n.id = p.name LEFT JOIN text x ON x.id = p.executable
      LEFT JOIN text g ON g.id = p.arguments LEFT JOIN text w ON w.id = p.directory
      LEFT JOIN text y ON y.id = p.terminal LEFT JOIN text un ON un.id = p.user_name
      LEFT JOIN text u ON u.id = p.unit LEFT JOIN container k ON k.id = p.container
      LEFT JOIN text s ON s.id = p.lineage LEFT JOIN boot b ON b.id = p.boot
      LEFT JOIN file f ON f.id = p.file;
    CREATE VIEW watchlist_hits AS SELECT
      h.id, \(time("h.at")) AS at, h.at AS at_us, i.kind, i.indicator, h.matched, i.note, i.list,
      h.connection AS connection_id, h.process AS process_id, p.pid, CAST(n.bytes AS TEXT) AS name,
      CAST(x.bytes AS TEXT) AS executable, f.sha256, CAST(s.bytes AS TEXT) AS lineage
    FROM hit h JOIN indicator i ON i.id = h.indicator LEFT JOIN process p ON p.id = h.process
      LEFT JOIN text n ON n.id = p.name LEFT JOIN text x ON x.id = p.executable LEFT JOIN text s ON s.id = p.lineage
      LEFT JOIN file f ON f.id = p.file;
    CREATE VIEW modules AS SELECT
      m.id, CAST(t.bytes AS TEXT) AS path, lower(hex(m.build_id)) AS build_id, m.size,
      \(time("m.first")) AS first_seen, \(time("m.last")) AS last_seen, m.loads
    FROM module m JOIN text t ON t.id = m.path;
    CREATE VIEW dns AS SELECT
      CAST(t.bytes AS TEXT) AS question, a.text AS address, d.process AS process_id,
      \(time("d.first")) AS first_seen, \(time("d.last")) AS last_seen, d.answers
    FROM dns_answer d JOIN text t ON t.id = d.question JOIN address a ON a.id = d.address;
    CREATE VIEW gaps AS SELECT
      id, kind, \(time("began")) AS began, \(time("ended")) AS ended, began AS began_us, ended AS ended_us, count, message
    FROM gap;
    CREATE VIEW process_open_sockets AS SELECT
      p.pid, NULL AS fd, c.cookie AS socket, CASE c.flags & 7 WHEN 0 THEN 2 WHEN 1 THEN 10 WHEN 2 THEN 1 END AS family,
      c.flags >> 9 & 1023 AS protocol, l.text AS local_address, a.text AS remote_address, c.local_port,
      c.peer_port AS remote_port, NULL AS path, NULL AS state, c.netns + 4026531840 AS net_namespace
    FROM connection c LEFT JOIN process p ON p.id = c.process LEFT JOIN address l ON l.id = c.local
      LEFT JOIN address a ON a.id = c.peer WHERE c.duration IS NULL AND c.flags >> 5 & 3 = 0
    UNION ALL SELECT
      p.pid, NULL, s.cookie, CASE s.flags & 7 WHEN 0 THEN 2 WHEN 1 THEN 10 WHEN 2 THEN 1 END,
      s.flags >> 9 & 1023, l.text, NULL, s.local_port, 0, NULL, 'LISTEN', s.netns + 4026531840
    FROM listener s LEFT JOIN process p ON p.id = s.process LEFT JOIN address l ON l.id = s.local
      WHERE s.closed IS NULL;
    CREATE VIEW listening_ports AS SELECT
      p.pid, s.local_port AS port, s.flags >> 9 & 1023 AS protocol,
      CASE s.flags & 7 WHEN 0 THEN 2 WHEN 1 THEN 10 WHEN 2 THEN 1 END AS family, l.text AS address,
      NULL AS fd, s.cookie AS socket, NULL AS path, s.netns + 4026531840 AS net_namespace
    FROM listener s LEFT JOIN process p ON p.id = s.process LEFT JOIN address l ON l.id = s.local
      WHERE s.closed IS NULL;
    CREATE VIEW socket_events AS SELECT
      CASE WHEN c.flags >> 3 & 3 = 2 THEN 'accept' ELSE 'connect' END AS action, p.pid,
      CAST(x.bytes AS TEXT) AS path, NULL AS fd, p.user AS auid,
      CASE c.flags >> 5 & 3 WHEN 1 THEN 'failed' ELSE 'succeeded' END AS status,
      CASE c.flags & 7 WHEN 0 THEN 2 WHEN 1 THEN 10 WHEN 2 THEN 1 END AS family, c.flags >> 9 & 1023 AS protocol,
      l.text AS local_address, a.text AS remote_address, c.local_port, c.peer_port AS remote_port, NULL AS socket,
      c.opened / 1000000 AS time, c.id AS eid, NULL AS uptime, c.flags >> 5 & 3 <> 1 AS success
    FROM connection c LEFT JOIN process p ON p.id = c.process LEFT JOIN text x ON x.id = c.program
      LEFT JOIN address l ON l.id = c.local LEFT JOIN address a ON a.id = c.peer;
    CREATE VIEW process_events AS SELECT
      p.pid, CAST(x.bytes AS TEXT) AS path, NULL AS mode,
      CAST(g.bytes AS TEXT) AS cmdline, length(g.bytes) AS cmdline_size, NULL AS env,
      CAST(w.bytes AS TEXT) AS cwd, p.user AS auid, p.user AS uid, NULL AS euid, NULL AS gid, NULL AS egid,
      p.parent_pid AS parent, p.began / 1000000 AS time, p.id AS eid, NULL AS uptime
    FROM process p LEFT JOIN text x ON x.id = p.executable LEFT JOIN text g ON g.id = p.arguments
      LEFT JOIN text w ON w.id = p.directory;

    """

  // A look-up in the place of a join costs nothing where the column is not asked for, not even in `count(*)`. The peer's
  // address is joined: a condition on it goes through the index.

  private static func text(_ id: String) -> String {
    "(SELECT CAST(bytes AS TEXT) FROM text WHERE id = \(id))"
  }
  /// A text of the process of `c`.
  private static func ofProcess(_ column: String) -> String {
    "(SELECT CAST(t.bytes AS TEXT) FROM process p JOIN text t ON t.id = p.\(column) WHERE p.id = c.process)"
  }

  /// RFC 3339 in UTC with µs, of an integer of µs since 1970.
  private static func time(_ value: String) -> String {
    "strftime('%Y-%m-%dT%H:%M:%S', (\(value)) / 1000000, 'unixepoch') || printf('.%06dZ', (\(value)) % 1000000)"
  }

  private static let protocols = """
    WHEN 1 THEN 'icmp' WHEN 6 THEN 'tcp' WHEN 17 THEN 'udp' WHEN 58 THEN 'icmp6' WHEN 132 THEN 'sctp' \
    WHEN 136 THEN 'udplite' WHEN 262 THEN 'mptcp' WHEN 0 THEN NULL
    """
}

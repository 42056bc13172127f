// What the event probes write into the ring: one variable-length record an event.
//
// A record is a header, then the parts that `header.parts` names, in the order of their bits, then text. Host byte
// order; addresses in network order; no implicit padding; every length a multiple of 8. There is one clock:
// CLOCK_BOOTTIME (`bpf_ktime_get_boot_ns`, since 5.8), the clock of `start_boottime` too, so records of different
// CPUs sort by `time` and a process start compares with it.
#pragma once
#ifndef __bpf__
#include <stdint.h>
#endif

enum sockeye_event_kind {
  SOCKEYE_EVENT_FORK = 1,          ///< ACTOR (the parent), FORK
  SOCKEYE_EVENT_THREAD_START = 2,  ///< ACTOR (the creating thread), FORK
  SOCKEYE_EVENT_EXEC = 3,          ///< ACTOR, EXEC, text
  SOCKEYE_EVENT_EXEC_FAILED = 4,   ///< ACTOR, FAILURE, text: the name as given
  SOCKEYE_EVENT_EXIT = 5,          ///< ACTOR, EXIT: the last thread, so the process
  SOCKEYE_EVENT_THREAD_EXIT = 6,   ///< ACTOR, EXIT
  SOCKEYE_EVENT_RENAME = 7,        ///< ACTOR (who renames; its comm is his own), RENAME
  SOCKEYE_EVENT_IDENTITY = 8,      ///< ACTOR, IDENTITY: the thread's ids or namespaces have changed

  SOCKEYE_EVENT_CONNECT = 16,         ///< ACTOR, SOCKET: SYN_SENT; the local port is not yet known
  SOCKEYE_EVENT_ESTABLISHED = 17,     ///< SOCKET: a connect that succeeded; the whole tuple
  SOCKEYE_EVENT_CONNECT_FAILED = 18,  ///< ACTOR, SOCKET: connect(2) returned `socket.error`
  SOCKEYE_EVENT_LISTEN = 19,          ///< ACTOR, SOCKET
  SOCKEYE_EVENT_ACCEPT = 20,          ///< ACTOR (who accepted), SOCKET
  SOCKEYE_EVENT_CLOSING = 21,         ///< ACTOR (who closes), SOCKET: FIN_WAIT1 or LAST_ACK
  SOCKEYE_EVENT_CLOSE = 22,           ///< SOCKET, TOTALS; ACTOR too where the close is the caller's own act
  SOCKEYE_EVENT_BIND = 23,            ///< ACTOR, SOCKET
  SOCKEYE_EVENT_DATAGRAM_CONNECT = 24,  ///< ACTOR, SOCKET: connect(2) on a datagram socket

  SOCKEYE_EVENT_FLOW = 32,           ///< ACTOR, SOCKET, FLOW: the first datagram of a conversation
  SOCKEYE_EVENT_FLOW_END = 33,       ///< ACTOR, SOCKET, FLOW: the socket's last descriptor was closed
  SOCKEYE_EVENT_MODULE_UNLOAD = 40,  ///< ACTOR, MAPPING
  /// ACTOR (who asked; all 0 if that was not seen), SOCKET, text: what came from port 53, at most 16 KiB a record. The
  /// text's length word has the length in its low half, the TCP sequence number of the first byte in the high half.
  SOCKEYE_EVENT_DNS_ANSWER = 48,
  SOCKEYE_EVENT_UNIX_CONNECT = 56,   ///< ACTOR, SOCKET, UNIX, text; `socket.error` if it failed
  SOCKEYE_EVENT_UNIX_ACCEPT = 57,    ///< ACTOR, SOCKET, UNIX, text
};

enum sockeye_event_part {
  SOCKEYE_EVENT_ACTOR = 1,
  SOCKEYE_EVENT_SOCKET = 2,
  SOCKEYE_EVENT_TOTALS = 4,
  SOCKEYE_EVENT_FORK_PART = 8,
  SOCKEYE_EVENT_EXEC_PART = 16,
  SOCKEYE_EVENT_EXIT_PART = 32,
  SOCKEYE_EVENT_RENAME_PART = 64,
  SOCKEYE_EVENT_FLOW_PART = 128,
  SOCKEYE_EVENT_MAPPING_PART = 256,
  SOCKEYE_EVENT_FAILURE_PART = 512,
  SOCKEYE_EVENT_UNIX_PART = 1024,
  SOCKEYE_EVENT_IDENTITY_PART = 2048,
  SOCKEYE_EVENT_TEXT = 4096,  ///< last: the rest of the record
};

enum sockeye_event_flag {
  SOCKEYE_EVENT_PATH_CUT = 1,            ///< the root end of the path is missing
  SOCKEYE_EVENT_ARGUMENTS_CUT = 2,       ///< `argument_true_length` says how long they were
  SOCKEYE_EVENT_ARGUMENTS_UNREAD = 4,    ///< the pages were not there
  SOCKEYE_EVENT_DELETED = 8,             ///< the executable has no name left (deleted, memfd)
  SOCKEYE_EVENT_BY_TWIN = 16,            ///< rescued: the first program was skipped as recursive
  SOCKEYE_EVENT_DIRECTORY_CUT = 32,
  SOCKEYE_EVENT_PEER_CLOSED = 64,        ///< the peer's FIN was received (counted off the received bytes)
  SOCKEYE_EVENT_BY_GETPEERNAME = 128,    ///< accept(2) or getpeername(2): the hook cannot tell
  SOCKEYE_EVENT_SHARED_MEMORY = 256,     ///< fork: the child shares the parent's memory (vfork, CLONE_VM)
  SOCKEYE_EVENT_STREAM_START = 512,      ///< DNS over TCP: the SYN; the first byte has the next sequence number
};

struct sockeye_event_header {
  uint32_t length;  ///< of the whole record
  uint16_t kind;
  uint16_t parts;
  uint64_t time;  ///< CLOCK_BOOTTIME, nanoseconds
  uint32_t flags;
  uint16_t cpu;
  uint16_t reserved;
};

/// Who made the call, read in the context of the call.
struct sockeye_event_actor {
  uint64_t start;         ///< `start_boottime` of the thread group leader
  uint64_t parent_start;  ///< the same of the parent's
  uint64_t cgroup;        ///< id in the unified hierarchy
  uint32_t tgid;
  uint32_t tid;
  uint32_t parent_tgid;
  uint32_t exec_generation;  ///< `self_exec_id`: grows at each exec, inherited by a fork
  uint32_t uid;
  uint32_t gid;
  uint32_t netns;  ///< of the process; a socket keeps the one that it was made in
  uint32_t reserved;
  uint64_t comm[2];  ///< the thread's name, 16 bytes
};

struct sockeye_event_socket {
  uint64_t cookie;  ///< SO_COOKIE; 0 if nobody has asked for it yet (only from `sys_exit`)
  uint64_t inode;   ///< 0 before accept
  uint32_t netns;
  int32_t error;  ///< `sk_err`, or the call's errno
  uint16_t family;
  uint16_t type;
  uint16_t protocol;
  uint8_t state;
  uint8_t old_state;
  uint16_t local_port;  ///< host order, both
  uint16_t peer_port;
  uint32_t interface_index;  ///< SO_BINDTODEVICE
  uint64_t local_address[2];  ///< 16 bytes in network order; IPv4 in the first 4
  /// The same. Of a packet socket: the bytes of the hardware address, then 0:8 its length:16 ethertype:32 interface.
  uint64_t peer_address[2];
};

/// What a TCP connection carried, at its close.
struct sockeye_event_totals {
  uint64_t bytes_sent;      ///< payload, retransmissions left out
  uint64_t bytes_received;  ///< payload, the FIN left out
  uint32_t srtt_us;
  uint32_t min_rtt_us;  ///< ~0 when there is none
  uint32_t retransmits;
  uint32_t lost;
  uint32_t segments_out;
  uint32_t segments_in;
};

struct sockeye_event_fork {
  uint64_t child_start;
  uint32_t child_tgid;
  uint32_t child_tid;
  uint32_t child_netns;
  uint32_t reserved;
};

/// Text: path, directory (both components from leaf to root, each NUL-terminated), name as given, arguments.
struct sockeye_event_exec {
  uint64_t inode;
  int64_t changed;   ///< ctime of the file, nanoseconds since 1970
  int64_t modified;  ///< mtime
  uint32_t device;  ///< the kernel's 12:20 `dev_t`
  uint32_t old_tid;  ///< the thread that called exec; becomes the leader
  uint32_t argument_true_length;
  uint32_t argument_length;
  uint16_t path_length;
  uint16_t directory_length;
  uint16_t name_length;
  uint16_t argument_count;  ///< clamped at 65535
  uint64_t old_comm[2];
  uint32_t session;
  uint32_t mount_namespace;
  uint32_t pid_namespace;
  uint32_t generation;  ///< of the inode: tells a file from a later one with its number
};

struct sockeye_event_exit {
  uint64_t cpu_time;     ///< nanoseconds run, all threads
  uint64_t user_time;    ///< nanoseconds, as the tick saw it
  uint64_t system_time;
  uint32_t status;  ///< as wait(2): signal in the low 7 bits, 0x80 core, exit code << 8
  uint32_t reserved;
};

struct sockeye_event_rename {
  uint32_t tid;
  uint32_t tgid;
  uint64_t old_comm[2];
  uint64_t new_comm[2];
};

struct sockeye_event_failure {
  int32_t error;
  uint32_t name_length;
};

/// Counts of one conversation: (socket, peer, process).
struct sockeye_event_flow {
  uint64_t bytes_sent;
  uint64_t bytes_received;
  uint64_t packets_sent;
  uint64_t packets_received;
  uint64_t first;  ///< CLOCK_BOOTTIME
  uint64_t last;
};

/// The key of a conversation in the map `flows`, whose value is `struct sockeye_event_flow`.
struct sockeye_event_flow_key {
  uint64_t cookie;
  uint64_t peer_address[2];  ///< as in the socket part; 0 with the port where the peer is not known
  uint32_t tgid;
  uint16_t peer_port;
  uint16_t reserved;
};

struct sockeye_event_mapping {
  uint64_t address;
  uint64_t size;
  uint64_t inode;
  uint32_t device;
  uint32_t reserved;
};

/// The length of the longest name of a unix socket.
#define SOCKEYE_UNIX_NAME_LIMIT 108

/// Both ends of a unix connection. Text: their names, each in 108 bytes: a path with its NUL, an abstract name
/// with NUL in front.
struct sockeye_event_unix {
  uint64_t peer_inode;  ///< 0 while nobody has accepted
  uint32_t peer_tgid;   ///< SO_PEERCRED: who listened, or connected; 0 is unknown
  uint16_t local_length;
  uint16_t peer_length;
};

/// Who a thread is and where: ids of the initial user namespace, inodes of namespaces.
struct sockeye_event_ids {
  uint32_t user, effective_user, saved_user, file_system_user;
  uint32_t group, effective_group, saved_group, file_system_group;
  uint32_t user_namespace, mount_namespace, network_namespace;
  uint32_t pid_namespace, time_namespace;  ///< for its children
  uint32_t uts_namespace, ipc_namespace, cgroup_namespace;
};

struct sockeye_event_identity {
  struct sockeye_event_ids before;
  struct sockeye_event_ids after;
};

/// How the probes are set up: the one constant of every object, written before load.
struct sockeye_event_settings {
  uint32_t own_tgid;    ///< left out; 0 is nobody
  uint32_t only_netns;  ///< of sockets; 0 is all
  uint32_t only_port;   ///< at either end; 0 is all
  uint8_t filter_processes;  ///< only those in the map `processes`
  uint8_t follow_children;   ///< a fork of such a process joins them
  uint8_t filter_cgroups;    ///< only those in the map `cgroups`
  uint8_t report_closing;    ///< CLOSING events: who closes
  uint32_t wake_interval;    ///< nanoseconds between two wake-ups of the reader
  uint8_t report_passive;    ///< ESTABLISHED for the passive side too, before its accept
  uint8_t report_threads;
  uint8_t report_renames;
  uint8_t report_directory;  ///< the working directory at exec
  uint8_t filter_acts_only;  ///< the process filter is for acts that no other event needs to be understood
  uint8_t reserved[7];
};

/// How a process in the map `processes` is wanted.
enum sockeye_event_listing {
  SOCKEYE_LISTED_WITH_CHILDREN = 1,
  SOCKEYE_LISTED_ALONE = 2,
};

/// What the `sys_exit` program is wanted for.
struct sockeye_event_calls {
  uint8_t accepts;
  uint8_t connects;
  uint8_t execs;
  uint8_t unix_sockets;
  uint8_t identities;
};

/// What the map `counters` counts, per CPU.
enum sockeye_event_counter {
  SOCKEYE_COUNTER_RING_LOST = 0,
  SOCKEYE_COUNTER_TWIN_RESCUED = 1,
  SOCKEYE_COUNTER_ARGUMENTS_UNREAD = 2,
  SOCKEYE_COUNTER_FLOWS_REFUSED = 3,
  SOCKEYE_COUNTER_ANSWERS_REFUSED = 4,
  SOCKEYE_COUNTER_COUNT = 8,
};

/// The longest arguments and path that an exec record carries, bytes.
#define SOCKEYE_ARGUMENT_LIMIT 32767
#define SOCKEYE_PATH_LIMIT 4095

_Static_assert(sizeof(struct sockeye_event_header) == 24, "layout");
_Static_assert(sizeof(struct sockeye_event_actor) == 72, "layout");
_Static_assert(sizeof(struct sockeye_event_socket) == 72, "layout");
_Static_assert(sizeof(struct sockeye_event_totals) == 40, "layout");
_Static_assert(sizeof(struct sockeye_event_fork) == 24, "layout");
_Static_assert(sizeof(struct sockeye_event_exec) == 80, "layout");
_Static_assert(sizeof(struct sockeye_event_exit) == 32, "layout");
_Static_assert(sizeof(struct sockeye_event_rename) == 40, "layout");
_Static_assert(sizeof(struct sockeye_event_failure) == 8, "layout");
_Static_assert(sizeof(struct sockeye_event_flow) == 48, "layout");
_Static_assert(sizeof(struct sockeye_event_flow_key) == 32, "layout");
_Static_assert(sizeof(struct sockeye_event_mapping) == 32, "layout");
_Static_assert(sizeof(struct sockeye_event_unix) == 16, "layout");
_Static_assert(sizeof(struct sockeye_event_identity) == 128, "layout");
_Static_assert(sizeof(struct sockeye_event_settings) == 32, "layout");
_Static_assert(__builtin_offsetof(struct sockeye_event_header, time) == 8, "layout");
_Static_assert(__builtin_offsetof(struct sockeye_event_actor, tgid) == 24, "layout");
_Static_assert(__builtin_offsetof(struct sockeye_event_actor, comm) == 56, "layout");
_Static_assert(__builtin_offsetof(struct sockeye_event_socket, family) == 24, "layout");
_Static_assert(__builtin_offsetof(struct sockeye_event_socket, local_address) == 40, "layout");
_Static_assert(__builtin_offsetof(struct sockeye_event_exec, path_length) == 40, "layout");
_Static_assert(__builtin_offsetof(struct sockeye_event_exec, old_comm) == 48, "layout");

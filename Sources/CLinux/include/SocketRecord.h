// What the `sockets` iterator writes: one record a descriptor that holds a socket (or a network namespace).
// Shared by the BPF program and Swift; host byte order unless a field says otherwise; no implicit padding.
#pragma once
#ifndef __bpf__
#include <stdint.h>
#endif

enum sockeye_record_kind {
  SOCKEYE_RECORD_SOCKET = 1,
  /// A descriptor of an nsfs file of a network namespace: `inode` names it; the socket fields are 0.
  SOCKEYE_RECORD_NAMESPACE = 2,
};

enum sockeye_record_part {
  SOCKEYE_PART_TCP = 1,     ///< `struct sockeye_tcp_record` follows the header
  SOCKEYE_PART_MEMORY = 2,  ///< then `struct sockeye_memory_record`
  SOCKEYE_PART_NAME = 4,    ///< then `name_length` bytes of a unix name, padded to 8
};

enum sockeye_record_flag {
  SOCKEYE_FLAG_V6ONLY = 1,
  /// The active side of a TCP connection: its acknowledged bytes count the SYN.
  SOCKEYE_FLAG_ACTIVE = 2,
  /// Established and the sides can be told apart (no FIN yet), so the lack of ACTIVE means accepted.
  SOCKEYE_FLAG_SIDE_KNOWN = 4,
  SOCKEYE_FLAG_QUEUES_KNOWN = 8,
  /// Other descriptors may lead to the same socket.
  SOCKEYE_FLAG_SHARED = 16,
};

struct sockeye_socket_record {
  uint16_t length;  ///< of the whole record, parts included; a multiple of 8
  uint8_t kind;
  uint8_t parts;
  uint32_t tgid;
  uint32_t tid;
  uint32_t descriptor;
  uint64_t process_start;  ///< `start_boottime` of the thread group leader, nanoseconds since boot
  uint64_t cookie;
  uint64_t inode;
  uint32_t netns;
  uint16_t family;
  uint16_t type;
  uint16_t protocol;
  uint8_t state;
  uint8_t shutdown;
  uint8_t flags;
  uint8_t name_length;
  uint16_t local_port;  ///< host order
  uint16_t peer_port;   ///< network order
  uint16_t syn_backlog;  ///< listener: half-open requests
  uint32_t uid;
  uint64_t local_address[2];  ///< network order; IPv4 in the first 4 bytes
  uint64_t peer_address[2];
  uint32_t receive_queue;
  uint32_t send_queue;
  uint32_t interface_index;
  uint32_t mark;
  uint64_t cgroup_id;
  uint64_t peer_inode;  ///< unix
};

/// What the program is built for: constants to the verifier, written before load.
struct sockeye_iterator_constants {
  uint64_t families;     ///< a bit an AF_*
  uint32_t only_port;    ///< internet sockets with this port at either end; 0 is all
  uint32_t only_netns;   ///< 0 is all
  uint8_t want_internals;
  uint8_t want_namespaces;
  uint8_t reserved[6];
};

struct sockeye_tcp_record {
  uint64_t bytes_sent;
  uint64_t bytes_retrans;
  uint64_t bytes_acked;
  uint64_t bytes_received;
  uint64_t pacing_rate;
  uint64_t max_pacing_rate;
  uint64_t jiffies;  ///< `bpf_jiffies64` at the record: the scale of every `_jiffies` below
  uint64_t congestion[2];  ///< name, NUL-padded, in memory order
  uint32_t srtt;     ///< microseconds << 3
  uint32_t mdev;     ///< microseconds << 2
  uint32_t min_rtt;  ///< microseconds, ~0 when there is none
  uint32_t rcv_rtt;  ///< microseconds << 3
  uint32_t rto_jiffies;
  uint32_t ato_jiffies;
  uint32_t mss_cache;
  uint32_t rcv_mss;
  uint32_t advmss;
  uint32_t pmtu;
  uint32_t snd_cwnd;
  uint32_t snd_ssthresh;
  uint32_t rcv_ssthresh;
  uint32_t rcv_space;
  uint32_t snd_wnd;
  uint32_t rcv_wnd;
  uint32_t packets_out;
  uint32_t sacked_out;
  uint32_t lost_out;
  uint32_t retrans_out;
  uint32_t total_retrans;
  uint32_t reordering;
  uint32_t reord_seen;
  uint32_t segs_out;
  uint32_t segs_in;
  uint32_t data_segs_out;
  uint32_t data_segs_in;
  uint32_t delivered;
  uint32_t delivered_ce;
  uint32_t dsack_dups;
  uint32_t rcv_ooopack;
  uint32_t notsent;
  uint32_t rate_delivered;
  uint32_t rate_interval_us;
  uint32_t chrono_start_jiffies;
  uint32_t chrono_jiffies[3];  ///< busy, receive window limited, send buffer limited
  uint32_t last_sent_jiffies;
  uint32_t last_received_jiffies;
  uint32_t last_ack_jiffies;
  uint32_t timer_expires_jiffies;  ///< low 32 bits of the jiffies at which the timer fires
  uint8_t timer;                   ///< as `idiag_timer`
  uint8_t retransmits;
  uint8_t probes;
  uint8_t backoff;
  uint8_t ca_state;
  uint8_t options;  ///< `TCPI_OPT_*`
  uint8_t snd_wscale;
  uint8_t rcv_wscale;
  uint8_t tos;
  uint8_t tclass;
  uint8_t chrono_type;
  uint8_t reserved[1];
};

struct sockeye_memory_record {
  uint32_t rmem_alloc;
  uint32_t rcvbuf;
  uint32_t wmem_alloc;
  uint32_t sndbuf;
  uint32_t fwd_alloc;
  uint32_t wmem_queued;
  uint32_t optmem;
  uint32_t backlog;
  uint32_t drops;
  uint32_t reserved;
};

_Static_assert(sizeof(struct sockeye_socket_record) == 128, "layout");
_Static_assert(sizeof(struct sockeye_iterator_constants) == 24, "layout");
_Static_assert(sizeof(struct sockeye_tcp_record) == 256, "layout");
_Static_assert(sizeof(struct sockeye_memory_record) == 40, "layout");

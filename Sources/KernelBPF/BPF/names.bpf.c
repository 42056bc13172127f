// DNS answers over UDP and TCP: the payload, the socket that it is for, and who asked by that socket.
#include "event_socket.h"

char LICENSE[] SEC("license") = "GPL";

#define CHUNK_LIMIT 16384  // of payload in one record
#define CHUNK_COUNT 5      // a message of 65,535 bytes and the two of its length
#define STREAM_LIMIT (1 << 20)  // beyond it is no look-up but a zone transfer
#define DNS_PORT 53

struct answer_record {
  struct sockeye_event_header header;
  struct sockeye_event_actor actor;
  struct sockeye_event_socket socket;
  u64 length;
  u8 payload[CHUNK_LIMIT];
};
// A hole in the front of the record would be one in the ring.
_Static_assert(__builtin_offsetof(struct answer_record, payload) == 176, "layout");

struct {
  __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
  __uint(max_entries, 1);
  __type(key, u32);
  __type(value, struct answer_record);
} answers SEC(".maps");

// Who connected a socket to port 53, or sent there by it last; and how much of its stream was reported.
struct asker {
  struct sockeye_event_actor actor;
  u64 reported;
};
struct {
  __uint(type, BPF_MAP_TYPE_LRU_HASH);
  __uint(max_entries, 8192);
  __type(key, u64);
  __type(value, struct asker);
} askers SEC(".maps");

INLINE int note_asker(struct bpf_sock_addr *context) {
  if ((u16)context->user_port != bpf_htons(DNS_PORT) || !is_act_wanted()) return 1;
  u64 cookie = bpf_get_socket_cookie(context);
  struct asker asker = {};
  read_actor(&asker.actor);
  bpf_map_update_elem(&askers, &cookie, &asker, 0);
  return 1;
}

SEC("?cgroup/connect4")
int ask_connect4(struct bpf_sock_addr *context) { return note_asker(context); }

SEC("?cgroup/connect6")
int ask_connect6(struct bpf_sock_addr *context) { return note_asker(context); }

SEC("?cgroup/sendmsg4")
int ask_send4(struct bpf_sock_addr *context) { return note_asker(context); }

SEC("?cgroup/sendmsg6")
int ask_send6(struct bpf_sock_addr *context) { return note_asker(context); }

struct segment {
  u32 transport;  // offset of the UDP or TCP header
  u32 payload;    // offset
  u32 length;     // of the payload
  u32 sequence;
  u8 version;
  u8 protocol;
  bool is_start;
};

// False for what does not come from port 53: nearly every packet, so this is all that they pay.
INLINE bool find_port(struct segment *segment, struct __sk_buff *packet) {
  u8 *start = (u8 *)(long)packet->data, *end = (u8 *)(long)packet->data_end;
  if (start + 20 > end) return false;
  segment->version = start[0] >> 4;
  bool is_v4 = segment->version == 4;
  segment->protocol = is_v4 ? start[9] : start[6];
  // IPv6 extension headers are nobody's DNS.
  segment->transport = is_v4 ? (start[0] & 15) * 4 : 40;
  if (segment->protocol != IPPROTO_UDP && segment->protocol != IPPROTO_TCP) return false;
  u8 *port = start + segment->transport;
  return port + 2 <= end && port[0] == 0 && port[1] == DNS_PORT;
}

INLINE bool find_payload(struct segment *segment, struct __sk_buff *packet) {
  u32 header = 8;
  if (segment->protocol == IPPROTO_TCP) {
    u8 tcp[14];
    if (bpf_skb_load_bytes(packet, segment->transport, tcp, sizeof tcp) < 0) return false;
    header = (tcp[12] >> 4) * 4;
    segment->sequence = (u32)tcp[4] << 24 | tcp[5] << 16 | tcp[6] << 8 | tcp[7];
    segment->is_start = tcp[13] & 2;
  }
  segment->payload = segment->transport + header;
  segment->length = packet->len > segment->payload ? packet->len - segment->payload : 0;
  return segment->length > 0 || segment->is_start;
}

INLINE void read_answer_socket(struct sockeye_event_socket *socket, struct __sk_buff *packet,
                               const struct segment *segment) {
  u16 ports[2] = {};
  __builtin_memset(socket, 0, sizeof *socket);
  bpf_skb_load_bytes(packet, segment->transport, ports, sizeof ports);
  socket->peer_port = bpf_ntohs(ports[0]);
  socket->local_port = bpf_ntohs(ports[1]);
  socket->protocol = segment->protocol;
  socket->type = segment->protocol == IPPROTO_TCP ? SOCK_STREAM : SOCK_DGRAM;
  socket->cookie = bpf_get_socket_cookie(packet);
  if (segment->version == 4) {
    socket->family = AF_INET;
    bpf_skb_load_bytes(packet, 12, socket->peer_address, 4);
    bpf_skb_load_bytes(packet, 16, socket->local_address, 4);
  } else {
    socket->family = AF_INET6;
    bpf_skb_load_bytes(packet, 8, socket->peer_address, 16);
    bpf_skb_load_bytes(packet, 24, socket->local_address, 16);
  }
}

// False when no chunk is left. A datagram has one: 16 KiB of answer say enough.
INLINE bool report_chunk(struct answer_record *record, struct __sk_buff *packet, const struct segment *segment,
                         u32 index) {
  u32 done = index * CHUNK_LIMIT, length = 0;
  if (segment->length > done) {
    length = segment->length - done;
    if (length > CHUNK_LIMIT) length = CHUNK_LIMIT;
    // The verifier wants to see 1 to 16,384.
    u32 most = MASKED(length - 1, CHUNK_LIMIT - 1);
    if (bpf_skb_load_bytes(packet, segment->payload + done, record->payload, most + 1) < 0) return false;
  } else if (index > 0) {
    return false;
  }
  record->length = (u64)(segment->sequence + done) << 32 | length;
  u64 size = MASKED(__builtin_offsetof(struct answer_record, payload) + length + 7, 0x7ff8);
  record->header.length = size;
  if (size > sizeof *record) return false;
  if (bpf_ringbuf_output(&events, record, size, wake_flags(record->header.time)) < 0) count(SOCKEYE_COUNTER_RING_LOST);
  return segment->protocol == IPPROTO_TCP;
}

// Runs in a softirq: `current` is a bystander. The cookie says whose it is.
SEC("?cgroup_skb/ingress")
int dns_answer(struct __sk_buff *packet) {
  struct segment segment = {};
  if (!find_port(&segment, packet) || !find_payload(&segment, packet)) return 1;
  u32 zero = 0;
  struct answer_record *record = bpf_map_lookup_elem(&answers, &zero);
  if (!record) return 1;
  read_answer_socket(&record->socket, packet, &segment);
  u64 cookie = record->socket.cookie;
  struct asker *asker = bpf_map_lookup_elem(&askers, &cookie);
  if (!asker && (settings.filter_processes || settings.filter_cgroups || segment.protocol == IPPROTO_TCP)) return 1;
  if (asker && segment.protocol == IPPROTO_TCP) {
    if (asker->reported > STREAM_LIMIT) {
      count(SOCKEYE_COUNTER_ANSWERS_REFUSED);
      return 1;
    }
    asker->reported += segment.length;
  }
  // Every part is there, used or not, so that the payload has one place.
  read_header(&record->header, SOCKEYE_EVENT_DNS_ANSWER,
              SOCKEYE_EVENT_ACTOR | SOCKEYE_EVENT_SOCKET | SOCKEYE_EVENT_TEXT, 0);
  if (segment.is_start) record->header.flags = SOCKEYE_EVENT_STREAM_START;
  if (asker) record->actor = asker->actor;
  else __builtin_memset(&record->actor, 0, sizeof record->actor);
  record->socket.netns = record->actor.netns;
  for (u32 index = 0; index < CHUNK_COUNT; index++) {
    if (!report_chunk(record, packet, &segment, index)) break;
  }
  return 1;
}

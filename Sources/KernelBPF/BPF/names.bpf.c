// DNS answers over UDP: the payload, and the socket that it is for. Opt-in.
#include "event_socket.h"

char LICENSE[] SEC("license") = "GPL";

#define PAYLOAD_LIMIT 1024
#define ETH_P_IP 0x0800
#define ETH_P_IPV6 0x86dd
#define DNS_PORT 53

struct answer_record {
  struct sockeye_event_header header;
  struct sockeye_event_socket socket;
  u64 length;
  u8 payload[PAYLOAD_LIMIT];
};

// Where the UDP header begins; 0 if this is not UDP. IPv6 extension headers are nobody's DNS.
INLINE u32 find_datagram(struct __sk_buff *packet) {
  u8 start[10];
  if (packet->protocol == bpf_htons(ETH_P_IP)) {
    if (bpf_skb_load_bytes(packet, 0, start, sizeof start) < 0 || start[9] != IPPROTO_UDP) return 0;
    return (start[0] & 15) * 4;
  }
  if (packet->protocol != bpf_htons(ETH_P_IPV6)) return 0;
  if (bpf_skb_load_bytes(packet, 0, start, sizeof start) < 0 || start[6] != IPPROTO_UDP) return 0;
  return 40;
}

INLINE void read_ports(struct answer_record *record, struct __sk_buff *packet, u32 offset) {
  u16 ports[2] = {};
  bpf_skb_load_bytes(packet, offset, ports, sizeof ports);
  record->socket.peer_port = bpf_ntohs(ports[0]);
  record->socket.local_port = bpf_ntohs(ports[1]);
}

INLINE void read_addresses(struct answer_record *record, struct __sk_buff *packet) {
  if (packet->protocol == bpf_htons(ETH_P_IP)) {
    record->socket.family = AF_INET;
    bpf_skb_load_bytes(packet, 12, record->socket.peer_address, 4);
    bpf_skb_load_bytes(packet, 16, record->socket.local_address, 4);
    return;
  }
  record->socket.family = AF_INET6;
  bpf_skb_load_bytes(packet, 8, record->socket.peer_address, 16);
  bpf_skb_load_bytes(packet, 24, record->socket.local_address, 16);
}

// Runs in a softirq: `current` is a bystander. The cookie says whose it is.
SEC("?cgroup_skb/ingress")
int dns_answer(struct __sk_buff *packet) {
  u32 offset = find_datagram(packet);
  u16 source = 0;
  if (!offset || bpf_skb_load_bytes(packet, offset, &source, sizeof source) < 0 || source != bpf_htons(DNS_PORT))
    return 1;
  u32 length = packet->len;
  if (length <= offset + 8) return 1;
  length -= offset + 8;
  struct answer_record *record = reserve(sizeof *record);
  if (!record) return 1;
  __builtin_memset(&record->socket, 0, sizeof record->socket);
  read_header(&record->header, SOCKEYE_EVENT_DNS_ANSWER, SOCKEYE_EVENT_SOCKET | SOCKEYE_EVENT_TEXT, sizeof *record);
  record->socket.cookie = bpf_get_socket_cookie(packet);
  record->socket.type = SOCK_DGRAM;
  record->socket.protocol = IPPROTO_UDP;
  read_addresses(record, packet);
  read_ports(record, packet, offset);
  if (length > PAYLOAD_LIMIT) length = PAYLOAD_LIMIT;
  // The verifier wants to see 1 to 1,024: 6.1 forgets a comparison, not a mask.
  length = (length - 1) & (PAYLOAD_LIMIT - 1);
  asm volatile("" : "+r"(length));
  length &= PAYLOAD_LIMIT - 1;
  record->length = length + 1;
  bpf_skb_load_bytes(packet, offset + 8, record->payload, length + 1);
  submit(&record->header);
  return 1;
}

// Counting datagrams: the first of (socket, peer, process) makes an event, the others only count in the map `flows`.
//
// User space knows each key from its event: it reads the counts when it likes, and takes them out when the socket
// ends (FLOW_END).
#pragma once
#include "event_socket.h"

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 65536);
  __uint(map_flags, BPF_F_NO_PREALLOC);
  __type(key, struct sockeye_event_flow_key);
  __type(value, struct sockeye_event_flow);
} flows SEC(".maps");

struct flow_record {
  struct sockeye_event_header header;
  struct sockeye_event_actor actor;
  struct sockeye_event_socket socket;
  struct sockeye_event_flow flow;
};

struct datagram {
  struct sock *sk;
  u64 cookie;
  u64 peer_address[2];
  u16 peer_port;  // host order
  u16 local_port;
  u32 length;
  bool is_sent;
  bool is_whole;  // false for a part that waits for more (MSG_MORE, splice)
};

INLINE void count_in(struct sockeye_event_flow *flow, const struct datagram *datagram, u64 now) {
  if (datagram->is_sent) {
    __sync_fetch_and_add(&flow->bytes_sent, datagram->length);
    __sync_fetch_and_add(&flow->packets_sent, datagram->is_whole);
  } else {
    __sync_fetch_and_add(&flow->bytes_received, datagram->length);
    __sync_fetch_and_add(&flow->packets_received, 1);
  }
  flow->last = now;
}

// What a packet socket is bound to: without, its interface is the business of each call.
INLINE void read_packet_binding(struct sockeye_event_socket *out, struct sock *sk) {
  struct packet_sock *packet = (struct packet_sock *)sk;
  if (out->family != AF_PACKET || !bpf_core_field_exists(packet->ifindex)) return;
  out->interface_index = BPF_CORE_READ(packet, ifindex);
  out->protocol = bpf_ntohs(BPF_CORE_READ(packet, num));
}

INLINE void report_flow(const struct datagram *datagram, const struct sockeye_event_flow *flow) {
  struct flow_record *record = reserve(sizeof *record);
  if (!record) return;
  read_header(&record->header, SOCKEYE_EVENT_FLOW,
              SOCKEYE_EVENT_ACTOR | SOCKEYE_EVENT_SOCKET | SOCKEYE_EVENT_FLOW_PART, sizeof *record);
  read_actor(&record->actor);
  read_socket(&record->socket, datagram->sk, datagram->local_port);
  record->socket.cookie = datagram->cookie;
  record->socket.inode = read_inode(datagram->sk);
  record->socket.peer_port = datagram->peer_port;
  record->socket.peer_address[0] = datagram->peer_address[0];
  record->socket.peer_address[1] = datagram->peer_address[1];
  record->flow = *flow;
  read_packet_binding(&record->socket, datagram->sk);
  submit(&record->header);
}

INLINE void count_datagram(const struct datagram *datagram) {
  struct sockeye_event_flow_key key = {
    .cookie = datagram->cookie,
    .peer_address = {datagram->peer_address[0], datagram->peer_address[1]},
    .tgid = bpf_get_current_pid_tgid() >> 32,
    .peer_port = datagram->peer_port,
  };
  u64 now = bpf_ktime_get_boot_ns();
  struct sockeye_event_flow *flow = bpf_map_lookup_elem(&flows, &key);
  if (flow) {
    count_in(flow, datagram, now);
    return;
  }
  struct sockeye_event_flow first = {.first = now};
  count_in(&first, datagram, now);
  long status = bpf_map_update_elem(&flows, &key, &first, BPF_NOEXIST);
  if (status == 0) {
    report_flow(datagram, &first);
    return;
  }
  // Another thread was first, or the map is full.
  flow = bpf_map_lookup_elem(&flows, &key);
  if (flow) count_in(flow, datagram, now);
  else count(SOCKEYE_COUNTER_FLOWS_REFUSED);
}

// Raw, ICMP and packet sockets have none; what the kernel keeps in its place is a protocol or an identifier.
INLINE bool has_ports(struct sock *sk) {
  if (sk->__sk_common.skc_family == AF_PACKET) return false;
  return sk->sk_type != SOCK_RAW && sk->sk_protocol != IPPROTO_ICMP && sk->sk_protocol != IPPROTO_ICMPV6;
}

// An IPv6 socket speaks to an IPv4 peer by ::ffff:a.b.c.d.
INLINE void take_peer(struct datagram *datagram, const struct asked_address *address, u16 socket_family) {
  if (address->family == AF_INET6) {
    datagram->peer_address[0] = address->v6[0];
    datagram->peer_address[1] = address->v6[1];
  } else if (socket_family == AF_INET6) {
    datagram->peer_address[0] = 0;
    datagram->peer_address[1] = (u64)address->v4_or_flow << 32 | 0xffff0000;
  } else {
    datagram->peer_address[0] = address->v4_or_flow;
    datagram->peer_address[1] = 0;
  }
  if (has_ports(datagram->sk)) datagram->peer_port = bpf_ntohs(address->port);
}

// Of struct sockaddr_ll: the hardware address, and its length, ethertype and interface in one word.
INLINE void take_link(struct datagram *datagram, const struct asked_address *address) {
  u64 length = address->v6[0] >> 24 & 0xff;
  u64 bytes = address->v6[0] >> 32 | address->v6[1] << 32;
  if (length > 8) length = 8;
  datagram->peer_address[0] = length == 0 ? 0 : bytes & (~0ULL >> (64 - 8 * length));
  datagram->peer_address[1] = length << 48 | (u64)bpf_ntohs(address->port) << 32 | address->v4_or_flow;
}

INLINE void take_connected_peer(struct datagram *datagram, struct sock *sk, u16 family) {
  if (has_ports(sk)) datagram->peer_port = bpf_ntohs(sk->__sk_common.skc_dport);
  if (family == AF_INET) {
    datagram->peer_address[0] = sk->__sk_common.skc_daddr;
    return;
  }
  u32 *peer = (u32 *)datagram->peer_address;
#pragma unroll
  for (int word = 0; word < 4; word++) peer[word] = sk->__sk_common.skc_v6_daddr.in6_u.u6_addr32[word];
}

// `address` where the caller knows the peer of this very datagram.
INLINE int take_datagram(struct sock *sk, int length, bool is_sent, const struct asked_address *address) {
  u16 family = sk->__sk_common.skc_family;
  if (length < 0 || sk->sk_type == SOCK_STREAM) return 0;
  if (family != AF_INET && family != AF_INET6 && family != AF_PACKET) return 0;
  if (!is_caller_wanted()) return 0;
  struct datagram datagram = {.sk = sk, .length = length, .is_sent = is_sent, .is_whole = true};
  if (settings.only_netns && settings.only_netns != sk->__sk_common.skc_net.net->ns.inum) return 0;
  datagram.cookie = bpf_get_socket_cookie(sk);
  if (family != AF_PACKET) {
    datagram.local_port = read_local_port(sk);
    if (sk->sk_protocol == IPPROTO_UDP) datagram.is_whole = !BPF_CORE_READ((struct udp_sock *)sk, pending);
    // A connected socket may still send to others.
    if (address && is_internet(address->family)) take_peer(&datagram, address, family);
    else if (sk->__sk_common.skc_state == TCP_ESTABLISHED) take_connected_peer(&datagram, sk, family);
  } else if (address && address->family == AF_PACKET) {
    take_link(&datagram, address);
  }
  if (!are_ports_wanted(datagram.local_port, datagram.peer_port)) return 0;
  count_datagram(&datagram);
  return 0;
}

INLINE void report_end(struct sock *sk, u64 cookie) {
  if (!is_caller_wanted()) return;
  if (settings.only_netns && settings.only_netns != BPF_CORE_READ(sk, __sk_common.skc_net.net, ns.inum)) return;
  struct flow_record *record = reserve(sizeof *record);
  if (!record) return;
  read_header(&record->header, SOCKEYE_EVENT_FLOW_END,
              SOCKEYE_EVENT_ACTOR | SOCKEYE_EVENT_SOCKET | SOCKEYE_EVENT_FLOW_PART, sizeof *record);
  read_actor(&record->actor);
  probe_socket(&record->socket, sk);
  read_packet_binding(&record->socket, sk);
  record->socket.cookie = cookie;
  __builtin_memset(&record->flow, 0, sizeof record->flow);
  submit(&record->header);
}

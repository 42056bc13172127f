// Conversations over datagram, raw and packet sockets: (socket, peer, process) with counts in both directions.
//
// The first datagram makes an event; the others only count, in the map `flows`. User space knows each key from
// its event: it reads the counts when it likes, and takes them out when the socket ends (FLOW_END).
#include "event_socket.h"

char LICENSE[] SEC("license") = "GPL";

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 65536);
  __uint(map_flags, BPF_F_NO_PREALLOC);
  __type(key, struct sockeye_event_flow_key);
  __type(value, struct sockeye_event_flow);
} flows SEC(".maps");

// The peer of the send or receive that a thread is in the middle of, from the cgroup hooks.
struct pending_peer {
  u64 cookie;
  struct asked_address address;
};
struct {
  __uint(type, BPF_MAP_TYPE_LRU_HASH);
  __uint(max_entries, 4096);
  __type(key, u32);
  __type(value, struct pending_peer);
} pending_peers SEC(".maps");

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
};

INLINE void count_in(struct sockeye_event_flow *flow, const struct datagram *datagram, u64 now) {
  if (datagram->is_sent) {
    __sync_fetch_and_add(&flow->bytes_sent, datagram->length);
    __sync_fetch_and_add(&flow->packets_sent, 1);
  } else {
    __sync_fetch_and_add(&flow->bytes_received, datagram->length);
    __sync_fetch_and_add(&flow->packets_received, 1);
  }
  flow->last = now;
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

// An IPv6 socket speaks to an IPv4 peer by ::ffff:a.b.c.d.
INLINE void take_peer(struct datagram *datagram, const struct asked_address *address, u16 socket_family) {
  if (address->family == AF_INET6) {
    datagram->peer_address[0] = address->v6[0];
    datagram->peer_address[1] = address->v6[1];
  } else if (address->family != AF_INET) {
    return;
  } else if (socket_family == AF_INET6) {
    datagram->peer_address[0] = 0;
    datagram->peer_address[1] = (u64)address->v4_or_flow << 32 | 0xffff0000;
  } else {
    datagram->peer_address[0] = address->v4_or_flow;
    datagram->peer_address[1] = 0;
  }
  datagram->peer_port = bpf_ntohs(address->port);
}

INLINE void take_connected_peer(struct datagram *datagram, struct sock *sk, u16 family) {
  datagram->peer_port = bpf_ntohs(sk->__sk_common.skc_dport);
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
  struct datagram datagram = {.sk = sk, .length = length, .is_sent = is_sent};
  if (settings.only_netns && settings.only_netns != sk->__sk_common.skc_net.net->ns.inum) return 0;
  datagram.cookie = bpf_get_socket_cookie(sk);
  if (family != AF_PACKET) {
    datagram.local_port = read_local_port(sk);
    if (sk->__sk_common.skc_dport) take_connected_peer(&datagram, sk, family);
    else if (address) take_peer(&datagram, address, family);
  }
  if (!are_ports_wanted(datagram.local_port, datagram.peer_port)) return 0;
  count_datagram(&datagram);
  return 0;
}

// The length tracepoints (since 6.3): every way of sending and receiving, without the peer's address.
INLINE int take_length(struct sock *sk, int length, bool is_sent) {
  if (sk->sk_type == SOCK_STREAM) return 0;
  u32 tid = bpf_get_current_pid_tgid();
  struct pending_peer *pending = bpf_map_lookup_elem(&pending_peers, &tid);
  if (!pending) return take_datagram(sk, length, is_sent, NULL);
  struct pending_peer peer = *pending;
  bpf_map_delete_elem(&pending_peers, &tid);
  // One that failed may have left its address behind: of another socket, it says nothing.
  if (peer.cookie != bpf_get_socket_cookie(sk)) peer.address.family = 0;
  return take_datagram(sk, length, is_sent, &peer.address);
}

SEC("?tp_btf/sock_send_length")
int BPF_PROG(flow_send, struct sock *sk, int length, int flags) { return take_length(sk, length, true); }

SEC("?tp_btf/sock_recv_length")
int BPF_PROG(flow_receive, struct sock *sk, int length, int flags) {
  if (flags & (MSG_PEEK | MSG_ERRQUEUE)) return 0;
  return take_length(sk, length, false);
}

INLINE int note_peer4(struct bpf_sock_addr *context) {
  struct pending_peer peer = {.cookie = bpf_get_socket_cookie(context)};
  peer.address.family = AF_INET;
  peer.address.port = context->user_port;
  peer.address.v4_or_flow = context->user_ip4;
  u32 tid = bpf_get_current_pid_tgid();
  bpf_map_update_elem(&pending_peers, &tid, &peer, 0);
  return 1;
}

INLINE int note_peer6(struct bpf_sock_addr *context) {
  struct pending_peer peer = {.cookie = bpf_get_socket_cookie(context)};
  peer.address.family = AF_INET6;
  peer.address.port = context->user_port;
  peer.address.v6[0] = context->user_ip6[0] | (u64)context->user_ip6[1] << 32;
  peer.address.v6[1] = context->user_ip6[2] | (u64)context->user_ip6[3] << 32;
  u32 tid = bpf_get_current_pid_tgid();
  bpf_map_update_elem(&pending_peers, &tid, &peer, 0);
  return 1;
}

SEC("?cgroup/sendmsg4")
int peer_send4(struct bpf_sock_addr *context) { return note_peer4(context); }

SEC("?cgroup/sendmsg6")
int peer_send6(struct bpf_sock_addr *context) { return note_peer6(context); }

SEC("?cgroup/recvmsg4")
int peer_receive4(struct bpf_sock_addr *context) { return note_peer4(context); }

SEC("?cgroup/recvmsg6")
int peer_receive6(struct bpf_sock_addr *context) { return note_peer6(context); }

// The functions themselves, where trampolines are allowed: the peer's address is in the message.
INLINE int take_message(struct sock *sk, struct msghdr *message, int result, bool is_sent) {
  if (result < 0) return 0;
  struct asked_address address = {};
  void *name = message->msg_name;
  // The kernel's own buffer of 128 bytes, however long the caller's was.
  if (name) bpf_probe_read_kernel(&address, sizeof address, name);
  return take_datagram(sk, result, is_sent, &address);
}

SEC("?fexit/udp_sendmsg")
int BPF_PROG(flow_send4, struct sock *sk, struct msghdr *message, u64 size, int result) {
  // Of an IPv6 socket udpv6_sendmsg has called this, and counts it.
  if (sk->__sk_common.skc_family != AF_INET) return 0;
  return take_message(sk, message, result, true);
}

SEC("?fexit/udpv6_sendmsg")
int BPF_PROG(flow_send6, struct sock *sk, struct msghdr *message, u64 size, int result) {
  return take_message(sk, message, result, true);
}

SEC("?fexit/udp_recvmsg")
int BPF_PROG(flow_receive4, struct sock *sk, struct msghdr *message, u64 size, int flags, int *length, int result) {
  if (flags & (MSG_PEEK | MSG_ERRQUEUE)) return 0;
  return take_message(sk, message, result, false);
}

SEC("?fexit/udpv6_recvmsg")
int BPF_PROG(flow_receive6, struct sock *sk, struct msghdr *message, u64 size, int flags, int *length, int result) {
  if (flags & (MSG_PEEK | MSG_ERRQUEUE)) return 0;
  return take_message(sk, message, result, false);
}

// The last descriptor is closed. At run time the context is the kernel's struct sock.
SEC("?cgroup/sock_release")
int flow_end(struct bpf_sock *context) {
  struct sock *sk = (struct sock *)context;
  u16 type = BPF_CORE_READ(sk, sk_type);
  u16 port = read_local_port(sk);
  // A socket without a port has sent nothing; a stream's end is a state change.
  if (type == SOCK_STREAM || !port || !is_caller_wanted()) return 1;
  if (settings.only_netns && settings.only_netns != BPF_CORE_READ(sk, __sk_common.skc_net.net, ns.inum)) return 1;
  u64 cookie = bpf_get_socket_cookie(context);
  struct flow_record *record = reserve(sizeof *record);
  if (!record) return 1;
  read_header(&record->header, SOCKEYE_EVENT_FLOW_END,
              SOCKEYE_EVENT_ACTOR | SOCKEYE_EVENT_SOCKET | SOCKEYE_EVENT_FLOW_PART, sizeof *record);
  read_actor(&record->actor);
  probe_socket(&record->socket, sk);
  record->socket.cookie = cookie;
  __builtin_memset(&record->flow, 0, sizeof record->flow);
  submit(&record->header);
  return 1;
}

// Conversations over datagram, raw and packet sockets: (socket, peer, process) with counts in both directions.
#include "event_flow.h"

char LICENSE[] SEC("license") = "GPL";

// The peer of the send or receive that a thread is in the middle of, from the cgroup hooks.
struct pending_peer {
  u64 cookie;  // 0 where `socket` tells instead
  u64 socket;
  struct asked_address address;
};
struct {
  __uint(type, BPF_MAP_TYPE_LRU_HASH);
  __uint(max_entries, 4096);
  __type(key, u32);
  __type(value, struct pending_peer);
} pending_peers SEC(".maps");

// The address that a thread's own call sends to, in its memory: nothing else tells it for raw and ICMP sockets.
// sendmmsg(2) and io_uring have several: unknown.
INLINE void read_call_address(struct asked_address *address) {
  struct task_struct *task = bpf_get_current_task_btf();
  struct pt_regs *registers = (struct pt_regs *)bpf_task_pt_regs(task);
  void *from = NULL, *message = NULL;
  if (bpf_core_field_exists(registers->orig_ax)) {
    if (task->thread_info.status & TS_COMPAT) return;
    u64 number = BPF_CORE_READ(registers, orig_ax);
    if (number == 44) from = (void *)BPF_CORE_READ(registers, r8);
    if (number == 46) message = (void *)BPF_CORE_READ(registers, si);
  } else {
    struct pt_regs___arm64 *arm = (void *)registers;
    if (!bpf_core_field_exists(arm->syscallno)) return;
    int number = BPF_CORE_READ(arm, syscallno);
    if (number == 206) from = (void *)BPF_CORE_READ(arm, regs[4]);
    if (number == 211) message = (void *)BPF_CORE_READ(arm, regs[1]);
  }
  // Of struct msghdr the name is the first.
  if (message && bpf_probe_read_user(&from, sizeof from, message)) return;
  if (!from) return;
  // struct sockaddr_ll has 20 bytes, struct sockaddr_in 16.
  if (bpf_probe_read_user(address, sizeof *address, from) && bpf_probe_read_user(address, 20, from))
    bpf_probe_read_user(address, 16, from);
}

// The length tracepoints (since 6.3): every way of sending and receiving, without the peer's address.
INLINE int take_length(struct sock *sk, int length, bool is_sent) {
  if (sk->sk_type == SOCK_STREAM) return 0;
  if (is_sent && length >= 0 && !has_ports(sk)) {
    struct asked_address address = {};
    read_call_address(&address);
    return take_datagram(sk, length, true, &address);
  }
  u32 tid = bpf_get_current_pid_tgid();
  struct pending_peer *pending = bpf_map_lookup_elem(&pending_peers, &tid);
  if (!pending) return take_datagram(sk, length, is_sent, NULL);
  struct pending_peer peer = *pending;
  bpf_map_delete_elem(&pending_peers, &tid);
  // One that failed may have left its address behind: of another socket, it says nothing.
  if (peer.socket ? peer.socket != (u64)sk : peer.cookie != bpf_get_socket_cookie(sk)) peer.address.family = 0;
  return take_datagram(sk, length, is_sent, &peer.address);
}

SEC("?tp_btf/sock_send_length")
int BPF_PROG(flow_send, struct sock *sk, int length, int flags) { return take_length(sk, length, true); }

SEC("?tp_btf/sock_recv_length")
int BPF_PROG(flow_receive, struct sock *sk, int length, int flags) {
  if (flags & (MSG_PEEK | MSG_ERRQUEUE)) return 0;
  return take_length(sk, length, false);
}

// Where a raw or ICMP packet comes from, just before its length is told. Streams and large datagrams pass here too.
SEC("?tp_btf/skb_copy_datagram_iovec")
int BPF_PROG(peer_receive_raw, const struct sk_buff *packet, int length) {
  struct sock *sk = packet->sk;
  if (!sk || sk->sk_type == SOCK_STREAM) return 0;
  u16 family = sk->__sk_common.skc_family;
  if (!is_internet(family) || has_ports(sk)) return 0;
  struct pending_peer peer = {.socket = (u64)sk, .address.family = family};
  const void *header = packet->head + packet->network_header;
  if (family == AF_INET) bpf_probe_read_kernel(&peer.address.v4_or_flow, 4, header + 12);
  else bpf_probe_read_kernel(&peer.address.v6, 16, header + 8);
  u32 tid = bpf_get_current_pid_tgid();
  bpf_map_update_elem(&pending_peers, &tid, &peer, 0);
  return 0;
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
  if (!is_sent && !name && !has_ports(sk)) return take_length(sk, result, false);
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

SEC("?fexit/raw_sendmsg")
int BPF_PROG(raw_send4, struct sock *sk, struct msghdr *message, u64 size, int result) {
  return take_message(sk, message, result, true);
}

SEC("?fexit/rawv6_sendmsg")
int BPF_PROG(raw_send6, struct sock *sk, struct msghdr *message, u64 size, int result) {
  return take_message(sk, message, result, true);
}

SEC("?fexit/raw_recvmsg")
int BPF_PROG(raw_receive4, struct sock *sk, struct msghdr *message, u64 size, int flags, int *length, int result) {
  if (flags & (MSG_PEEK | MSG_ERRQUEUE)) return 0;
  return take_message(sk, message, result, false);
}

SEC("?fexit/rawv6_recvmsg")
int BPF_PROG(raw_receive6, struct sock *sk, struct msghdr *message, u64 size, int flags, int *length, int result) {
  if (flags & (MSG_PEEK | MSG_ERRQUEUE)) return 0;
  return take_message(sk, message, result, false);
}

SEC("?fexit/ping_v4_sendmsg")
int BPF_PROG(icmp_send4, struct sock *sk, struct msghdr *message, u64 size, int result) {
  return take_message(sk, message, result, true);
}

SEC("?fexit/ping_v6_sendmsg")
int BPF_PROG(icmp_send6, struct sock *sk, struct msghdr *message, u64 size, int result) {
  return take_message(sk, message, result, true);
}

SEC("?fexit/ping_recvmsg")
int BPF_PROG(icmp_receive, struct sock *sk, struct msghdr *message, u64 size, int flags, int *length, int result) {
  if (flags & (MSG_PEEK | MSG_ERRQUEUE)) return 0;
  return take_message(sk, message, result, false);
}

SEC("?fexit/packet_sendmsg")
int BPF_PROG(packet_send, struct socket *socket, struct msghdr *message, u64 size, int result) {
  return take_message(socket->sk, message, result, true);
}

SEC("?fexit/packet_recvmsg")
int BPF_PROG(packet_receive, struct socket *socket, struct msghdr *message, u64 size, int flags, int result) {
  if (flags & (MSG_PEEK | MSG_ERRQUEUE)) return 0;
  return take_message(socket->sk, message, result, false);
}

// The last descriptor is closed. At run time the context is the kernel's struct sock.
SEC("?cgroup/sock_release")
int flow_end(struct bpf_sock *context) {
  struct sock *sk = (struct sock *)context;
  u16 type = BPF_CORE_READ(sk, sk_type);
  u16 port = read_local_port(sk);
  // A socket without a port has sent nothing; a stream's end is a state change.
  if (type == SOCK_STREAM || !port) return 1;
  report_end(sk, bpf_get_socket_cookie(context));
  return 1;
}

// Packet sockets pass no cgroup hook.
SEC("?fentry/packet_release")
int BPF_PROG(packet_end, struct socket *socket) {
  struct sock *sk = socket->sk;
  if (sk) report_end(sk, bpf_get_socket_cookie(sk));
  return 0;
}

// Reading a socket into an event: from a pointer that the verifier knows, and from one that it does not.
#pragma once
#include "event_common.h"

struct socket_record {
  struct sockeye_event_header header;
  struct sockeye_event_actor actor;
  struct sockeye_event_socket socket;
};

INLINE u64 read_inode(struct sock *sk) {
  struct socket_alloc *end = (struct socket_alloc *)BPF_CORE_READ(sk, sk_socket);
  return end ? BPF_CORE_READ(end, vfs_inode.i_ino) : 0;
}

// `inet_sport` and not skc_num, which is 0 already at CLOSE.
INLINE u16 read_local_port(struct sock *sk) {
  return bpf_ntohs(BPF_CORE_READ((struct inet_sock *)sk, inet_sport));
}

INLINE void read_socket(struct sockeye_event_socket *out, struct sock *sk, u16 local_port) {
  out->netns = sk->__sk_common.skc_net.net->ns.inum;
  out->error = sk->sk_err;
  out->family = sk->__sk_common.skc_family;
  out->type = sk->sk_type;
  out->protocol = sk->sk_protocol;
  out->state = sk->__sk_common.skc_state;
  out->old_state = 0;
  out->local_port = local_port;
  out->peer_port = bpf_ntohs(sk->__sk_common.skc_dport);
  out->interface_index = sk->__sk_common.skc_bound_dev_if;
  u32 *local = (u32 *)out->local_address, *peer = (u32 *)out->peer_address;
  if (out->family == AF_INET) {
    local[0] = sk->__sk_common.skc_rcv_saddr;
    peer[0] = sk->__sk_common.skc_daddr;
    local[1] = local[2] = local[3] = peer[1] = peer[2] = peer[3] = 0;
    return;
  }
#pragma unroll
  for (int word = 0; word < 4; word++) {
    local[word] = sk->__sk_common.skc_v6_rcv_saddr.in6_u.u6_addr32[word];
    peer[word] = sk->__sk_common.skc_v6_daddr.in6_u.u6_addr32[word];
  }
}

// The same from an address found by hand. The cookie is what is there: the helper takes no such pointer.
INLINE void probe_socket(struct sockeye_event_socket *out, struct sock *sk) {
  out->cookie = BPF_CORE_READ(sk, __sk_common.skc_cookie.counter);
  out->inode = read_inode(sk);
  out->netns = BPF_CORE_READ(sk, __sk_common.skc_net.net, ns.inum);
  out->error = BPF_CORE_READ(sk, sk_err);
  out->family = BPF_CORE_READ(sk, __sk_common.skc_family);
  out->type = BPF_CORE_READ(sk, sk_type);
  out->protocol = BPF_CORE_READ(sk, sk_protocol);
  out->state = BPF_CORE_READ(sk, __sk_common.skc_state);
  out->old_state = 0;
  out->local_port = read_local_port(sk);
  out->peer_port = bpf_ntohs(BPF_CORE_READ(sk, __sk_common.skc_dport));
  out->interface_index = BPF_CORE_READ(sk, __sk_common.skc_bound_dev_if);
  if (out->family == AF_INET) {
    out->local_address[0] = out->local_address[1] = out->peer_address[0] = out->peer_address[1] = 0;
    *(u32 *)out->local_address = BPF_CORE_READ(sk, __sk_common.skc_rcv_saddr);
    *(u32 *)out->peer_address = BPF_CORE_READ(sk, __sk_common.skc_daddr);
    return;
  }
  BPF_CORE_READ_INTO(&out->local_address, sk, __sk_common.skc_v6_rcv_saddr);
  BPF_CORE_READ_INTO(&out->peer_address, sk, __sk_common.skc_v6_daddr);
}

INLINE bool is_internet(u16 family) { return family == AF_INET || family == AF_INET6; }

// The address that connect(2) was asked for: a socket whose connect failed has none left. `sockaddr_in` and the
// start of `sockaddr_in6`, as on the wire.
struct asked_address {
  u16 family;
  u16 port;
  u32 v4_or_flow;
  u64 v6[2];
};

INLINE void set_peer(struct sockeye_event_socket *out, const struct asked_address *asked) {
  if (asked->family == AF_INET) {
    out->peer_port = bpf_ntohs(asked->port);
    out->peer_address[1] = 0;
    out->peer_address[0] = asked->v4_or_flow;
    // An IPv6 socket takes an IPv4 address only mapped.
    if (out->family == AF_INET6) out->peer_address[0] = 0;
  } else if (asked->family == AF_INET6) {
    out->peer_port = bpf_ntohs(asked->port);
    out->peer_address[0] = asked->v6[0];
    out->peer_address[1] = asked->v6[1];
  }
}

INLINE bool is_kind_wanted(u16 kind) {
  bool is_act = kind == SOCKEYE_EVENT_CONNECT_FAILED || kind == SOCKEYE_EVENT_DATAGRAM_CONNECT;
  return is_act ? is_act_wanted() : is_caller_wanted();
}

// One event about a socket and the caller, from an address found by hand; `error` as the call returned it.
INLINE void report_probed(u16 kind, struct sock *sk, int error, u32 flags, const struct asked_address *asked) {
  if (!is_kind_wanted(kind) || !is_internet(BPF_CORE_READ(sk, __sk_common.skc_family))) return;
  if (settings.only_netns && settings.only_netns != BPF_CORE_READ(sk, __sk_common.skc_net.net, ns.inum)) return;
  u16 peer_port = asked ? asked->port : BPF_CORE_READ(sk, __sk_common.skc_dport);
  if (!are_ports_wanted(read_local_port(sk), bpf_ntohs(peer_port))) return;
  struct socket_record *record = reserve(sizeof *record);
  if (!record) return;
  read_header(&record->header, kind, SOCKEYE_EVENT_ACTOR | SOCKEYE_EVENT_SOCKET, sizeof *record);
  record->header.flags = flags;
  read_actor(&record->actor);
  probe_socket(&record->socket, sk);
  if (asked && error) set_peer(&record->socket, asked);
  if (error) record->socket.error = error;
  watch_socket(record->socket.cookie);
  submit(&record->header);
}

// The same from a pointer that the verifier knows, so with a cookie.
INLINE void report_socket(u16 kind, struct sock *sk, u64 inode, int error, const struct asked_address *asked) {
  if (!is_kind_wanted(kind) || !is_internet(sk->__sk_common.skc_family)) return;
  if (settings.only_netns && settings.only_netns != sk->__sk_common.skc_net.net->ns.inum) return;
  u16 local_port = read_local_port(sk);
  u16 peer_port = asked ? asked->port : sk->__sk_common.skc_dport;
  if (!are_ports_wanted(local_port, bpf_ntohs(peer_port))) return;
  u64 cookie = bpf_get_socket_cookie(sk);
  watch_socket(cookie);
  struct socket_record *record = reserve(sizeof *record);
  if (!record) return;
  read_header(&record->header, kind, SOCKEYE_EVENT_ACTOR | SOCKEYE_EVENT_SOCKET, sizeof *record);
  read_actor(&record->actor);
  read_socket(&record->socket, sk, local_port);
  if (asked && error) set_peer(&record->socket, asked);
  record->socket.cookie = cookie;
  record->socket.inode = inode;
  if (error) record->socket.error = error;
  submit(&record->header);
}

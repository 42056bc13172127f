// TCP connections: connect, established, listen, accept, who closes, close with totals; binds; failed connects.
#include "event_socket.h"

char LICENSE[] SEC("license") = "GPL";

// What the first of the two state programs has seen last on this CPU.
struct seen_change {
  u64 socket;
  u64 change;
};
struct {
  __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
  __uint(max_entries, 1);
  __type(key, u32);
  __type(value, struct seen_change);
} last_change SEC(".maps");

// Until the reader has looked at what was there before: a connection that it did not find, and whose connect no probe
// saw, is named by who closes it. A section of its own, so that the reader finds it.
volatile u32 is_starting SEC(".data.starting") = 1;

struct established_record {
  struct sockeye_event_header header;
  struct sockeye_event_socket socket;
};
struct close_record {
  struct sockeye_event_header header;
  struct sockeye_event_socket socket;
  struct sockeye_event_totals totals;
};
struct abort_record {
  struct sockeye_event_header header;
  struct sockeye_event_actor actor;
  struct sockeye_event_socket socket;
  struct sockeye_event_totals totals;
};

struct state_change {
  struct sock *sk;
  struct tcp_sock *tcp;
  u64 cookie;
  u16 local_port;
  u8 old_state;
  u8 new_state;
  u32 flags;
};

INLINE void finish_socket(struct sockeye_event_socket *out, const struct state_change *change) {
  read_socket(out, change->sk, change->local_port);
  out->cookie = change->cookie;
  out->inode = 0;
  out->state = change->new_state;
  out->old_state = change->old_state;
}

// In the context of connect(2), listen(2), close(2) or shutdown(2).
INLINE void report_call(u16 kind, const struct state_change *change) {
  if (!is_caller_wanted()) return;
  watch_socket(change->cookie);
  struct socket_record *record = reserve(sizeof *record);
  if (!record) return;
  read_header(&record->header, kind, SOCKEYE_EVENT_ACTOR | SOCKEYE_EVENT_SOCKET, sizeof *record);
  record->header.flags = change->flags;
  read_actor(&record->actor);
  finish_socket(&record->socket, change);
  if (kind != SOCKEYE_EVENT_CLOSING) record->socket.inode = read_inode(change->sk);
  // connect(2) has not chosen one yet; what is there is of the socket's last use.
  if (kind == SOCKEYE_EVENT_CONNECT) record->socket.local_port = change->sk->__sk_common.skc_num;
  submit(&record->header);
}

INLINE void report_established(const struct state_change *change) {
  if (!is_socket_watched(change->cookie)) return;
  struct established_record *record = reserve(sizeof *record);
  if (!record) return;
  read_header(&record->header, SOCKEYE_EVENT_ESTABLISHED, SOCKEYE_EVENT_SOCKET, sizeof *record);
  record->header.flags = change->flags;
  finish_socket(&record->socket, change);
  submit(&record->header);
}

INLINE void read_totals(struct sockeye_event_totals *totals, const struct state_change *change, u32 *flags) {
  struct tcp_sock *tcp = change->tcp;
  totals->bytes_sent = tcp->bytes_sent - tcp->bytes_retrans;
  totals->bytes_received = tcp->bytes_received;
  // tcp_fin() sets SOCK_DONE, and counts the FIN as one byte.
  if (change->sk->__sk_common.skc_flags >> SOCK_DONE_BIT & 1) {
    if (totals->bytes_received) totals->bytes_received -= 1;
    *flags |= SOCKEYE_EVENT_PEER_CLOSED;
  }
  totals->srtt_us = tcp->srtt_us >> 3;
  totals->min_rtt_us = tcp->rtt_min.s[0].v;
  totals->retransmits = tcp->total_retrans;
  totals->lost = tcp->lost;
  totals->segments_out = tcp->segs_out;
  totals->segments_in = tcp->segs_in;
}

// A close without a CLOSING before it, by the one who holds the socket's lock: an abort (SO_LINGER 0), a listener's
// end, a disconnect. A softirq leaves `owned` 0, and its `current` is a bystander.
INLINE bool is_callers_close(const struct state_change *change) {
  u8 old = change->old_state;
  if (old == TCP_FIN_WAIT1 || old == TCP_FIN_WAIT2 || old == TCP_LAST_ACK || old == TCP_CLOSING) return false;
  return change->sk->sk_lock.owned != 0;
}

INLINE void report_close(const struct state_change *change) {
  if (!is_socket_watched(change->cookie)) return;
  u32 flags = change->flags;
  if (is_callers_close(change)) {
    struct abort_record *record = reserve(sizeof *record);
    if (!record) return;
    read_header(&record->header, SOCKEYE_EVENT_CLOSE,
                SOCKEYE_EVENT_ACTOR | SOCKEYE_EVENT_SOCKET | SOCKEYE_EVENT_TOTALS, sizeof *record);
    read_actor(&record->actor);
    finish_socket(&record->socket, change);
    read_totals(&record->totals, change, &flags);
    record->header.flags = flags;
    submit(&record->header);
    return;
  }
  struct close_record *record = reserve(sizeof *record);
  if (!record) return;
  read_header(&record->header, SOCKEYE_EVENT_CLOSE, SOCKEYE_EVENT_SOCKET | SOCKEYE_EVENT_TOTALS, sizeof *record);
  finish_socket(&record->socket, change);
  read_totals(&record->totals, change, &flags);
  record->header.flags = flags;
  submit(&record->header);
}

INLINE int report_change(struct sock *sk, int old_state, int new_state, u32 flags) {
  bool is_passive = new_state == TCP_ESTABLISHED && old_state == TCP_SYN_RECV;
  if (new_state != TCP_SYN_SENT && new_state != TCP_ESTABLISHED && new_state != TCP_CLOSE &&
      new_state != TCP_LISTEN && new_state != TCP_FIN_WAIT1 && new_state != TCP_LAST_ACK)
    return 0;
  if (sk->sk_protocol != IPPROTO_TCP) return 0;
  if ((new_state == TCP_FIN_WAIT1 || new_state == TCP_LAST_ACK) && !settings.report_closing && !is_starting)
    return 0;
  struct state_change change = {
    .sk = sk, .cookie = bpf_get_socket_cookie(sk), .old_state = old_state, .new_state = new_state, .flags = flags};
  // Whoever accepts it finds the cookie there, on the hooks that cannot ask for one.
  if (is_passive && !settings.report_passive) return 0;
  if (settings.only_netns && settings.only_netns != sk->__sk_common.skc_net.net->ns.inum) return 0;
  change.tcp = bpf_skc_to_tcp_sock(sk);
  if (!change.tcp) return 0;
  change.local_port = bpf_ntohs(change.tcp->inet_conn.icsk_inet.inet_sport);
  if (!are_ports_wanted(change.local_port, bpf_ntohs(sk->__sk_common.skc_dport))) return 0;

  if (new_state == TCP_SYN_SENT) report_call(SOCKEYE_EVENT_CONNECT, &change);
  else if (new_state == TCP_LISTEN) report_call(SOCKEYE_EVENT_LISTEN, &change);
  else if (new_state == TCP_ESTABLISHED) report_established(&change);
  else if (new_state == TCP_CLOSE) report_close(&change);
  else report_call(SOCKEYE_EVENT_CLOSING, &change);
  return 0;
}

// The kernel skips a program that is already running on this CPU, and a softirq in the middle of it fires the same
// tracepoint: 14 closes in 100,000 were lost so. The twin does the work that the first was not allowed to do.
SEC("?tp_btf/inet_sock_set_state")
int BPF_PROG(tcp_state, struct sock *sk, int old_state, int new_state) {
  u32 zero = 0;
  volatile struct seen_change *seen = bpf_map_lookup_elem(&last_change, &zero);
  if (!seen) return 0;
  seen->socket = (u64)sk;
  seen->change = 1 << 16 | old_state << 8 | new_state;
  return report_change(sk, old_state, new_state, 0);
}

SEC("?tp_btf/inet_sock_set_state")
int BPF_PROG(tcp_state_twin, struct sock *sk, int old_state, int new_state) {
  u32 zero = 0;
  volatile struct seen_change *seen = bpf_map_lookup_elem(&last_change, &zero);
  if (!seen) return 0;
  u64 change = 1 << 16 | old_state << 8 | new_state;
  if (seen->socket == (u64)sk && seen->change == change) {
    seen->change = 0;
    return 0;
  }
  count(SOCKEYE_COUNTER_TWIN_RESCUED);
  return report_change(sk, old_state, new_state, SOCKEYE_EVENT_BY_TWIN);
}

// Accept, best first: here the new socket is an argument, so it has a cookie. Called by io_uring too.
SEC("?fentry/security_sock_graft")
int BPF_PROG(accept_graft, struct sock *sk, struct socket *parent) {
  struct socket_alloc *end = (struct socket_alloc *)parent;
  report_socket(SOCKEYE_EVENT_ACCEPT, sk, BPF_CORE_READ(end, vfs_inode.i_ino), 0, NULL);
  return 0;
}

// The number of arguments changed between 6.1 and 6.12: only the return value is taken.
SEC("?fexit/inet_csk_accept")
int accept_return(u64 *context) {
  u64 sk = 0;
  if (bpf_get_func_ret(context, &sk) == 0 && sk) report_probed(SOCKEYE_EVENT_ACCEPT, (struct sock *)sk, 0, 0, NULL);
  return 0;
}

// Fires inside accept(2) where the caller asks for the peer's address, at no cost to other calls; and in
// getpeername(2), which cannot be told apart: the table takes the first for the accept.
INLINE int report_peer_asked(struct bpf_sock_addr *context) {
  struct bpf_sock *bpf_sk = context->sk;
  struct tcp_sock *tcp = bpf_sk ? bpf_skc_to_tcp_sock(bpf_sk) : NULL;
  if (tcp) report_probed(SOCKEYE_EVENT_ACCEPT, (struct sock *)tcp, 0, SOCKEYE_EVENT_BY_GETPEERNAME, NULL);
  return 1;
}

SEC("?cgroup/getpeername4")
int accept_getpeername4(struct bpf_sock_addr *context) { return report_peer_asked(context); }

SEC("?cgroup/getpeername6")
int accept_getpeername6(struct bpf_sock_addr *context) { return report_peer_asked(context); }

// At run time the context is the kernel's struct sock; its view in the verifier lacks what we want.
INLINE int report_bind(void *context, u64 cookie) {
  struct sock *sk = context;
  if (!is_act_wanted()) return 1;
  if (settings.only_netns && settings.only_netns != BPF_CORE_READ(sk, __sk_common.skc_net.net, ns.inum)) return 1;
  if (!are_ports_wanted(read_local_port(sk), 0)) return 1;
  struct socket_record *record = reserve(sizeof *record);
  if (!record) return 1;
  read_header(&record->header, SOCKEYE_EVENT_BIND, SOCKEYE_EVENT_ACTOR | SOCKEYE_EVENT_SOCKET, sizeof *record);
  read_actor(&record->actor);
  probe_socket(&record->socket, sk);
  record->socket.cookie = cookie;
  submit(&record->header);
  return 1;
}

SEC("?cgroup/post_bind4")
int bind4(struct bpf_sock *context) { return report_bind(context, bpf_get_socket_cookie(context)); }

SEC("?cgroup/post_bind6")
int bind6(struct bpf_sock *context) { return report_bind(context, bpf_get_socket_cookie(context)); }

INLINE bool is_failure(int result) { return result < 0 && result != -EINPROGRESS && result != -EALREADY; }

SEC("?fexit/inet_stream_connect")
int BPF_PROG(connect_return, struct socket *socket, void *address, int length, int flags, int result) {
  struct sock *sk = socket->sk;
  if (!sk || !is_failure(result)) return 0;
  struct asked_address asked = {};
  // The kernel's own copy: 128 bytes, however long the caller's was.
  bpf_probe_read_kernel(&asked, sizeof asked, address);
  report_socket(SOCKEYE_EVENT_CONNECT_FAILED, sk, read_inode(sk), -result, &asked);
  return 0;
}

SEC("?fexit/inet_dgram_connect")
int BPF_PROG(datagram_connect_return, struct socket *socket, void *address, int length, int flags, int result) {
  struct sock *sk = socket->sk;
  if (!sk) return 0;
  u16 kind = result < 0 ? SOCKEYE_EVENT_CONNECT_FAILED : SOCKEYE_EVENT_DATAGRAM_CONNECT;
  struct asked_address asked = {};
  bpf_probe_read_kernel(&asked, sizeof asked, address);
  report_socket(kind, sk, read_inode(sk), -result, &asked);
  return 0;
}

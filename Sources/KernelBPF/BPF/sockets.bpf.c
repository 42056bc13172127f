// Every descriptor of every process that holds a socket, in one kernel pass, across all network namespaces.
//
// Runs where the reader runs read(2) on the iterator's descriptor. Nothing is attached to a hook, nothing stays.
#include "kernel_types.h"

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_core_read.h>

#include "SocketRecord.h"

char LICENSE[] SEC("license") = "GPL";

// Set before load: what the verifier sees as constants, it cuts from the program.
const volatile struct sockeye_iterator_constants constants = {.families = ~0ULL};

// Whether more than one descriptor may lead to the file. The iterator itself has a reference too. A wrong yes costs the
// reader a look-up.
static __always_inline bool is_shared(struct file *file) {
  if (bpf_core_field_exists(file->f_ref)) return file->f_ref.refcnt.counter > 1;  // since 6.13: counts from 0
  struct file___before_6_13 *older = (void *)file;
  if (bpf_core_field_exists(older->f_count)) return BPF_CORE_READ(older, f_count.counter) > 2;
  return true;
}

static __always_inline void read_identity(struct sockeye_socket_record *head, struct task_struct *task) {
  head->tgid = task->tgid;
  head->tid = task->pid;
  head->process_start = task->group_leader->start_boottime;
}

static __always_inline void read_internet_addresses(struct sockeye_socket_record *head, struct sock *sk) {
  if (head->family == AF_INET) {
    *(u32 *)head->local_address = sk->__sk_common.skc_rcv_saddr;
    *(u32 *)head->peer_address = sk->__sk_common.skc_daddr;
  } else {
    u32 *local = (u32 *)head->local_address, *peer = (u32 *)head->peer_address;
#pragma unroll
    for (int word = 0; word < 4; word++) {
      local[word] = sk->__sk_common.skc_v6_rcv_saddr.in6_u.u6_addr32[word];
      peer[word] = sk->__sk_common.skc_v6_daddr.in6_u.u6_addr32[word];
    }
    if (BPF_CORE_READ_BITFIELD(sk, __sk_common.skc_ipv6only)) head->flags |= SOCKEYE_FLAG_V6ONLY;
  }
  head->local_port = sk->__sk_common.skc_num;
  head->peer_port = sk->__sk_common.skc_dport;
}

// As inet_diag and tcp_diag count them; the sides as tcp_diag_get_info does.
static __always_inline void read_tcp_queues(struct sockeye_socket_record *head, struct tcp_sock *tcp) {
  struct sock *sk = (struct sock *)tcp;
  head->flags |= SOCKEYE_FLAG_QUEUES_KNOWN;
  if (head->state == TCP_LISTEN) {
    head->receive_queue = sk->sk_ack_backlog;
    head->send_queue = sk->sk_max_ack_backlog;
    int half_open = tcp->inet_conn.icsk_accept_queue.qlen.counter;
    head->syn_backlog = half_open > 0xffff ? 0xffff : half_open;
    return;
  }
  int unread = tcp->rcv_nxt - tcp->copied_seq;
  head->receive_queue = unread > 0 ? unread : 0;
  head->send_queue = tcp->write_seq - tcp->snd_una;
  if (!constants.want_internals) return;
  if (head->state != TCP_ESTABLISHED && head->state != TCP_CLOSE_WAIT) return;
  // bytes_acked counts our SYN only where this side sent it as a full socket, that is by connect(2).
  u64 sent = tcp->bytes_sent - tcp->bytes_retrans;
  u64 acked_or_in_flight = tcp->bytes_acked + (u32)(tcp->snd_nxt - tcp->snd_una);
  if (acked_or_in_flight == sent + 1) head->flags |= SOCKEYE_FLAG_ACTIVE | SOCKEYE_FLAG_SIDE_KNOWN;
  if (acked_or_in_flight == sent) head->flags |= SOCKEYE_FLAG_SIDE_KNOWN;
}

static __always_inline void read_udp_queues(struct sockeye_socket_record *head, struct sock *sk) {
  head->flags |= SOCKEYE_FLAG_QUEUES_KNOWN;
  struct udp_sock *udp = (struct udp_sock *)sk;
  int deficit = BPF_CORE_READ(udp, forward_deficit);
  head->receive_queue = sk->sk_backlog.rmem_alloc.counter - deficit;
  head->send_queue = sk->sk_wmem_alloc.refs.counter - 1;
}

// The name that the sockets before had: reading it is a helper's call.
static struct {
  const struct tcp_congestion_ops *ops;
  u64 name[2];
} congestion;

static __always_inline void read_congestion(struct sockeye_tcp_record *out, const struct tcp_congestion_ops *ops) {
  if (congestion.ops != ops) {
    bpf_probe_read_kernel_str(congestion.name, sizeof congestion.name, ops->name);
    congestion.ops = ops;
  }
  out->congestion[0] = congestion.name[0];
  out->congestion[1] = congestion.name[1];
}

static __always_inline void read_tcp(struct sockeye_tcp_record *out, struct tcp_sock *tcp) {
  struct inet_connection_sock *icsk = &tcp->inet_conn;
  struct sock *sk = (struct sock *)tcp;
  out->jiffies = bpf_jiffies64();
  out->bytes_sent = tcp->bytes_sent;
  out->bytes_retrans = tcp->bytes_retrans;
  out->bytes_acked = tcp->bytes_acked;
  out->bytes_received = tcp->bytes_received;
  out->pacing_rate = sk->sk_pacing_rate;
  out->max_pacing_rate = sk->sk_max_pacing_rate;
  read_congestion(out, icsk->icsk_ca_ops);
  out->srtt = tcp->srtt_us;
  out->mdev = tcp->mdev_us;
  out->min_rtt = tcp->rtt_min.s[0].v;
  out->rcv_rtt = tcp->rcv_rtt_est.rtt_us;
  out->rto_jiffies = icsk->icsk_rto;
  out->mss_cache = tcp->mss_cache;
  out->rcv_mss = icsk->icsk_ack.rcv_mss;
  out->advmss = tcp->advmss;
  out->pmtu = icsk->icsk_pmtu_cookie;
  out->snd_cwnd = tcp->snd_cwnd;
  out->snd_ssthresh = tcp->snd_ssthresh;
  out->rcv_ssthresh = tcp->rcv_ssthresh;
  out->rcv_space = tcp->rcvq_space.space;
  out->snd_wnd = tcp->snd_wnd;
  int window = tcp->rcv_wup + tcp->rcv_wnd - tcp->rcv_nxt;
  out->rcv_wnd = window > 0 ? window : 0;
  out->packets_out = tcp->packets_out;
  out->sacked_out = tcp->sacked_out;
  out->lost_out = tcp->lost_out;
  out->retrans_out = tcp->retrans_out;
  out->total_retrans = tcp->total_retrans;
  out->reordering = tcp->reordering;
  out->reord_seen = tcp->reord_seen;
  out->segs_out = tcp->segs_out;
  out->segs_in = tcp->segs_in;
  out->data_segs_out = tcp->data_segs_out;
  out->data_segs_in = tcp->data_segs_in;
  out->delivered = tcp->delivered;
  out->delivered_ce = tcp->delivered_ce;
  out->dsack_dups = tcp->dsack_dups;
  out->rcv_ooopack = tcp->rcv_ooopack;
  int not_sent = tcp->write_seq - tcp->snd_nxt;
  out->notsent = not_sent > 0 ? not_sent : 0;
  out->rate_delivered = tcp->rate_delivered;
  out->rate_interval_us = tcp->rate_interval_us;
  out->chrono_type = BPF_CORE_READ_BITFIELD(tcp, chrono_type);
  out->chrono_start_jiffies = tcp->chrono_start;
  out->chrono_jiffies[0] = tcp->chrono_stat[0];
  out->chrono_jiffies[1] = tcp->chrono_stat[1];
  out->chrono_jiffies[2] = tcp->chrono_stat[2];
  out->last_sent_jiffies = tcp->lsndtime;
  out->last_ack_jiffies = tcp->rcv_tstamp;
}

// Apart from read_tcp, which is long enough: the bit fields and the timer that runs.
static __always_inline void read_tcp_timers(struct sockeye_tcp_record *out, struct tcp_sock *tcp) {
  struct inet_connection_sock *icsk = &tcp->inet_conn;
  out->ato_jiffies = BPF_CORE_READ_BITFIELD(icsk, icsk_ack.ato);
  out->last_received_jiffies = icsk->icsk_ack.lrcvtime;
  out->ca_state = BPF_CORE_READ_BITFIELD(icsk, icsk_ca_state);
  out->retransmits = icsk->icsk_retransmits;
  out->probes = icsk->icsk_probes_out;
  out->backoff = icsk->icsk_backoff;
  if (BPF_CORE_READ_BITFIELD(tcp, rx_opt.tstamp_ok)) out->options |= 1;
  if (BPF_CORE_READ_BITFIELD(tcp, rx_opt.sack_ok)) out->options |= 2;
  if (BPF_CORE_READ_BITFIELD(tcp, rx_opt.wscale_ok)) {
    out->options |= 4;
    out->snd_wscale = BPF_CORE_READ_BITFIELD(tcp, rx_opt.snd_wscale);
    out->rcv_wscale = BPF_CORE_READ_BITFIELD(tcp, rx_opt.rcv_wscale);
  }
  if (tcp->ecn_flags & 1) out->options |= 8;
  if (tcp->ecn_flags & 8) out->options |= 16;
  out->tos = icsk->icsk_inet.tos;
  // ICSK_TIME_RETRANS 1, PROBE0 3, LOSS_PROBE 5, REO_TIMEOUT 6 of net/inet_connection_sock.h.
  u8 pending = icsk->icsk_pending;
  unsigned long expires = 0;
  if (pending == 1 || pending == 5 || pending == 6) out->timer = 1;
  if (pending == 3) out->timer = 4;
  if (out->timer) {
    if (bpf_core_field_exists(icsk->icsk_retransmit_timer))
      expires = icsk->icsk_retransmit_timer.expires;
    else
      expires = ((struct sock *)tcp)->tcp_retransmit_timer.expires;
  }
  out->timer_expires_jiffies = expires;
}

static __always_inline void read_memory(struct sockeye_memory_record *out, struct sock *sk) {
  out->rmem_alloc = sk->sk_backlog.rmem_alloc.counter;
  out->rcvbuf = sk->sk_rcvbuf;
  out->wmem_alloc = sk->sk_wmem_alloc.refs.counter - 1;
  out->sndbuf = sk->sk_sndbuf;
  out->fwd_alloc = sk->sk_forward_alloc;
  out->wmem_queued = sk->sk_wmem_queued;
  out->optmem = sk->sk_omem_alloc.counter;
  out->backlog = sk->sk_backlog.len;
  out->drops = sk->sk_drops.counter;
}

// The record that is being built. A global, for 512 bytes of stack do not hold it: one object has one reader, and
// the kernel holds the iterator's lock while it shows an element.
static struct {
  struct sockeye_socket_record head;
  union {
    struct {
      struct sockeye_tcp_record tcp;
      struct sockeye_memory_record memory;
    };
    char name[112];  // 108 at most, padded to 8
  };
} record;

static __always_inline int write_record(struct bpf_iter__task_file *context, u32 length) {
  record.head.length = length;
  bpf_seq_write(context->meta->seq, &record, length);
  return 0;
}

static __always_inline bool is_wanted(const struct sockeye_socket_record *head) {
  if (constants.only_netns && head->netns != constants.only_netns) return false;
  if (constants.only_port && (head->family == AF_INET || head->family == AF_INET6))
    return head->local_port == constants.only_port || __builtin_bswap16(head->peer_port) == constants.only_port;
  return true;
}

static __always_inline void read_unix(struct sock *sk) {
  struct unix_sock *unix_socket = (struct unix_sock *)sk;
  struct sock *peer = BPF_CORE_READ(unix_socket, peer);
  if (peer) {
    struct socket_alloc *end = (struct socket_alloc *)BPF_CORE_READ(peer, sk_socket);
    if (end) record.head.peer_inode = BPF_CORE_READ(end, vfs_inode.i_ino);
  }
  struct unix_address *address = BPF_CORE_READ(unix_socket, addr);
  if (!address) return;
  u32 length = BPF_CORE_READ(address, len) - 2;  // without sun_family
  if (length == 0 || length > 108) return;
  __builtin_memset(record.name, 0, sizeof record.name);
  if (bpf_probe_read_kernel(record.name, length, &address->name[0].sun_path)) return;
  record.head.name_length = length;
  record.head.parts = SOCKEYE_PART_NAME;
}

static __always_inline void read_common(struct sockeye_socket_record *head, struct sock *sk) {
  // The helper makes one where there is none yet, and is a call.
  u64 cookie = sk->__sk_common.skc_cookie.counter;
  head->cookie = cookie ? cookie : bpf_get_socket_cookie(sk);
  head->netns = sk->__sk_common.skc_net.net->ns.inum;
  head->type = sk->sk_type;
  head->protocol = sk->sk_protocol;
  head->state = sk->__sk_common.skc_state;
  head->shutdown = sk->sk_shutdown;
  head->uid = sk->sk_uid.val;
  head->interface_index = sk->__sk_common.skc_bound_dev_if;
  head->mark = sk->sk_mark;
  if (constants.want_internals && bpf_core_field_exists(sk->sk_cgrp_data.cgroup)) {
    struct cgroup *cgroup = sk->sk_cgrp_data.cgroup;
    if (cgroup) head->cgroup_id = cgroup->kn->id;
  }
}

static __always_inline int write_unix(struct bpf_iter__task_file *context, struct sock *sk) {
  read_unix(sk);
  if (record.head.parts) return write_record(context, sizeof record.head + sizeof record.name);
  return write_record(context, sizeof record.head);
}

static __always_inline int write_internet(struct bpf_iter__task_file *context, struct sock *sk) {
  struct sockeye_socket_record *head = &record.head;
  read_internet_addresses(head, sk);
  if (!is_wanted(head)) return 0;

  struct tcp_sock *tcp = NULL;
  if (head->protocol == IPPROTO_TCP && head->type == SOCK_STREAM) tcp = bpf_skc_to_tcp_sock(sk);
  if (tcp) read_tcp_queues(head, tcp);
  else if (head->type == SOCK_DGRAM && head->protocol == IPPROTO_UDP) read_udp_queues(head, sk);
  if (!constants.want_internals) return write_record(context, sizeof record.head);

  __builtin_memset(&record.tcp, 0, sizeof record.tcp);
  __builtin_memset(&record.memory, 0, sizeof record.memory);
  read_memory(&record.memory, sk);
  head->parts = SOCKEYE_PART_TCP | SOCKEYE_PART_MEMORY;
  if (tcp) {
    read_tcp(&record.tcp, tcp);
    read_tcp_timers(&record.tcp, tcp);
  } else {
    record.tcp.tos = BPF_CORE_READ((struct inet_sock *)sk, tos);
  }
  return write_record(context, sizeof record.head + sizeof record.tcp + sizeof record.memory);
}

SEC("iter/task_file")
int sockets(struct bpf_iter__task_file *context) {
  struct file *file = context->file;
  struct task_struct *task = context->task;
  if (!file || !task) return 0;
  struct socket *socket = bpf_sock_from_file(file);
  bool is_namespace = constants.want_namespaces && !socket && file->f_inode->i_sb->s_magic == NSFS_MAGIC;
  if (!socket && !is_namespace) return 0;

  struct sockeye_socket_record *head = &record.head;
  __builtin_memset(head, 0, sizeof *head);
  head->kind = is_namespace ? SOCKEYE_RECORD_NAMESPACE : SOCKEYE_RECORD_SOCKET;
  head->descriptor = context->fd;
  head->inode = file->f_inode->i_ino;
  read_identity(head, task);
  if (!socket) return write_record(context, sizeof *head);

  struct sock *sk = socket->sk;
  if (!sk) return 0;
  u16 family = sk->__sk_common.skc_family;
  if (family >= 64 || !(constants.families >> family & 1)) return 0;
  head->family = family;
  if (is_shared(file)) head->flags |= SOCKEYE_FLAG_SHARED;
  read_common(head, sk);
  if (family == AF_INET || family == AF_INET6) return write_internet(context, sk);
  if (!is_wanted(head)) return 0;
  return family == AF_UNIX ? write_unix(context, sk) : write_record(context, sizeof *head);
}

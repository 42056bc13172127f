// Connections between unix sockets (stream and seqpacket), from addresses found by hand.
//
// No helper makes a cookie for such a pointer: the inodes of the two ends are what joins them.
#pragma once
#include "event_socket.h"

#define SOCK_SEQPACKET 5

struct unix_record {
  struct sockeye_event_header header;
  struct sockeye_event_actor actor;
  struct sockeye_event_socket socket;
  struct sockeye_event_unix ends;
  char local[SOCKEYE_UNIX_NAME_LIMIT];
  char peer[SOCKEYE_UNIX_NAME_LIMIT];
};

INLINE u16 read_unix_name(char *name, struct sock *sk) {
  struct unix_address *address = sk ? BPF_CORE_READ((struct unix_sock *)sk, addr) : NULL;
  if (!address) return 0;
  u32 length = BPF_CORE_READ(address, len) - 2;  // without sun_family
  // So that the compiler checks what it passes on, and not a number that this comes from. None is 0 or less: too long.
  barrier_var(length);
  if (length > SOCKEYE_UNIX_NAME_LIMIT) return 0;
  return bpf_probe_read_kernel(name, length, &address->name[0].sun_path) ? 0 : length;
}

INLINE bool is_unix_connection(struct sock *sk) {
  if (BPF_CORE_READ(sk, __sk_common.skc_family) != AF_UNIX) return false;
  u16 type = BPF_CORE_READ(sk, sk_type);
  return type == SOCK_STREAM || type == SOCK_SEQPACKET;
}

// The record of an end and its caller, to be submitted; NULL if it is not wanted.
INLINE struct unix_record *reserve_unix(u16 kind, struct sock *sk, int error) {
  if (!is_caller_wanted() || settings.only_port || !is_unix_connection(sk)) return NULL;
  u32 netns = BPF_CORE_READ(sk, __sk_common.skc_net.net, ns.inum);
  if (settings.only_netns && settings.only_netns != netns) return NULL;
  struct unix_record *record = reserve(sizeof *record);
  if (!record) return NULL;
  __builtin_memset(&record->socket, 0, sizeof *record - __builtin_offsetof(struct unix_record, socket));
  read_header(&record->header, kind,
              SOCKEYE_EVENT_ACTOR | SOCKEYE_EVENT_SOCKET | SOCKEYE_EVENT_UNIX_PART | SOCKEYE_EVENT_TEXT,
              sizeof *record);
  read_actor(&record->actor);
  record->socket.cookie = BPF_CORE_READ(sk, __sk_common.skc_cookie.counter);
  record->socket.inode = read_inode(sk);
  record->socket.netns = netns;
  record->socket.error = error;
  record->socket.family = AF_UNIX;
  record->socket.type = BPF_CORE_READ(sk, sk_type);
  record->socket.state = BPF_CORE_READ(sk, __sk_common.skc_state);
  record->ends.local_length = read_unix_name(record->local, sk);
  return record;
}

INLINE void submit_unix_pair(struct unix_record *record, struct sock *sk) {
  struct sock *peer = BPF_CORE_READ((struct unix_sock *)sk, peer);
  record->ends.peer_tgid = BPF_CORE_READ(sk, sk_peer_pid, numbers[0].nr);
  if (peer) record->ends.peer_inode = read_inode(peer);
  record->ends.peer_length = read_unix_name(record->peer, peer);
  submit(&record->header);
}

INLINE void report_unix_accept(struct sock *sk) {
  struct unix_record *record = reserve_unix(SOCKEYE_EVENT_UNIX_ACCEPT, sk, 0);
  if (record) submit_unix_pair(record, sk);
}

// `address` with `length`, its family included, is what a failed call was asked for.
INLINE void report_unix_connect(struct sock *sk, int error, const void *address, u32 length, bool is_user) {
  struct unix_record *record = reserve_unix(SOCKEYE_EVENT_UNIX_CONNECT, sk, error);
  if (!record) return;
  if (!error) {
    submit_unix_pair(record, sk);
    return;
  }
  length -= 2;
  barrier_var(length);
  if (length <= SOCKEYE_UNIX_NAME_LIMIT) {
    const char *name = (const char *)address + 2;
    long status = is_user ? bpf_probe_read_user(record->peer, length, name)
                          : bpf_probe_read_kernel(record->peer, length, name);
    if (status == 0) record->ends.peer_length = length;
  }
  submit(&record->header);
}

// Connections between unix sockets where trampolines are allowed: io_uring's too, and at no cost to other calls.
#include "event_unix.h"

char LICENSE[] SEC("license") = "GPL";

SEC("?fexit/unix_stream_connect")
int BPF_PROG(unix_connect_return, struct socket *socket, void *address, int length, int flags, int result) {
  struct sock *sk = BPF_CORE_READ(socket, sk);
  if (sk) report_unix_connect(sk, -result, address, length, false);
  return 0;
}

// The third argument changed in 6.10, and the number of them: only the return value is taken behind the second.
SEC("?fexit/unix_accept")
int unix_accept_return(u64 *context) {
  u64 result = 0;
  struct socket *accepted = (struct socket *)context[1];
  if (bpf_get_func_ret(context, &result) || (int)result) return 0;
  struct sock *sk = BPF_CORE_READ(accepted, sk);
  if (sk) report_unix_accept(sk);
  return 0;
}

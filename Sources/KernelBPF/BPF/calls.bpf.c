// Results of system calls where the kernel has no better hook: accept, failed connect, failed exec, connections of
// unix sockets, changes of ids and namespaces.
//
// Every system call of the host pays for `sys_exit` (about 0.1 µs), so the plan takes it last.
#include "event_identity.h"
#include "event_unix.h"

char LICENSE[] SEC("license") = "GPL";

#define NAME_LIMIT 256

struct failed_exec_record {
  struct sockeye_event_header header;
  struct sockeye_event_actor actor;
  struct sockeye_event_failure failure;
  char name[NAME_LIMIT];
};

// What the plan wants of this program.
const volatile struct sockeye_event_calls wanted SEC(".rodata.wanted");

enum call { CALL_OTHER, CALL_ACCEPT, CALL_CONNECT, CALL_EXECVE, CALL_EXECVEAT, CALL_IDENTITY };

struct call_arguments {
  enum call call;
  u64 first;
  u64 second;
  u64 third;
};

// What threads were at the beginning of a call that may change it.
struct {
  __uint(type, BPF_MAP_TYPE_LRU_HASH);
  __uint(max_entries, 4096);
  __type(key, u32);
  __type(value, struct sockeye_event_ids);
} identities SEC(".maps");

INLINE enum call call_on_x86(u64 number) {
  if (number == 43 || number == 288) return CALL_ACCEPT;
  if (number == 42) return CALL_CONNECT;
  if (number == 59) return CALL_EXECVE;
  if (number == 322) return CALL_EXECVEAT;
  // setuid setgid, setreuid setregid, setresuid, setresgid, setfsuid setfsgid; unshare, setns
  bool changes = number == 105 || number == 106 || number == 113 || number == 114 || number == 117 ||
                 number == 119 || number == 122 || number == 123 || number == 272 || number == 308;
  return changes ? CALL_IDENTITY : CALL_OTHER;
}

INLINE enum call call_on_arm64(u64 number) {
  if (number == 202 || number == 242) return CALL_ACCEPT;
  if (number == 203) return CALL_CONNECT;
  if (number == 221) return CALL_EXECVE;
  if (number == 281) return CALL_EXECVEAT;
  // setregid setgid setreuid setuid setresuid, setresgid, setfsuid setfsgid; unshare, setns
  bool changes = (number >= 143 && number <= 147) || number == 149 || number == 151 || number == 152 ||
                 number == 97 || number == 268;
  return changes ? CALL_IDENTITY : CALL_OTHER;
}

// x86_64 by orig_ax, arm64 by syscallno; numbers of asm/unistd.h. A 32-bit task has other numbers: left out.
INLINE void read_call(struct call_arguments *out, struct pt_regs *registers) {
  out->call = CALL_OTHER;
  if (bpf_core_field_exists(registers->orig_ax)) {
    out->call = call_on_x86(registers->orig_ax);
    if (out->call == CALL_OTHER) return;
    if (bpf_get_current_task_btf()->thread_info.status & TS_COMPAT) out->call = CALL_OTHER;
    out->first = registers->di;
    out->second = registers->si;
    out->third = registers->dx;
    return;
  }
  struct pt_regs___arm64 *arm = (void *)registers;
  if (!bpf_core_field_exists(arm->syscallno)) return;
  out->call = call_on_arm64(arm->syscallno);
  out->first = arm->orig_x0;
  out->second = arm->regs[1];
  out->third = arm->regs[2];
}

INLINE struct sock *socket_of(struct file___event *file) {
  if (!file) return NULL;
  // Any file has private data: only a socket's points back at the file.
  struct socket *socket = BPF_CORE_READ(file, private_data);
  if (!socket || BPF_CORE_READ(socket, file) != (struct file *)file) return NULL;
  return BPF_CORE_READ(socket, sk);
}

// The socket behind one of the caller's descriptors.
INLINE struct sock *find_socket(u32 descriptor) {
  struct task_struct *task = bpf_get_current_task_btf();
  struct fdtable *table = BPF_CORE_READ(task, files, fdt);
  if (descriptor >= BPF_CORE_READ(table, max_fds)) return NULL;
  struct file **slots = BPF_CORE_READ(table, fd);
  struct file___event *file = NULL;
  bpf_probe_read_kernel(&file, sizeof file, slots + descriptor);
  return socket_of(file);
}

INLINE void report_accepted(struct sock *sk) {
  if (!sk) return;
  if (BPF_CORE_READ(sk, __sk_common.skc_family) != AF_UNIX) {
    if (wanted.accepts) report_probed(SOCKEYE_EVENT_ACCEPT, sk, 0, 0, NULL);
  } else if (wanted.unix_sockets) {
    report_unix_accept(sk);
  }
}

INLINE void report_connect(const struct call_arguments *call, long result) {
  struct sock *sk = find_socket(call->first);
  if (!sk) return;
  u64 address = call->second;
  if (BPF_CORE_READ(sk, __sk_common.skc_family) == AF_UNIX) {
    if (wanted.unix_sockets) report_unix_connect(sk, -result, (void *)address, call->third, true);
    return;
  }
  if (!wanted.connects) return;
  if (result < 0) {
    if (result == -EINPROGRESS || result == -EALREADY) return;
    struct asked_address asked = {};
    // The caller's memory again: a hostile thread may have changed it meanwhile. Short addresses are IPv4.
    if (bpf_probe_read_user(&asked, sizeof asked, (void *)address))
      bpf_probe_read_user(&asked, 16, (void *)address);
    report_probed(SOCKEYE_EVENT_CONNECT_FAILED, sk, -result, 0, &asked);
  } else if (BPF_CORE_READ(sk, sk_type) == SOCK_DGRAM) {
    report_probed(SOCKEYE_EVENT_DATAGRAM_CONNECT, sk, 0, 0, NULL);
  }
}

INLINE void report_failed_exec(u64 name, long result) {
  if (!is_act_wanted()) return;
  struct failed_exec_record *record = reserve(sizeof *record);
  if (!record) return;
  read_header(&record->header, SOCKEYE_EVENT_EXEC_FAILED,
              SOCKEYE_EVENT_ACTOR | SOCKEYE_EVENT_FAILURE_PART | SOCKEYE_EVENT_TEXT, sizeof *record);
  read_actor(&record->actor);
  record->failure.error = -result;
  __builtin_memset(record->name, 0, sizeof record->name);
  long length = bpf_probe_read_user_str(record->name, sizeof record->name, (void *)name);
  record->failure.name_length = length > 0 ? length : 0;
  submit(&record->header);
}

INLINE void read_identity(struct sockeye_event_ids *out) {
  struct task_struct *task = bpf_get_current_task_btf();
  read_credentials(out, BPF_CORE_READ(task, real_cred));
  read_namespaces(out, BPF_CORE_READ(task, nsproxy));
}

// A thread that executes becomes the leader.
INLINE u32 identity_key(enum call call) {
  u64 id = bpf_get_current_pid_tgid();
  return call == CALL_IDENTITY ? id : id >> 32;
}

INLINE void compare_identity(enum call call, long result) {
  u32 key = identity_key(call);
  struct sockeye_event_ids *before = bpf_map_lookup_elem(&identities, &key);
  if (!before) return;
  if (result >= 0) {
    struct sockeye_event_ids after;
    read_identity(&after);
    report_identity(before, &after);
  }
  bpf_map_delete_elem(&identities, &key);
}

// Only what the call finds can be compared with what it leaves.
SEC("?tp_btf/sys_enter")
int BPF_PROG(identity_call, struct pt_regs *registers, long number) {
  struct call_arguments call;
  read_call(&call, registers);
  if (call.call != CALL_IDENTITY && call.call != CALL_EXECVE && call.call != CALL_EXECVEAT) return 0;
  struct sockeye_event_ids ids;
  read_identity(&ids);
  u32 key = identity_key(call.call);
  bpf_map_update_elem(&identities, &key, &ids, 0);
  return 0;
}

SEC("?tp_btf/sys_exit")
int BPF_PROG(call_result, struct pt_regs *registers, long result) {
  struct call_arguments call;
  read_call(&call, registers);
  if (call.call == CALL_OTHER) return 0;
  if (call.call == CALL_ACCEPT) {
    if (result >= 0) report_accepted(find_socket(result));
  } else if (call.call == CALL_CONNECT) {
    report_connect(&call, result);
  } else {
    if (wanted.identities) compare_identity(call.call, result);
    if (result < 0 && wanted.execs && call.call != CALL_IDENTITY)
      report_failed_exec(call.call == CALL_EXECVE ? call.first : call.second, result);
  }
  return 0;
}

// x86_64, where trampolines are allowed: only callers of execve(2) pay.
SEC("?fexit/__x64_sys_execve")
int BPF_PROG(exec_return, struct pt_regs *registers, long result) {
  if (result < 0) report_failed_exec(registers->di, result);
  return 0;
}

SEC("?fexit/__x64_sys_execveat")
int BPF_PROG(execveat_return, struct pt_regs *registers, long result) {
  if (result < 0) report_failed_exec(registers->si, result);
  return 0;
}

// io_uring's calls pass no sys_exit: accepts, and connects of unix sockets.
INLINE int report_completion(struct io_kiocb *request, int result) {
  if (!request) return 0;
  u8 operation = BPF_CORE_READ(request, opcode);
  if (operation == 13) {  // IORING_OP_ACCEPT
    if (result < 0) return 0;
    struct sock *sk = find_socket(result);
    if (!sk) return 0;
    if (BPF_CORE_READ(sk, __sk_common.skc_family) != AF_UNIX) report_probed(SOCKEYE_EVENT_ACCEPT, sk, 0, 0, NULL);
    else if (wanted.unix_sockets) report_unix_accept(sk);
  } else if (operation == 16 && wanted.unix_sockets) {  // IORING_OP_CONNECT
    struct sock *sk = socket_of((struct file___event *)BPF_CORE_READ(request, file));
    if (sk) report_unix_connect(sk, -result, NULL, 0, false);
  }
  return 0;
}

// Since 6.10 the completion is the third argument.
SEC("?tp_btf/io_uring_complete")
int BPF_PROG(accept_uring, struct io_ring_ctx *ring, void *request, struct io_uring_cqe *completion) {
  return report_completion(request, BPF_CORE_READ(completion, res));
}

// The older form: the result is the fourth.
SEC("?tp_btf/io_uring_complete")
int BPF_PROG(accept_uring_old, struct io_ring_ctx *ring, void *request, u64 user_data, int result) {
  return report_completion(request, result);
}

// Results of system calls where the kernel has no better hook: accept, failed connect, failed exec.
//
// Every system call of the host pays for `sys_exit` (about 0.1 µs), so the plan takes it last.
#include "event_socket.h"

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

enum call { CALL_OTHER, CALL_ACCEPT, CALL_CONNECT, CALL_EXECVE, CALL_EXECVEAT };

struct call_arguments {
  enum call call;
  u64 first;
  u64 second;
};

// x86_64 by orig_ax, arm64 by syscallno; numbers of asm/unistd.h. A 32-bit task has other numbers: left out.
INLINE void read_call(struct call_arguments *out, struct pt_regs *registers) {
  out->call = CALL_OTHER;
  if (bpf_core_field_exists(registers->orig_ax)) {
    u64 number = registers->orig_ax;
    if (number != 42 && number != 43 && number != 59 && number != 288 && number != 322) return;
    if (bpf_get_current_task_btf()->thread_info.status & TS_COMPAT) return;
    out->call = number == 43 || number == 288 ? CALL_ACCEPT
                : number == 42                ? CALL_CONNECT
                : number == 59                ? CALL_EXECVE
                                              : CALL_EXECVEAT;
    out->first = registers->di;
    out->second = registers->si;
    return;
  }
  struct pt_regs___arm64 *arm = (void *)registers;
  if (!bpf_core_field_exists(arm->syscallno)) return;
  int number = arm->syscallno;
  out->call = number == 202 || number == 242 ? CALL_ACCEPT
              : number == 203                ? CALL_CONNECT
              : number == 221                ? CALL_EXECVE
              : number == 281                ? CALL_EXECVEAT
                                             : CALL_OTHER;
  out->first = arm->orig_x0;
  out->second = arm->regs[1];
}

// The socket behind one of the caller's descriptors.
INLINE struct sock *find_socket(u32 descriptor) {
  struct task_struct *task = bpf_get_current_task_btf();
  struct fdtable *table = BPF_CORE_READ(task, files, fdt);
  if (descriptor >= BPF_CORE_READ(table, max_fds)) return NULL;
  struct file **slots = BPF_CORE_READ(table, fd);
  struct file___event *file = NULL;
  bpf_probe_read_kernel(&file, sizeof file, slots + descriptor);
  if (!file) return NULL;
  // Any file has private data: only a socket's points back at the file.
  struct socket *socket = BPF_CORE_READ(file, private_data);
  if (!socket || BPF_CORE_READ(socket, file) != (struct file *)file) return NULL;
  return BPF_CORE_READ(socket, sk);
}

INLINE void report_connect(u32 descriptor, u64 address, long result) {
  struct sock *sk = find_socket(descriptor);
  if (!sk) return;
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

SEC("?tp_btf/sys_exit")
int BPF_PROG(call_result, struct pt_regs *registers, long result) {
  struct call_arguments call;
  read_call(&call, registers);
  if (call.call == CALL_OTHER) return 0;
  if (call.call == CALL_ACCEPT) {
    if (result < 0 || !wanted.accepts) return 0;
    struct sock *sk = find_socket(result);
    if (sk) report_probed(SOCKEYE_EVENT_ACCEPT, sk, 0, 0, NULL);
  } else if (call.call == CALL_CONNECT) {
    if (wanted.connects) report_connect(call.first, call.second, result);
  } else if (result < 0 && wanted.execs) {
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

// io_uring's accept passes no sys_exit. Since 6.10 the completion is the third argument.
SEC("?tp_btf/io_uring_complete")
int BPF_PROG(accept_uring, struct io_ring_ctx *ring, void *request, struct io_uring_cqe *completion) {
  if (!request || BPF_CORE_READ((struct io_kiocb *)request, opcode) != 13) return 0;  // IORING_OP_ACCEPT
  int result = BPF_CORE_READ(completion, res);
  struct sock *sk = result >= 0 ? find_socket(result) : NULL;
  if (sk) report_probed(SOCKEYE_EVENT_ACCEPT, sk, 0, 0, NULL);
  return 0;
}

// The older form: the result is the fourth.
SEC("?tp_btf/io_uring_complete")
int BPF_PROG(accept_uring_old, struct io_ring_ctx *ring, void *request, u64 user_data, int result) {
  if (!request || BPF_CORE_READ((struct io_kiocb *)request, opcode) != 13) return 0;
  struct sock *sk = result >= 0 ? find_socket(result) : NULL;
  if (sk) report_probed(SOCKEYE_EVENT_ACCEPT, sk, 0, 0, NULL);
  return 0;
}

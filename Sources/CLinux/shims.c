#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/sysmacros.h>
#include <sys/prctl.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>
#include <linux/audit.h>
#include <linux/fs.h>
#include <linux/perf_event.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

ssize_t clinux_getdents64(int directory, void *buffer, size_t size) {
  return syscall(SYS_getdents64, directory, buffer, size);
}

int clinux_pidfd_open(pid_t pid, unsigned int flags) {
  return (int)syscall(SYS_pidfd_open, pid, flags);
}

int clinux_pidfd_getfd(int pidfd, int target, unsigned int flags) {
  return (int)syscall(SYS_pidfd_getfd, pidfd, target, flags);
}

int clinux_effective_capabilities(uint64_t *effective) {
  struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  struct __user_cap_data_struct data[2];
  if (syscall(SYS_capget, &header, data) != 0) return -1;
  *effective = (uint64_t)data[1].effective << 32 | data[0].effective;
  return 0;
}

int clinux_keep_capabilities(uint64_t kept) {
  struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  struct __user_cap_data_struct data[2];
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return -1;
  if (syscall(SYS_capget, &header, data) != 0) return -1;
  for (int word = 0; word < 2; word++) {
    data[word].permitted &= (uint32_t)(kept >> 32 * word);
    data[word].effective = data[word].permitted;
    data[word].inheritable = 0;
  }
  return (int)syscall(SYS_capset, &header, data);
}

int clinux_peer_credentials(int descriptor, pid_t *pid, uid_t *uid) {
  struct ucred credentials;
  socklen_t size = sizeof credentials;
  if (getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0) return -1;
  *pid = credentials.pid;
  *uid = credentials.uid;
  return 0;
}

int clinux_accept(int listener) { return accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK); }

int clinux_setns(int descriptor, int kind) { return setns(descriptor, kind); }

int clinux_unshare(int flags) { return unshare(flags); }

const char *clinux_errno_name(int number) { return strerrorname_np(number); }

const char *clinux_errno_text(int number) { return strerrordesc_np(number); }

int clinux_ioctl_none(int descriptor, unsigned long request) { return ioctl(descriptor, request); }

int clinux_ioctl_int(int descriptor, unsigned long request, int *value) {
  return ioctl(descriptor, request, value);
}

int clinux_ioctl_pointer(int descriptor, unsigned long request, void *argument) {
  return ioctl(descriptor, request, argument);
}

void clinux_ignore_broken_pipes(void) { signal(SIGPIPE, SIG_IGN); }

const unsigned long clinux_generation_request = FS_IOC_GETVERSION;

uint32_t clinux_kernel_device(uint64_t device) { return major(device) << 20 | (minor(device) & 0xfffff); }

int clinux_memfd(const char *name) { return memfd_create(name, MFD_CLOEXEC); }

int clinux_spawn_reading(pid_t *pid, char *const arguments[], int input) {
  posix_spawn_file_actions_t actions;
  int error = posix_spawn_file_actions_init(&actions);
  if (error != 0) return error;
  error = posix_spawn_file_actions_adddup2(&actions, input, 0);
  if (error == 0) error = posix_spawnp(pid, arguments[0], &actions, NULL, arguments, environ);
  posix_spawn_file_actions_destroy(&actions);
  return error;
}

int clinux_openat(int directory, const char *path, int flags) { return openat(directory, path, flags); }

int clinux_create_at(int directory, const char *path, int flags, mode_t mode) {
  return openat(directory, path, flags | O_CREAT | O_EXCL, mode);
}

int clinux_create(const char *path, mode_t mode) {
  return open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
}

int clinux_fsopen(const char *filesystem) { return syscall(SYS_fsopen, filesystem, FSOPEN_CLOEXEC); }
int clinux_fsconfig_create(int filesystem) {
  return syscall(SYS_fsconfig, filesystem, FSCONFIG_CMD_CREATE, NULL, NULL, 0);
}
int clinux_fsmount(int filesystem) { return syscall(SYS_fsmount, filesystem, FSMOUNT_CLOEXEC, 0); }

long clinux_ptrace(long request, pid_t thread, uint64_t address, uint64_t data) {
  return ptrace((enum __ptrace_request)request, thread, (void *)address, (void *)data);
}

int clinux_ptrace_registers(pid_t thread, uint64_t *registers, uint64_t *number, int64_t *result, int *is_i386) {
#ifdef __x86_64__
  struct user_regs_struct all;
  struct __ptrace_syscall_info information;
  if (ptrace(PTRACE_GETREGS, thread, NULL, &all) != 0) return -1;
  if (ptrace(PTRACE_GET_SYSCALL_INFO, thread, (void *)sizeof information, &information) < 0) return -1;
  *is_i386 = information.arch == AUDIT_ARCH_I386;
  const uint64_t ordered[17] = {all.orig_rax, all.rdx, all.rcx, all.rbx, all.rsi, all.rdi, all.rbp, all.rsp, all.r8,
                                all.r9,       all.r10, all.r11, all.r12, all.r13, all.r14, all.r15, all.rip};
  memcpy(registers, ordered, sizeof ordered);
  *number = all.orig_rax;
  *result = (int64_t)all.rax;
  return 0;
#else
  errno = ENOSYS;
  return -1;
#endif
}

int clinux_ptrace_place(pid_t thread) {
  struct __ptrace_syscall_info information;
  if (ptrace(PTRACE_GET_SYSCALL_INFO, thread, (void *)sizeof information, &information) < 0) return -1;
  if (information.op == PTRACE_SYSCALL_INFO_ENTRY) return 1;
  return information.op == PTRACE_SYSCALL_INFO_EXIT ? 2 : 0;
}

pid_t clinux_wait_traced(int *status) { return waitpid(-1, status, __WALL | WNOHANG); }

static _Atomic(clinux_bpf_log) current_log;

static int forward(enum libbpf_print_level level, const char *format, va_list arguments) {
  clinux_bpf_log log = atomic_load(&current_log);
  if (!log) return 0;
  // The verifier's log is one line to libbpf, with the verdict at its end.
  char *line = NULL;
  int length = vasprintf(&line, format, arguments);
  if (length < 0) return length;
  log((int)level, line);
  free(line);
  return length;
}

void clinux_set_bpf_log(clinux_bpf_log log) {
  atomic_store(&current_log, log);
  libbpf_set_print(log ? forward : NULL);
}

int clinux_perf_mappings(int cpu, uint32_t watermark, int clock, int names) {
  struct perf_event_attr event = {
    .type = PERF_TYPE_SOFTWARE,
    .size = sizeof event,
    .config = PERF_COUNT_SW_DUMMY,
    .sample_type = PERF_SAMPLE_TID | PERF_SAMPLE_TIME | PERF_SAMPLE_CPU,
    .mmap = 1,
    .mmap2 = 1,
    .build_id = 1,
    .comm = names != 0,
    .sample_id_all = 1,
    .use_clockid = 1,
    .clockid = clock,
    .watermark = 1,
    .wakeup_watermark = watermark,
    .read_format = PERF_FORMAT_LOST,
  };
  int number = (int)syscall(SYS_perf_event_open, &event, -1, cpu, -1, PERF_FLAG_FD_CLOEXEC);
  if (number >= 0 || errno != EINVAL) return number;
  event.read_format = 0;  // before 6.0
  return (int)syscall(SYS_perf_event_open, &event, -1, cpu, -1, PERF_FLAG_FD_CLOEXEC);
}

int clinux_perf_sampling(const struct clinux_perf_sampling *wanted, int cpu) {
  struct perf_event_attr event = {
    .type = wanted->type,
    .size = sizeof event,
    .config = wanted->config,
    .config1 = (uintptr_t)wanted->path,
    .config2 = wanted->offset,
    .sample_period = 1,
    .sample_type = wanted->sample_type,
    .read_format = wanted->counts_lost ? PERF_FORMAT_LOST : 0,
    .exclude_callchain_user = 1,
    .sample_id_all = 1,
    .use_clockid = 1,
    .clockid = CLOCK_MONOTONIC,
    .watermark = !wanted->wakes,
    .wakeup_events = wanted->wakes ? 1 : 1 << 20,
  };
  if (wanted->sample_type & PERF_SAMPLE_REGS_USER) event.sample_regs_user = clinux_perf_registers;
  // The kernel shortens it to what a record has room for.
  if (wanted->sample_type & PERF_SAMPLE_STACK_USER) event.sample_stack_user = UINT16_MAX - 7;
  return (int)syscall(SYS_perf_event_open, &event, -1, cpu, -1, PERF_FLAG_FD_CLOEXEC);
}

int clinux_perf_direct(int event, int ring, const char *filter, uint64_t *id) {
  if (filter && ioctl(event, PERF_EVENT_IOC_SET_FILTER, filter) != 0) return -1;
  if (ioctl(event, PERF_EVENT_IOC_ID, id) != 0) return -1;
  return ioctl(event, PERF_EVENT_IOC_SET_OUTPUT, ring);
}

void clinux_raise_descriptor_limit(void) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

uint64_t clinux_perf_head(const void *page) {
  return __atomic_load_n(&((const struct perf_event_mmap_page *)page)->data_head, __ATOMIC_ACQUIRE);
}

uint64_t clinux_perf_tail(const void *page) { return ((const struct perf_event_mmap_page *)page)->data_tail; }

void clinux_perf_set_tail(void *page, uint64_t tail) {
  __atomic_store_n(&((struct perf_event_mmap_page *)page)->data_tail, tail, __ATOMIC_RELEASE);
}

uint64_t clinux_load_acquire_64(const void *from) { return __atomic_load_n((const uint64_t *)from, __ATOMIC_ACQUIRE); }

uint32_t clinux_load_acquire_32(const void *from) { return __atomic_load_n((const uint32_t *)from, __ATOMIC_ACQUIRE); }

void clinux_store_release_64(void *to, uint64_t value) { __atomic_store_n((uint64_t *)to, value, __ATOMIC_RELEASE); }

// As execvp(3) looks for it, but without a failed execve for every directory, which our own probes would tell of.
static const char *find_program(const char *name, char *path, size_t size) {
  const char *next = getenv("PATH");
  if (!next || !*name || strchr(name, '/')) return name;
  while (*next) {
    size_t length = strcspn(next, ":");
    int written = snprintf(path, size, "%.*s%s%s", (int)length, next, length ? "/" : "", name);
    if (written > 0 && (size_t)written < size && access(path, X_OK) == 0) return path;
    next += length + (next[length] == ':');
  }
  return name;
}

pid_t clinux_start_held(char *const arguments[], int *release, int *failure) {
  char path[4096];
  const char *program = !arguments ? NULL : find_program(arguments[0], path, sizeof path);
  int gate[2], result[2];
  if (pipe2(gate, O_CLOEXEC) != 0) return -1;
  if (pipe2(result, O_CLOEXEC) != 0) {
    close(gate[0]);
    close(gate[1]);
    return -1;
  }
  pid_t child = fork();
  if (child == 0) {
    char byte;
    // Without our copy of the other end, the end of the parent opens the gate as well.
    close(gate[1]);
    if (read(gate[0], &byte, 1) != 1) _exit(127);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    signal(SIGPIPE, SIG_DFL);
    if (!program) _exit(clinux_event_workload());
    execvp(program, arguments);
    int error = errno;
    if (write(result[1], &error, sizeof error) < 0) _exit(126);
    _exit(127);
  }
  int error = errno;
  close(gate[0]);
  close(result[1]);
  if (child < 0) {
    close(gate[1]);
    close(result[0]);
    errno = error;
    return -1;
  }
  *release = gate[1];
  *failure = result[0];
  return child;
}

int clinux_eventfd(void) { return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); }

int clinux_stop_signals(void) {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGHUP);
  if (pthread_sigmask(SIG_BLOCK, &signals, NULL) != 0) return -1;
  return signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
}

int clinux_next_signal(int descriptor) {
  struct signalfd_siginfo signal;
  return read(descriptor, &signal, sizeof signal) == sizeof signal ? (int)signal.ssi_signo : 0;
}

// What Swift cannot import: variadic functions, function-like macros, static inline helpers that take them.
#pragma once
#include <stdint.h>
#include <sys/types.h>

// asm-generic/fcntl.h; glibc shows it only with _GNU_SOURCE.
#ifndef O_PATH
#define O_PATH 010000000
#endif

/// getdents64(2): fills `buffer` with `struct linux_dirent64`; bytes written, 0 at the end, -1 with errno.
ssize_t clinux_getdents64(int directory, void *buffer, size_t size);
/// pidfd_open(2), since 5.3.
int clinux_pidfd_open(pid_t pid, unsigned int flags);
/// pidfd_getfd(2), since 5.6.
int clinux_pidfd_getfd(int pidfd, int target, unsigned int flags);
/// capget(2) of the calling thread: effective set into `*effective`; 0 or -1 with errno.
int clinux_effective_capabilities(uint64_t *effective);
/// capset(2) of the calling thread: of its permitted capabilities those in `kept` stay, and are effective; none is
/// inheritable or ambient, and no exec gains any (PR_SET_NO_NEW_PRIVS). 0 or -1 with errno.
int clinux_keep_capabilities(uint64_t kept);
/// SO_PEERCRED of unix(7): who connected, or called listen(2); 0 or -1 with errno.
int clinux_peer_credentials(int descriptor, pid_t *pid, uid_t *uid);
/// accept4(2) with SOCK_CLOEXEC and SOCK_NONBLOCK.
int clinux_accept(int listener);
/// setns(2), which glibc declares only with _GNU_SOURCE; likewise unshare(2).
int clinux_setns(int descriptor, int kind);
int clinux_unshare(int flags);
/// `ECONNREFUSED` and its text without locale; NULL for an unknown number.
const char *clinux_errno_name(int number);
const char *clinux_errno_text(int number);
/// ioctl(2) with an int result and no argument (NS_GET_NSTYPE, SIOCGSKNS): a value, or -1 with errno.
int clinux_ioctl_none(int descriptor, unsigned long request);
/// ioctl(2) that writes one int (SIOCINQ, SIOCOUTQ).
int clinux_ioctl_int(int descriptor, unsigned long request, int *value);
/// ioctl(2) that reads or writes a structure.
int clinux_ioctl_pointer(int descriptor, unsigned long request, void *argument);
/// signal(SIGPIPE, SIG_IGN): the constant is a cast to a function, which is not imported.
void clinux_ignore_broken_pipes(void);
/// FS_IOC_GETVERSION of linux/fs.h, whose macro Swift does not import.
extern const unsigned long clinux_generation_request;
/// The kernel's own form of a `dev_t`: 12 bits major, 20 bits minor.
uint32_t clinux_kernel_device(uint64_t device);
/// open(2) and openat(2) without the variadic mode (O_CREAT is not for these).
int clinux_openat(int directory, const char *path, int flags);
/// memfd_create(2), close-on-exec.
int clinux_memfd(const char *name);
/// posix_spawnp(3) with `input` as standard input and our environment.
int clinux_spawn_reading(pid_t *pid, char *const arguments[], int input);
/// openat(2) with O_CREAT and O_EXCL added: a new file of that mode, or EEXIST.
int clinux_create_at(int directory, const char *path, int flags, mode_t mode);
/// open(2) for writing, close-on-exec, with O_CREAT and O_TRUNC: an empty file of that mode, less the umask.
int clinux_create(const char *path, mode_t mode);
// fsopen, fsconfig, fsmount (linux/mount.h, since 5.2): the root of a new mount that stands nowhere in the tree.
int clinux_fsopen(const char *filesystem);
int clinux_fsconfig_create(int filesystem);
int clinux_fsmount(int filesystem);
/// ptrace(2), which is variadic: `address` and `data` as the request has them. The result, or -1 with errno.
long clinux_ptrace(long request, pid_t thread, uint64_t address, uint64_t data);
/// PTRACE_GETREGS: 17 registers in DWARF's order into `registers`, the call's number (orig_rax) and the result (rax).
int clinux_ptrace_registers(pid_t thread, uint64_t *registers, uint64_t *number, int64_t *result, int *is_i386);
/// PTRACE_GET_SYSCALL_INFO (since 5.3): 1 at a call's entry, 2 at its exit, 0 elsewhere; -1 with errno.
int clinux_ptrace_place(pid_t thread);
/// waitpid(2) for any child or thread that is traced: its number, 0 when there is no news, or -1.
pid_t clinux_wait_traced(int *status);

/// One line of libbpf's log; `level` is `enum libbpf_print_level`.
typedef void (*clinux_bpf_log)(int level, const char *line);
/// Sends libbpf's log to `log`, or to nowhere if NULL.
void clinux_set_bpf_log(clinux_bpf_log log);

/// Kinds of type in BTF (linux/btf.h), whose macros are enumerators too: Swift cannot tell them apart.
static const uint32_t clinux_btf_kind_typedef = 8;
static const uint32_t clinux_btf_kind_func = 12;

/// perf_event_open(2) of an event on `cpu` that only reports executable mappings (PERF_RECORD_MMAP2, build ids where
/// the kernel knows them) and, with `names`, threads' new names (PERF_RECORD_COMM), timed by `clock`, waking when
/// `watermark` bytes are there: a descriptor, or -1.
int clinux_perf_mappings(int cpu, uint32_t watermark, int clock, int names);

/// The user registers of a sample: AX BX CX DX SI DI BP SP IP and R8 to R15 of asm/perf_regs.h, in that order.
static const uint64_t clinux_perf_registers = 0xff01ff;

/// An event that writes a sample each time; of `type`, with `config`, or a place in a file.
struct clinux_perf_sampling {
  uint32_t type;
  uint64_t config;
  const char *path;
  uint64_t offset;
  /// enum perf_event_sample_format
  uint64_t sample_type;
  /// Whoever polls the ring is woken by each sample.
  int wakes;
  /// PERF_FORMAT_LOST, since 6.0.
  int counts_lost;
};
/// perf_event_open(2) of such an event on `cpu`, timed by CLOCK_MONOTONIC, the only clock that tracepoints and CLOCK_BOOTTIME
/// have in common up to a constant: a descriptor, or -1.
int clinux_perf_sampling(const struct clinux_perf_sampling *wanted, int cpu);
/// Gives an event its filter, asks for its id, and lets it write into the ring of another; 0, or -1.
int clinux_perf_direct(int event, int ring, const char *filter, uint64_t *id);
/// Raises the soft limit of open files to the hard one, as far as it may.
void clinux_raise_descriptor_limit(void);
/// Loads and stores of a perf ring's positions, with the barriers that the kernel's side expects.
uint64_t clinux_perf_head(const void *page);
uint64_t clinux_perf_tail(const void *page);
void clinux_perf_set_tail(void *page, uint64_t tail);
/// The same for the positions and the lengths in a BPF ring buffer.
uint64_t clinux_load_acquire_64(const void *from);
uint32_t clinux_load_acquire_32(const void *from);
void clinux_store_release_64(void *to, uint64_t value);

/// fork(2) and, when a byte arrives at `*release`, execvp(3) with signals as they are by default. `*failure` then gives
/// the errno of a failed exec as an int, or its end. The child's pid, or -1 with errno.
pid_t clinux_start_held(char *const arguments[], int *release, int *failure);
/// What the held child runs instead if `arguments` is NULL: one event of each kind that the probes tell of. Returns 23.
int clinux_event_workload(void);
/// eventfd(2) that does not block; signalfd(2) of SIGINT, SIGTERM and SIGHUP, which the calling thread blocks.
int clinux_eventfd(void);
int clinux_stop_signals(void);
/// The number of the next signal of such a descriptor; 0 when there is none.
int clinux_next_signal(int descriptor);

// What the event probes read beyond kernel_types.h: process internals, mounts, registers.
#pragma once
#include "kernel_types.h"

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_core_read.h>

#define INLINE static __always_inline

// clang drops a mask that a comparison has made redundant; the 6.1 verifier needs it in the object code.
#define MASKED(value, mask)                                \
  ({                                                       \
    u64 masked_ = (value);                                 \
    asm volatile("%0 &= %1" : "+r"(masked_) : "i"(mask));  \
    masked_;                                               \
  })

// enum bpf_map_type and the ring's flags, of linux/bpf.h (which cannot be had here without the libc's headers).
#define BPF_MAP_TYPE_HASH 1
#define BPF_MAP_TYPE_ARRAY 2
#define BPF_MAP_TYPE_PERCPU_ARRAY 6
#define BPF_MAP_TYPE_LRU_HASH 9
#define BPF_MAP_TYPE_RINGBUF 27
#define BPF_F_NO_PREALLOC 1
#define BPF_NOEXIST 1
#define BPF_RB_NO_WAKEUP 1
#define BPF_RB_FORCE_WAKEUP 2

#define TCP_SYN_SENT 2
#define TCP_SYN_RECV 3
#define TCP_FIN_WAIT1 4
#define TCP_FIN_WAIT2 5
#define TCP_TIME_WAIT 6
#define TCP_CLOSE 7
#define TCP_LAST_ACK 9
#define TCP_CLOSING 11
#define AF_PACKET 17
#define IPPROTO_ICMP 1
#define IPPROTO_ICMPV6 58
#define SOCK_RAW 3
#define MSG_PEEK 2
#define MSG_ERRQUEUE 0x2000
#define SOCK_DONE_BIT 1  // enum sock_flags of net/sock.h: SOCK_DEAD, SOCK_DONE
#define SIGNAL_GROUP_EXIT 4
#define PIDTYPE_SID 3
#define TS_COMPAT 2
#define EINPROGRESS 115
#define EALREADY 114

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct upid {
  int nr;
};
struct pid {
  struct upid numbers[1];
};
struct signal_struct {
  atomic_t live;
  int nr_threads;
  unsigned int flags;
  int group_exit_code;
  u64 utime;
  u64 stime;
  unsigned long long sum_sched_runtime;
  struct pid *pids[4];
};
struct mnt_namespace {
  struct ns_common ns;
};
struct pid_namespace {
  struct ns_common ns;
};
struct user_namespace {
  struct ns_common ns;
};
struct time_namespace {
  struct ns_common ns;
};
struct uts_namespace {
  struct ns_common ns;
};
struct ipc_namespace {
  struct ns_common ns;
};
struct cgroup_namespace {
  struct ns_common ns;
};
struct nsproxy {
  struct mnt_namespace *mnt_ns;
  struct pid_namespace *pid_ns_for_children;
  struct net *net_ns;
  struct time_namespace *time_ns_for_children;
  struct uts_namespace *uts_ns;
  struct ipc_namespace *ipc_ns;
  struct cgroup_namespace *cgroup_ns;
};
typedef struct {
  unsigned int val;
} kgid_t;
struct cred {
  kuid_t uid, euid, suid, fsuid;
  kgid_t gid, egid, sgid, fsgid;
  struct user_namespace *user_ns;
};
struct mm_struct {
  unsigned long start_stack;
  unsigned long arg_start;
  unsigned long arg_end;
};

struct qstr {
  const unsigned char *name;
};
struct vfsmount {
  struct dentry *mnt_root;
};
struct mount {
  struct mount *mnt_parent;
  struct dentry *mnt_mountpoint;
  struct vfsmount mnt;
};
struct path {
  struct vfsmount *mnt;
  struct dentry *dentry;
};
// kernel_types.h has an empty view of these two: libbpf drops what follows the three underscores.
struct dentry___event {
  struct dentry *d_parent;
  struct qstr d_name;
};
struct file___event {
  struct path f_path;
  void *private_data;
};
struct timespec64 {
  s64 tv_sec;
  long tv_nsec;
};
struct inode___6_11 {
  s64 i_mtime_sec;
  s64 i_ctime_sec;
  u32 i_mtime_nsec;
  u32 i_ctime_nsec;
};
struct inode___6_6 {
  struct timespec64 __i_mtime;  // from 6.7 on
  struct timespec64 __i_ctime;
};
struct inode___before_6_6 {
  struct timespec64 i_mtime;
  struct timespec64 i_ctime;
};
struct fs_struct {
  struct path pwd;
};
struct linux_binprm {
  struct file *file;
  const char *filename;
  const char *interp;
  int argc;
  int envc;
};
struct fdtable {
  unsigned int max_fds;
  struct file **fd;
};
struct files_struct {
  struct fdtable *fdt;
};

// The verifier's views of a cgroup program's context (linux/bpf.h); their offsets are fixed, not relocated.
#pragma clang attribute pop
struct bpf_sock {
  u32 bound_dev_if;
  u32 family;
  u32 type;
  u32 protocol;
};
struct bpf_sock_addr {
  u32 user_family;
  u32 user_ip4;
  u32 user_ip6[4];
  u32 user_port;
  u32 family;
  u32 type;
  u32 protocol;
  u32 msg_src_ip4;
  u32 msg_src_ip6[4];
  union {
    struct bpf_sock *sk;
    u64 sk_pointer;
  };
};
struct __sk_buff {
  u32 len;
  u32 pkt_type;
  u32 mark;
  u32 queue_mapping;
  u32 protocol;
  u32 unused[14];  // vlan_present to tc_classid
  u32 data;
  u32 data_end;
};
#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct pt_regs {
  unsigned long r15, r14, r13, r12, bp, bx, r11, r10, r9, r8, ax, cx, dx, si, di;
  unsigned long orig_ax;
  unsigned long ip, sp;
};
struct user_pt_regs___arm64 {
  u64 regs[31];
};
// Of raw packets that are received; the headers are in network order.
struct sk_buff {
  struct sock *sk;
  unsigned char *head;
  __u16 network_header;
};

struct pt_regs___arm64 {
  u64 regs[31];
  u64 orig_x0;
  s32 syscallno;
};

struct msghdr {
  void *msg_name;
};

struct vm_area_struct {
  unsigned long vm_start;
  unsigned long vm_end;
  unsigned long vm_flags;
  struct file *vm_file;
};
struct io_ring_ctx;
struct io_uring_cqe {
  s32 res;
};
struct io_kiocb {
  struct file *file;
  u8 opcode;
};

#pragma clang attribute pop

// The kernel's structures, with only the fields that the probes read; CO-RE finds the real offsets at load.
#pragma once
typedef signed char __s8;
typedef unsigned char __u8;
typedef short __s16;
typedef unsigned short __u16;
typedef int __s32;
typedef unsigned int __u32;
typedef long long __s64;
typedef unsigned long long __u64;
typedef __u16 __be16;
typedef __u32 __be32;
typedef __u32 __wsum;
typedef __u64 __be64;
typedef __u16 __sum16;
typedef __u8 uint8_t;
typedef __u16 uint16_t;
typedef __u32 uint32_t;
typedef __u64 uint64_t;
typedef __s64 int64_t;
typedef __s32 int32_t;
typedef __u8 u8;
typedef __u16 u16;
typedef __u32 u32;
typedef __u64 u64;
typedef __s64 s64;
typedef __s32 s32;
typedef int pid_t;
typedef _Bool bool;
#define NULL ((void *)0)
enum { false = 0, true = 1 };

#define AF_UNIX 1
#define AF_INET 2
#define AF_INET6 10
#define IPPROTO_TCP 6
#define IPPROTO_UDP 17
#define SOCK_STREAM 1
#define SOCK_DGRAM 2
#define NSFS_MAGIC 0x6e736673
#define TCP_ESTABLISHED 1
#define TCP_CLOSE_WAIT 8
#define TCP_LISTEN 10

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct sched_entity {
  u64 sum_exec_runtime;
};
struct thread_info {
  u32 status;
};
struct task_struct {
  struct thread_info thread_info;
  pid_t pid;
  pid_t tgid;
  u64 start_boottime;
  u64 self_exec_id;
  struct task_struct *group_leader;
  struct task_struct *real_parent;
  struct signal_struct *signal;
  struct nsproxy *nsproxy;
  struct cred *real_cred;
  struct mm_struct *mm;
  struct fs_struct *fs;
  struct files_struct *files;
  struct sched_entity se;
  u64 utime;
  u64 stime;
  int exit_code;
  unsigned int in_execve : 1;
  unsigned long sas_ss_sp;
  unsigned long sas_ss_size;
  char comm[16];
};

struct ns_common {
  unsigned int inum;
};
struct net {
  struct ns_common ns;
};
typedef struct {
  struct net *net;
} possible_net_t;

struct in6_addr {
  union {
    __be32 u6_addr32[4];
  } in6_u;
};

typedef struct {
  int counter;
} atomic_t;
typedef struct {
  s64 counter;
} atomic64_t;
typedef struct refcount_struct {
  atomic_t refs;
} refcount_t;
typedef struct {
  unsigned int val;
} kuid_t;

struct sock_common {
  __be32 skc_daddr;
  __be32 skc_rcv_saddr;
  __be16 skc_dport;
  __u16 skc_num;
  unsigned short skc_family;
  volatile unsigned char skc_state;
  unsigned char skc_ipv6only : 1;
  int skc_bound_dev_if;
  unsigned long skc_flags;
  possible_net_t skc_net;
  struct in6_addr skc_v6_daddr;
  struct in6_addr skc_v6_rcv_saddr;
  atomic64_t skc_cookie;
};

typedef struct {
  int owned;
} socket_lock_t;
struct kernfs_node {
  u64 id;
};
struct cgroup {
  struct kernfs_node *kn;
};
struct sock_cgroup_data {
  struct cgroup *cgroup;
};
struct sk_buff_head {
  __u32 qlen;
};
struct timer_list {
  unsigned long expires;
};

struct inode {
  unsigned long i_ino;
  unsigned int i_nlink;
  u32 i_generation;
  struct super_block *i_sb;
};
struct super_block {
  unsigned long s_magic;
  u32 s_dev;
};
struct socket_wq;
struct socket {
  struct sock *sk;
  struct file *file;
  const struct proto_ops *ops;
};
struct socket_alloc {
  struct socket socket;
  struct inode vfs_inode;
};
struct dentry_operations;
struct dentry {
  const struct dentry_operations *d_op;
};
typedef struct {
  long counter;
} atomic_long_t;
typedef struct {
  atomic_long_t refcnt;
} file_ref_t;
struct file {
  struct inode *f_inode;
  file_ref_t f_ref;
};
struct file___before_6_13 {
  atomic_long_t f_count;
};

struct sock {
  struct sock_common __sk_common;
  socket_lock_t sk_lock;
  int sk_err;
  u16 sk_type;
  u16 sk_protocol;
  u8 sk_shutdown;
  kuid_t sk_uid;
  u32 sk_mark;
  u32 sk_ack_backlog;
  u32 sk_max_ack_backlog;
  int sk_rcvbuf;
  int sk_sndbuf;
  int sk_forward_alloc;
  int sk_wmem_queued;
  refcount_t sk_wmem_alloc;
  atomic_t sk_omem_alloc;
  atomic_t sk_drops;
  struct {
    atomic_t rmem_alloc;
    int len;
  } sk_backlog;
  unsigned long sk_pacing_rate;
  unsigned long sk_max_pacing_rate;
  struct timer_list sk_timer;
  struct timer_list tcp_retransmit_timer;  // since 6.19; icsk_retransmit_timer before
  struct socket *sk_socket;
  struct pid *sk_peer_pid;
  struct sock_cgroup_data sk_cgrp_data;
};

struct udp_sock {
  int forward_deficit;
  int pending;
};
struct packet_sock {
  int ifindex;
  __be16 num;
};

struct sockaddr_un {
  unsigned short sun_family;
  char sun_path[108];
};
struct unix_address {
  int len;
  struct sockaddr_un name[0];
};
struct unix_sock {
  struct unix_address *addr;
  struct sock *peer;
};

struct request_sock_queue {
  atomic_t qlen;
};
struct ipv6_pinfo {
  u8 tclass;
};
struct inet_sock {
  __be16 inet_sport;
  __u8 tos;
  struct ipv6_pinfo *pinet6;
};
struct tcp_congestion_ops {
  char name[16];
};
struct inet_connection_sock {
  struct inet_sock icsk_inet;
  struct request_sock_queue icsk_accept_queue;
  struct timer_list icsk_retransmit_timer;
  struct timer_list icsk_keepalive_timer;
  __u32 icsk_rto;
  __u32 icsk_pmtu_cookie;
  const struct tcp_congestion_ops *icsk_ca_ops;
  __u8 icsk_ca_state : 5;
  __u8 icsk_retransmits;
  __u8 icsk_pending;
  __u8 icsk_backoff;
  __u8 icsk_probes_out;
  struct {
    __u32 ato : 8;
    __u32 lrcvtime;
    __u16 rcv_mss;
  } icsk_ack;
};
struct minmax_sample {
  u32 t;
  u32 v;
};
struct minmax {
  struct minmax_sample s[3];
};
struct tcp_options_received {
  u16 tstamp_ok : 1;
  u16 sack_ok : 3;
  u16 wscale_ok : 1;
  u16 snd_wscale : 4;
  u16 rcv_wscale : 4;
};
struct tcp_sock {
  struct inet_connection_sock inet_conn;
  u32 rcv_nxt;
  u32 copied_seq;
  u32 snd_nxt;
  u32 snd_una;
  u32 write_seq;
  u64 bytes_sent;
  u64 bytes_retrans;
  u64 bytes_acked;
  u64 bytes_received;
  u32 srtt_us;
  u32 mdev_us;
  struct minmax rtt_min;
  struct {
    u32 rtt_us;
  } rcv_rtt_est;
  struct {
    u32 space;
  } rcvq_space;
  u32 mss_cache;
  u16 advmss;
  u32 snd_cwnd;
  u32 snd_ssthresh;
  u32 rcv_ssthresh;
  u32 snd_wnd;
  u32 rcv_wnd;
  u32 rcv_wup;
  u32 packets_out;
  u32 sacked_out;
  u32 lost_out;
  u32 retrans_out;
  u32 lost;
  u32 total_retrans;
  u32 reordering;
  u32 reord_seen;
  u32 segs_out;
  u32 segs_in;
  u32 data_segs_out;
  u32 data_segs_in;
  u32 delivered;
  u32 delivered_ce;
  u32 dsack_dups;
  u32 rcv_ooopack;
  u32 rate_delivered;
  u32 rate_interval_us;
  u32 chrono_start;
  u32 chrono_stat[3];
  u8 chrono_type : 2;
  u8 ecn_flags;
  u32 lsndtime;
  u32 rcv_tstamp;
  struct tcp_options_received rx_opt;
};

struct seq_file;
struct bpf_iter_meta {
  struct seq_file *seq;
};
struct bpf_iter__task_file {
  struct bpf_iter_meta *meta;
  struct task_struct *task;
  u32 fd;
  struct file *file;
};

#pragma clang attribute pop

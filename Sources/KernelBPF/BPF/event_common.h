// What every event probe shares: the ring, the loss counters, the filters, and who the caller is.
//
// The maps are created once; the loader hands them to the other objects by name.
#pragma once
#include "event_types.h"

#include <bpf/bpf_endian.h>

#include "EventRecord.h"

struct {
  __uint(type, BPF_MAP_TYPE_RINGBUF);
  __uint(max_entries, 1 << 24);
} events SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
  __uint(max_entries, SOCKEYE_COUNTER_COUNT);
  __type(key, u32);
  __type(value, u64);
} counters SEC(".maps");

// Process filter: thread group ids, and how each is wanted. Entry 0 says whether the filter is open, because it is not
// filled yet; the entry of TOO_FULL whether it is because a process had no room.
#define TOO_FULL 0xffffffff
struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 16384);
  __uint(map_flags, BPF_F_NO_PREALLOC);  // mostly empty
  __type(key, u32);
  __type(value, u8);
} processes SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 1024);
  __uint(map_flags, BPF_F_NO_PREALLOC);
  __type(key, u64);
  __type(value, u8);
} cgroups SEC(".maps");

// Under a process or cgroup filter: cookies of the sockets whose events without a caller are wanted too.
struct {
  __uint(type, BPF_MAP_TYPE_LRU_HASH);
  __uint(max_entries, 65536);
  __type(key, u64);
  __type(value, u8);
} watched SEC(".maps");

// A section of its own, so that the loader finds it at offset 0 whatever else is constant.
const volatile struct sockeye_event_settings settings SEC(".rodata.settings");

INLINE void count(u32 counter) {
  u64 *value = bpf_map_lookup_elem(&counters, &counter);
  if (value) *value += 1;
}

u64 last_wake;

// A wake-up costs more than an event (PROBES §5). The reader sleeps longer than the interval before it
// consumes, so an event without a wake-up of its own is never left behind.
INLINE u64 wake_flags(u64 now) {
  if (now - last_wake < settings.wake_interval) return BPF_RB_NO_WAKEUP;
  last_wake = now;
  return BPF_RB_FORCE_WAKEUP;
}

INLINE void *reserve(u64 size) {
  void *record = bpf_ringbuf_reserve(&events, size, 0);
  if (!record) count(SOCKEYE_COUNTER_RING_LOST);
  return record;
}

INLINE void submit(struct sockeye_event_header *header) {
  bpf_ringbuf_submit(header, wake_flags(header->time));
}

INLINE void read_header(struct sockeye_event_header *header, u16 kind, u16 parts, u32 length) {
  header->length = length;
  header->kind = kind;
  header->parts = parts;
  header->time = bpf_ktime_get_boot_ns();
  header->flags = 0;
  header->cpu = bpf_get_smp_processor_id();
  header->reserved = 0;
}

// Only in the context of the call that is reported: in a softirq `current` is a bystander.
//
// A function of its own, verified once a program and not once a path: each pointer that is followed here makes the
// verifier search the kernel's type information (0.3 ms a step; a third of the time to attach).
__noinline int read_actor(struct sockeye_event_actor *actor) {
  if (!actor) return 0;
  struct task_struct *task = bpf_get_current_task_btf();
  struct task_struct *parent = task->real_parent;
  u64 user = bpf_get_current_uid_gid();
  actor->start = task->group_leader->start_boottime;
  actor->parent_start = parent->group_leader->start_boottime;
  actor->cgroup = bpf_get_current_cgroup_id();
  actor->tgid = task->tgid;
  actor->tid = task->pid;
  actor->parent_tgid = parent->tgid;
  actor->exec_generation = task->self_exec_id;
  actor->uid = user;
  actor->gid = user >> 32;
  actor->netns = task->nsproxy->net_ns->ns.inum;
  actor->reserved = 0;
  bpf_get_current_comm(actor->comm, sizeof actor->comm);
  return 0;
}

INLINE bool is_marked(u32 entry) {
  u8 *mark = bpf_map_lookup_elem(&processes, &entry);
  return mark && *mark;
}

INLINE bool is_listed(u32 tgid) { return is_marked(tgid) || is_marked(0) || is_marked(TOO_FULL); }

INLINE bool passes_filters(bool by_process) {
  u32 tgid = bpf_get_current_pid_tgid() >> 32;
  if (settings.own_tgid && tgid == settings.own_tgid) return false;
  if (by_process && !is_listed(tgid)) return false;
  if (settings.filter_cgroups) {
    u64 cgroup = bpf_get_current_cgroup_id();
    if (!bpf_map_lookup_elem(&cgroups, &cgroup)) return false;
  }
  return true;
}

// Whether the caller passes the filters.
INLINE bool is_caller_wanted(void) {
  return passes_filters(settings.filter_processes && !settings.filter_acts_only);
}

// The same for an act that tells of nothing but itself: no other event needs it to be understood.
INLINE bool is_act_wanted(void) { return passes_filters(settings.filter_processes); }

INLINE bool filters_callers(void) {
  return (settings.filter_processes && !settings.filter_acts_only) || settings.filter_cgroups;
}

INLINE void watch_socket(u64 cookie) {
  u8 one = 1;
  if (filters_callers()) bpf_map_update_elem(&watched, &cookie, &one, 0);
}

INLINE bool is_socket_watched(u64 cookie) {
  return !filters_callers() || bpf_map_lookup_elem(&watched, &cookie);
}

INLINE bool are_ports_wanted(u16 local, u16 peer) {
  return !settings.only_port || local == settings.only_port || peer == settings.only_port;
}

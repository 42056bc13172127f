// Whose ids and which namespaces a thread has, and the event of their change.
#pragma once
#include "event_common.h"

struct identity_record {
  struct sockeye_event_header header;
  struct sockeye_event_actor actor;
  struct sockeye_event_identity identity;
};

INLINE void read_credentials(struct sockeye_event_ids *out, struct cred *cred) {
  out->user = BPF_CORE_READ(cred, uid.val);
  out->effective_user = BPF_CORE_READ(cred, euid.val);
  out->saved_user = BPF_CORE_READ(cred, suid.val);
  out->file_system_user = BPF_CORE_READ(cred, fsuid.val);
  out->group = BPF_CORE_READ(cred, gid.val);
  out->effective_group = BPF_CORE_READ(cred, egid.val);
  out->saved_group = BPF_CORE_READ(cred, sgid.val);
  out->file_system_group = BPF_CORE_READ(cred, fsgid.val);
  out->user_namespace = BPF_CORE_READ(cred, user_ns, ns.inum);
}

INLINE void read_namespaces(struct sockeye_event_ids *out, struct nsproxy *namespaces) {
  out->mount_namespace = BPF_CORE_READ(namespaces, mnt_ns, ns.inum);
  out->network_namespace = BPF_CORE_READ(namespaces, net_ns, ns.inum);
  out->pid_namespace = BPF_CORE_READ(namespaces, pid_ns_for_children, ns.inum);
  out->time_namespace = BPF_CORE_READ(namespaces, time_ns_for_children, ns.inum);
  out->uts_namespace = BPF_CORE_READ(namespaces, uts_ns, ns.inum);
  out->ipc_namespace = BPF_CORE_READ(namespaces, ipc_ns, ns.inum);
  out->cgroup_namespace = BPF_CORE_READ(namespaces, cgroup_ns, ns.inum);
}

// Most changes change nothing: an exec, setuid(2) to what one is.
INLINE void report_identity(const struct sockeye_event_ids *before, const struct sockeye_event_ids *after) {
  if (!__builtin_memcmp(before, after, sizeof *before) || !is_caller_wanted()) return;
  struct identity_record *record = reserve(sizeof *record);
  if (!record) return;
  read_header(&record->header, SOCKEYE_EVENT_IDENTITY, SOCKEYE_EVENT_ACTOR | SOCKEYE_EVENT_IDENTITY_PART,
              sizeof *record);
  read_actor(&record->actor);
  record->identity.before = *before;
  record->identity.after = *after;
  submit(&record->header);
}

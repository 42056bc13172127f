// Changes of a thread's ids and namespaces where trampolines are allowed: at no cost to other calls.
//
// commit_creds() is every change of ids: set*id(2), exec of a set-user-ID program, setns(2) and unshare(2) of a user
// namespace. switch_task_namespaces() is every change of the others.
#include "event_identity.h"

char LICENSE[] SEC("license") = "GPL";

SEC("?fentry/commit_creds")
int BPF_PROG(identity_credentials, struct cred *new) {
  struct task_struct *task = bpf_get_current_task_btf();
  struct sockeye_event_ids before, after;
  read_namespaces(&before, BPF_CORE_READ(task, nsproxy));
  after = before;
  read_credentials(&before, BPF_CORE_READ(task, real_cred));
  read_credentials(&after, new);
  report_identity(&before, &after);
  return 0;
}

SEC("?fentry/switch_task_namespaces")
int BPF_PROG(identity_namespaces, struct task_struct *task, struct nsproxy *new) {
  struct nsproxy *old = BPF_CORE_READ(task, nsproxy);
  // Its end has none.
  if (!new || !old) return 0;
  struct sockeye_event_ids before, after;
  read_credentials(&before, BPF_CORE_READ(task, real_cred));
  after = before;
  read_namespaces(&before, old);
  read_namespaces(&after, new);
  report_identity(&before, &after);
  return 0;
}

// The life of processes and threads: fork, exec with full path and arguments, exit, names.
#include "event_common.h"

char LICENSE[] SEC("license") = "GPL";

#define LEADING_TEXT 16384  // path, directory and name end before this
#define COMPONENT 256       // NAME_MAX and the NUL
#define SECOND 1000000000ll

struct exec_record {
  struct sockeye_event_header header;
  struct sockeye_event_actor actor;
  struct sockeye_event_exec exec;
  char text[65536 - 176];
};
_Static_assert(sizeof(struct exec_record) == 65536, "the mask of the output length");

// The state of the walk lies here and not on the stack: the verifier then sees unknown numbers, and one pass
// over the loop's body suffices (628 instructions instead of 215,000).
struct exec_scratch {
  struct exec_record record;
  struct dentry *dentry;
  struct vfsmount *mount;
  u32 offset;
  u32 limit;
  u32 is_cut;
};

// One for each CPU (the loader sets the count). Not a per-CPU map: those end at 32 KiB a value.
struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, 1);
  __type(key, u32);
  __type(value, struct exec_scratch);
} scratch SEC(".maps");

// The name before the exec that is under way, by thread.
struct {
  __uint(type, BPF_MAP_TYPE_LRU_HASH);
  __uint(max_entries, 1024);
  __type(key, u32);
  __type(value, char[16]);
} old_names SEC(".maps");

struct fork_record {
  struct sockeye_event_header header;
  struct sockeye_event_actor actor;
  struct sockeye_event_fork fork;
};

struct exit_record {
  struct sockeye_event_header header;
  struct sockeye_event_actor actor;
  struct sockeye_event_exit exit;
};

struct rename_record {
  struct sockeye_event_header header;
  struct sockeye_event_actor actor;
  struct sockeye_event_rename rename;
};

INLINE void follow_child(u32 parent, u32 child) {
  u8 *listing = bpf_map_lookup_elem(&processes, &parent);
  if (!listing || *listing != SOCKEYE_LISTED_WITH_CHILDREN) return;
  u32 too_full = TOO_FULL;
  u8 one = SOCKEYE_LISTED_WITH_CHILDREN;
  // Too full: better to tell of everybody than to miss one.
  if (bpf_map_update_elem(&processes, &child, &one, 0) != 0) bpf_map_update_elem(&processes, &too_full, &one, 0);
}

SEC("?tp_btf/sched_process_fork")
int BPF_PROG(process_fork, struct task_struct *parent, struct task_struct *child) {
  bool is_thread = child->pid != child->tgid;
  if (is_thread && !settings.report_threads) return 0;
  if (settings.follow_children && !is_thread) follow_child(parent->tgid, child->tgid);
  if (is_thread ? !is_act_wanted() : !is_caller_wanted()) return 0;
  struct fork_record *record = reserve(sizeof *record);
  if (!record) return 0;
  read_header(&record->header, is_thread ? SOCKEYE_EVENT_THREAD_START : SOCKEYE_EVENT_FORK,
              SOCKEYE_EVENT_ACTOR | SOCKEYE_EVENT_FORK_PART, sizeof *record);
  if (child->mm == parent->mm) record->header.flags = SOCKEYE_EVENT_SHARED_MEMORY;
  read_actor(&record->actor);
  record->fork.child_start = child->group_leader->start_boottime;
  record->fork.child_tgid = child->tgid;
  record->fork.child_tid = child->pid;
  record->fork.child_netns = child->nsproxy->net_ns->ns.inum;
  record->fork.reserved = 0;
  submit(&record->header);
  return 0;
}

// One component of the path, from the leaf; crosses to the parent mount at a mount's root.
static long walk_component(u32 index, void *context) {
  u32 cpu = bpf_get_smp_processor_id();
  struct exec_scratch *state = bpf_map_lookup_elem(&scratch, &cpu);
  if (!state) return 1;
  struct dentry___event *dentry = (void *)state->dentry;
  struct vfsmount *vfsmount = state->mount;
  bool is_root = (struct dentry *)dentry == BPF_CORE_READ(vfsmount, mnt_root);
  if (is_root) {
    struct mount *mount = (void *)vfsmount - bpf_core_field_offset(struct mount, mnt);
    struct mount *parent = BPF_CORE_READ(mount, mnt_parent);
    if (parent != mount) {
      state->dentry = BPF_CORE_READ(mount, mnt_mountpoint);
      state->mount = (void *)parent + bpf_core_field_offset(struct mount, mnt);
      return 0;
    }
  }
  u32 offset = state->offset;
  if (offset + COMPONENT > state->limit || offset >= LEADING_TEXT) {
    state->is_cut = 1;
    return 1;
  }
  struct dentry *parent = BPF_CORE_READ(dentry, d_parent);
  const unsigned char *name = BPF_CORE_READ(dentry, d_name.name);
  long length = bpf_probe_read_kernel_str(state->record.text + MASKED(offset, LEADING_TEXT - 1), COMPONENT, name);
  if (length <= 0) {
    state->is_cut = 1;
    return 1;
  }
  state->offset = offset + length;
  if (is_root || parent == (struct dentry *)dentry) return 1;
  state->dentry = parent;
  return 0;
}

// Appends the components of `path`; how many bytes. `cut_flag` marks the record if the root was not reached.
INLINE u32 append_path(struct exec_scratch *state, struct path *path, u32 cut_flag) {
  u32 start = state->offset;
  state->dentry = BPF_CORE_READ(path, dentry);
  state->mount = BPF_CORE_READ(path, mnt);
  state->limit = start + SOCKEYE_PATH_LIMIT;
  state->is_cut = 0;
  // 512 steps: paths of 4,095 bytes have at most 2,048 components, but such depth is nobody's honest path.
  if (bpf_loop(512, walk_component, NULL, 0) >= 512) state->is_cut = 1;
  if (state->is_cut) state->record.header.flags |= cut_flag;
  return state->offset - start;
}

INLINE void append_name(struct exec_scratch *state, const char *name) {
  u32 offset = state->offset;
  state->record.exec.name_length = 0;
  if (offset >= LEADING_TEXT - SOCKEYE_PATH_LIMIT) return;
  long length = bpf_probe_read_kernel_str(state->record.text + MASKED(offset, LEADING_TEXT - 1),
                                          SOCKEYE_PATH_LIMIT, name);
  if (length <= 0) return;
  state->record.exec.name_length = length;
  state->offset = offset + length;
}

INLINE void append_arguments(struct exec_scratch *state, struct task_struct *task) {
  struct sockeye_event_exec *exec = &state->record.exec;
  u64 start = task->mm->arg_start;
  u64 length = task->mm->arg_end - start;
  u32 offset = state->offset;
  exec->argument_true_length = length;
  exec->argument_length = 0;
  if (length > SOCKEYE_ARGUMENT_LIMIT) {
    length = SOCKEYE_ARGUMENT_LIMIT;
    state->record.header.flags |= SOCKEYE_EVENT_ARGUMENTS_CUT;
  }
  if (offset >= LEADING_TEXT) return;
  if (bpf_probe_read_user(state->record.text + MASKED(offset, LEADING_TEXT - 1),
                          MASKED(length, SOCKEYE_ARGUMENT_LIMIT), (void *)start)) {
    state->record.header.flags |= SOCKEYE_EVENT_ARGUMENTS_UNREAD;
    count(SOCKEYE_COUNTER_ARGUMENTS_UNREAD);
    return;
  }
  exec->argument_length = length;
  state->offset = offset + length;
}

// ctime moves with every change of the contents, and nobody can set it. Both fields have had three forms.
INLINE void read_times(struct sockeye_event_exec *exec, struct inode *inode) {
  struct inode___6_11 *newest = (void *)inode;
  if (bpf_core_field_exists(newest->i_ctime_sec)) {
    // From 6.13 on the top bit says that somebody has asked for it.
    exec->changed = newest->i_ctime_sec * SECOND + (newest->i_ctime_nsec & 0x7fffffff);
    exec->modified = newest->i_mtime_sec * SECOND + newest->i_mtime_nsec;
    return;
  }
  struct inode___6_6 *newer = (void *)inode;
  struct inode___before_6_6 *old = (void *)inode;
  if (bpf_core_field_exists(newer->__i_ctime)) exec->changed = newer->__i_ctime.tv_sec * SECOND + newer->__i_ctime.tv_nsec;
  else exec->changed = old->i_ctime.tv_sec * SECOND + old->i_ctime.tv_nsec;
  if (bpf_core_field_exists(newer->__i_mtime)) exec->modified = newer->__i_mtime.tv_sec * SECOND + newer->__i_mtime.tv_nsec;
  else exec->modified = old->i_mtime.tv_sec * SECOND + old->i_mtime.tv_nsec;
}

INLINE void read_exec(struct sockeye_event_exec *exec, struct task_struct *task, struct file *file, int argc) {
  struct inode *inode = file->f_inode;
  exec->inode = inode->i_ino;
  exec->generation = inode->i_generation;
  read_times(exec, inode);
  exec->device = inode->i_sb->s_dev;
  exec->argument_count = argc > 0xffff ? 0xffff : argc;
  exec->session = BPF_CORE_READ(task, signal, pids[PIDTYPE_SID], numbers[0].nr);
  exec->mount_namespace = BPF_CORE_READ(task, nsproxy, mnt_ns, ns.inum);
  exec->pid_namespace = BPF_CORE_READ(task, nsproxy, pid_ns_for_children, ns.inum);
  u32 tid = task->pid;
  char *name = bpf_map_lookup_elem(&old_names, &tid);
  if (name) __builtin_memcpy(exec->old_comm, name, sizeof exec->old_comm);
  else __builtin_memset(exec->old_comm, 0, sizeof exec->old_comm);
}

SEC("?tp_btf/sched_process_exec")
int BPF_PROG(process_exec, struct task_struct *task, pid_t old_tid, struct linux_binprm *program) {
  if (!is_caller_wanted()) return 0;
  u32 cpu = bpf_get_smp_processor_id();
  struct exec_scratch *state = bpf_map_lookup_elem(&scratch, &cpu);
  if (!state) return 0;
  struct exec_record *record = &state->record;
  read_header(&record->header, SOCKEYE_EVENT_EXEC,
              SOCKEYE_EVENT_ACTOR | SOCKEYE_EVENT_EXEC_PART | SOCKEYE_EVENT_TEXT, 0);
  read_actor(&record->actor);
  struct file *file = program->file;
  read_exec(&record->exec, task, file, program->argc);
  record->exec.old_tid = old_tid;
  if (!file->f_inode->i_nlink) record->header.flags |= SOCKEYE_EVENT_DELETED;

  state->offset = 0;
  record->exec.path_length = append_path(state, &((struct file___event *)file)->f_path, SOCKEYE_EVENT_PATH_CUT);
  record->exec.directory_length = 0;
  if (settings.report_directory)
    record->exec.directory_length = append_path(state, &task->fs->pwd, SOCKEYE_EVENT_DIRECTORY_CUT);
  append_name(state, program->filename);
  append_arguments(state, task);

  u32 length = (sizeof *record - sizeof record->text + state->offset + 7) & ~7u;
  record->header.length = length;
  if (bpf_ringbuf_output(&events, record, MASKED(length, 0xffff), wake_flags(record->header.time)))
    count(SOCKEYE_COUNTER_RING_LOST);
  return 0;
}

INLINE void read_exit(struct sockeye_event_exit *exit, struct task_struct *task, bool is_process) {
  struct signal_struct *signal = task->signal;
  exit->cpu_time = task->se.sum_exec_runtime;
  exit->user_time = task->utime;
  exit->system_time = task->stime;
  exit->status = task->exit_code;
  exit->reserved = 0;
  if (!is_process) return;
  // The dead threads' time is the signal struct's; a leader that went first waits as a zombie with its own.
  exit->cpu_time += signal->sum_sched_runtime;
  exit->user_time += signal->utime;
  exit->system_time += signal->stime;
  struct task_struct *leader = task->group_leader;
  if (leader->pid != task->pid) {
    exit->cpu_time += leader->se.sum_exec_runtime;
    exit->user_time += leader->utime;
    exit->system_time += leader->stime;
  }
  if (signal->flags & SIGNAL_GROUP_EXIT) exit->status = signal->group_exit_code;
}

INLINE int report_exit(struct task_struct *task, bool is_process) {
  if (!is_process && !settings.report_threads) return 0;
  if (is_process ? !is_caller_wanted() : !is_act_wanted()) return 0;
  u32 tgid = task->tgid;
  struct exit_record *record = reserve(sizeof *record);
  if (record) {
    read_header(&record->header, is_process ? SOCKEYE_EVENT_EXIT : SOCKEYE_EVENT_THREAD_EXIT,
                SOCKEYE_EVENT_ACTOR | SOCKEYE_EVENT_EXIT_PART, sizeof *record);
    read_actor(&record->actor);
    read_exit(&record->exit, task, is_process);
    submit(&record->header);
  }
  if (is_process && settings.follow_children) bpf_map_delete_elem(&processes, &tgid);
  return 0;
}

// The process ends with its last thread, which need not be the leader. Since 6.16 the kernel says which it is.
SEC("?tp_btf/sched_process_exit")
int BPF_PROG(process_exit, struct task_struct *task, bool is_last) { return report_exit(task, is_last); }

struct process_key {
  u64 start;
  u32 tgid;
  u32 reserved;
};

// Processes whose end was told.
struct {
  __uint(type, BPF_MAP_TYPE_LRU_HASH);
  __uint(max_entries, 1024);
  __type(key, struct process_key);
  __type(value, u8);
} ended SEC(".maps");

// Before: no thread is alive any more. But a thread on its way out may get here after the last one has begun to
// end, and see the same: the first to see it tells the process's end.
SEC("?tp_btf/sched_process_exit")
int BPF_PROG(process_exit_old, struct task_struct *task) {
  bool is_last = task->signal->live.counter == 0;
  if (is_last && task->signal->nr_threads > 1) {
    struct process_key key = {.start = task->group_leader->start_boottime, .tgid = task->tgid};
    u8 one = 1;
    is_last = bpf_map_update_elem(&ended, &key, &one, BPF_NOEXIST) == 0;
  }
  return report_exit(task, is_last);
}

// Whether this is the rename that belongs to an exec: the exec event tells it.
INLINE bool is_executing(struct task_struct *task) {
  if (!bpf_core_field_exists(task->in_execve)) return false;
  return BPF_CORE_READ_BITFIELD(task, in_execve);
}

SEC("?tp_btf/task_rename")
int BPF_PROG(process_rename, struct task_struct *task, const char *name) {
  u32 tid = task->pid;
  char old_name[16];
  bpf_probe_read_kernel(old_name, sizeof old_name, task->comm);
  if (is_executing(task)) {
    bpf_map_update_elem(&old_names, &tid, old_name, 0);
    return 0;
  }
  if (!settings.report_renames || !is_caller_wanted()) return 0;
  struct rename_record *record = reserve(sizeof *record);
  if (!record) return 0;
  read_header(&record->header, SOCKEYE_EVENT_RENAME, SOCKEYE_EVENT_ACTOR | SOCKEYE_EVENT_RENAME_PART,
              sizeof *record);
  read_actor(&record->actor);
  record->rename.tid = tid;
  record->rename.tgid = task->tgid;
  __builtin_memcpy(record->rename.old_comm, old_name, sizeof old_name);
  __builtin_memset(record->rename.new_comm, 0, sizeof record->rename.new_comm);
  bpf_probe_read_kernel_str(record->rename.new_comm, sizeof record->rename.new_comm, name);
  submit(&record->header);
  return 0;
}

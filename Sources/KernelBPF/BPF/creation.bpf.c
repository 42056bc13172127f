// Process creation from the inside: who calls fork, clone, exec and exit, with the whole stack of the caller, and how the
// kernel gets from there to the birth and to the new program.
//
// Registers and stack are read where the call enters the kernel, and unwound in user space afterwards. x86_64.
#include "event_types.h"

#include "CreationRecord.h"

char LICENSE[] SEC("license") = "GPL";

const volatile struct sockeye_creation_settings settings SEC(".rodata.settings");

struct {
  __uint(type, BPF_MAP_TYPE_RINGBUF);
  __uint(max_entries, 1 << 25);
} records SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, 1);
  __type(key, u32);
  __type(value, u64);
} lost SEC(".maps");

// Processes whose calls are wanted, by thread group.
struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 65536);
  __uint(map_flags, BPF_F_NO_PREALLOC);
  __type(key, u32);
  __type(value, u8);
} tracked SEC(".maps");

// Born, and not yet on a CPU, by thread.
struct {
  __uint(type, BPF_MAP_TYPE_LRU_HASH);
  __uint(max_entries, 4096);
  __type(key, u32);
  __type(value, u8);
} unborn SEC(".maps");

// Inside a call that creates, by task: the thread's number may change in an exec.
struct {
  __uint(type, BPF_MAP_TYPE_LRU_HASH);
  __uint(max_entries, 4096);
  __type(key, u64);
  __type(value, u32);
} calling SEC(".maps");

struct workplace {
  struct sockeye_creation_event event;
  u64 is_taken;  // by a program that a tracepoint in an interrupt, or in a helper of its own, has interrupted
};

struct {
  __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
  __uint(max_entries, 1);
  __type(key, u32);
  __type(value, struct workplace);
} scratch SEC(".maps");

INLINE void count_lost(void) {
  u32 zero = 0;
  u64 *count = bpf_map_lookup_elem(&lost, &zero);
  if (count) __sync_fetch_and_add(count, 1);
}

INLINE bool is_wanted(u32 tgid) {
  if (settings.own_tgid == tgid) return false;
  return settings.whole_host || bpf_map_lookup_elem(&tracked, &tgid);
}

INLINE bool is_caller_wanted(void) { return is_wanted(bpf_get_current_pid_tgid() >> 32); }

INLINE void read_header(struct sockeye_creation_header *header, u32 kind) {
  u64 id = bpf_get_current_pid_tgid();
  header->time = bpf_ktime_get_boot_ns();
  header->kind = kind;
  header->cpu = bpf_get_smp_processor_id();
  header->tgid = id >> 32;
  header->tid = id;
}

INLINE struct sockeye_creation_event *begin(u32 kind) {
  u32 zero = 0;
  struct workplace *place = bpf_map_lookup_elem(&scratch, &zero);
  if (!place || place->is_taken) return NULL;
  place->is_taken = 1;
  struct sockeye_creation_event *event = &place->event;
  read_header(&event->mark.header, kind);
  event->mark.number = 0;
  for (int index = 0; index < 6; index++) event->mark.values[index] = 0;
  event->result = 0;
  event->kernel_count = 0;
  event->text_length = 0;
  bpf_get_current_comm(event->comm, sizeof event->comm);
  return event;
}

INLINE void finish(struct sockeye_creation_event *event) {
  u64 length = __builtin_offsetof(struct sockeye_creation_event, text) + event->text_length;
  if (length > sizeof *event) length = sizeof *event;
  if (bpf_ringbuf_output(&records, event, MASKED(length, 0x1fff), BPF_RB_NO_WAKEUP)) count_lost();
  struct workplace *place = (void *)event - __builtin_offsetof(struct workplace, event);
  place->is_taken = 0;
}

INLINE int mark(u32 kind, s64 number, u64 first, u64 second) {
  struct sockeye_creation_mark *mark = bpf_ringbuf_reserve(&records, sizeof *mark, 0);
  if (!mark) {
    count_lost();
    return 0;
  }
  read_header(&mark->header, kind);
  mark->number = number;
  mark->values[0] = first;
  mark->values[1] = second;
  mark->values[2] = mark->values[3] = mark->values[4] = mark->values[5] = 0;
  bpf_ringbuf_submit(mark, BPF_RB_NO_WAKEUP);
  return 0;
}

INLINE void read_kernel_stack(void *context, struct sockeye_creation_event *event) {
  long size = bpf_get_stack(context, event->kernel, sizeof event->kernel, 0);
  event->kernel_count = size > 0 ? size / 8 : 0;
}

INLINE void append_user_text(struct sockeye_creation_event *event, const void *text) {
  u32 offset = event->text_length;
  if (offset > SOCKEYE_CREATION_TEXT - 512) return;
  long length = bpf_probe_read_user_str(event->text + MASKED(offset, SOCKEYE_CREATION_TEXT - 1), 512, text);
  if (length <= 0) {
    // Not in memory: an empty string, which no argument list ends with.
    event->text[MASKED(offset, SOCKEYE_CREATION_TEXT - 1)] = 0;
    length = 1;
  }
  event->text_length = offset + length;
}

#include "creation_calls.h"
#include "creation_stack.h"

SEC("?tp_btf/sys_enter")
int BPF_PROG(creation_enter, struct pt_regs *registers, long number) {
  struct call call;
  if (!read_call(&call, number) || !is_caller_wanted()) return 0;
  struct sockeye_creation_event *event = begin(SOCKEYE_CREATION_ENTER);
  if (!event) return 0;
  event->mark.number = record_number(&call);
  read_arguments(event, registers, call.is_i386);
  read_registers(event, registers);
  u64 first = event->mark.values[0];
  if (call.number == CLONE3 && !bpf_probe_read_user(event->text, 88, (void *)first)) event->text_length = 88;
  struct sockeye_creation_header header = event->mark.header;
  u64 pointer = registers->sp;
  if (call.is_exec) append_user_text(event, (void *)(call.number == EXECVE ? first : event->mark.values[1]));
  finish(event);
  copy_stack(&header, pointer);
  if (call.is_birth || call.is_exec) {
    u64 key = (u64)bpf_get_current_task_btf();
    u32 value = call.number;
    bpf_map_update_elem(&calling, &key, &value, 0);
  }
  return 0;
}

// Path and arguments of an exec that failed: the kernel has had them in memory by now, if it got that far.
INLINE void read_failed_exec(struct sockeye_creation_event *event, const struct call *call, struct pt_regs *registers) {
  read_arguments(event, registers, call->is_i386);
  u64 path = event->mark.values[call->number == EXECVE ? 0 : 1];
  u64 arguments = event->mark.values[call->number == EXECVE ? 1 : 2];
  u32 size = call->is_i386 ? 4 : 8;
  append_user_text(event, (void *)path);
  event->mark.values[1] = 0;
  for (u32 index = 0; index < 24; index++) {
    u64 argument = 0;
    if (bpf_probe_read_user(&argument, size, (void *)(arguments + index * size)) || !argument) break;
    append_user_text(event, (void *)argument);
    event->mark.values[1] = index + 1;
  }
}

SEC("?tp_btf/sys_exit")
int BPF_PROG(creation_return, struct pt_regs *registers, long result) {
  struct call call;
  if (!read_call(&call, registers->orig_ax) || !(call.is_birth || call.is_exec) || !is_caller_wanted()) return 0;
  u64 key = (u64)bpf_get_current_task_btf();
  bpf_map_delete_elem(&calling, &key);
  if (!call.is_exec || result >= 0) return mark(SOCKEYE_CREATION_RETURN, record_number(&call), result, 0);
  struct sockeye_creation_event *event = begin(SOCKEYE_CREATION_RETURN);
  if (!event) return 0;
  event->mark.number = record_number(&call);
  event->result = result;
  read_failed_exec(event, &call, registers);
  event->mark.values[0] = result;
  finish(event);
  return 0;
}

SEC("?tp_btf/task_newtask")
int BPF_PROG(creation_birth, struct task_struct *child, u64 flags) {
  if (!is_caller_wanted()) return 0;
  struct sockeye_creation_event *event = begin(SOCKEYE_CREATION_BIRTH);
  if (!event) return 0;
  u32 tid = child->pid, tgid = child->tgid;
  u8 one = 1;
  if (tid == tgid && !settings.whole_host) bpf_map_update_elem(&tracked, &tgid, &one, 0);
  bpf_map_update_elem(&unborn, &tid, &one, 0);
  event->mark.values[0] = tid;
  event->mark.values[1] = tgid;
  event->mark.values[2] = flags;
  read_kernel_stack(ctx, event);
  finish(event);
  return 0;
}

SEC("?tp_btf/sched_wakeup_new")
int BPF_PROG(creation_runnable, struct task_struct *child) {
  u32 tid = child->pid;
  if (!bpf_map_lookup_elem(&unborn, &tid)) return 0;
  return mark(SOCKEYE_CREATION_RUNNABLE, 0, tid, bpf_get_smp_processor_id());
}

SEC("?tp_btf/sched_switch")
int BPF_PROG(creation_first_run, bool is_preempted, struct task_struct *previous, struct task_struct *next) {
  u32 tid = next->pid;
  if (!bpf_map_lookup_elem(&unborn, &tid)) return 0;
  bpf_map_delete_elem(&unborn, &tid);
  return mark(SOCKEYE_CREATION_FIRST_RUN, 0, tid, next->tgid);
}

INLINE int report_point(void *context) {
  u64 key = (u64)bpf_get_current_task_btf();
  u32 *number = bpf_map_lookup_elem(&calling, &key);
  if (!number || !is_exec(*number)) return 0;
  struct sockeye_creation_event *event = begin(SOCKEYE_CREATION_POINT);
  if (!event) return 0;
  event->mark.number = *number;
  read_kernel_stack(context, event);
  finish(event);
  return 0;
}

// Since 6.9; right before the point.
SEC("?tp_btf/sched_prepare_exec")
int BPF_PROG(creation_prepare, struct task_struct *task) { return report_point(ctx); }

// The old image is gone, and the task gets its new name; the same function, begin_new_exec.
SEC("?tp_btf/task_rename")
int BPF_PROG(creation_rename, struct task_struct *task) {
  return settings.has_prepare ? 0 : report_point(ctx);
}

SEC("?tp_btf/sched_process_exec")
int BPF_PROG(creation_exec, struct task_struct *task, pid_t old_tid, struct linux_binprm *program) {
  if (!is_caller_wanted()) return 0;
  struct sockeye_creation_event *event = begin(SOCKEYE_CREATION_EXEC);
  if (!event) return 0;
  long length = bpf_probe_read_kernel_str(event->text, 512, program->filename);
  u32 offset = length > 0 ? length : 0;
  length = bpf_probe_read_kernel_str(event->text + MASKED(offset, 1023), 512, program->interp);
  if (length > 0) offset += length;
  u64 start = task->mm->arg_start;
  u64 true_length = task->mm->arg_end - start;
  u64 size = true_length > 2047 ? 2047 : true_length;
  event->mark.values[0] = old_tid;
  event->mark.values[1] = program->argc;
  event->mark.values[2] = program->envc;
  event->mark.values[3] = offset;
  event->mark.values[4] = true_length;
  if (!bpf_probe_read_user(event->text + MASKED(offset, 1023), MASKED(size, 2047), (void *)start)) offset += size;
  event->text_length = offset;
  finish(event);
  return 0;
}

SEC("?tp_btf/sched_process_exit")
int BPF_PROG(creation_exit, struct task_struct *task) {
  u32 tgid = task->tgid;
  if (!is_wanted(tgid)) return 0;
  struct sockeye_creation_event *event = begin(SOCKEYE_CREATION_EXIT);
  if (!event) return 0;
  struct signal_struct *signal = task->signal;
  bool is_last = signal->live.counter == 0;
  event->mark.values[0] = signal->flags & SIGNAL_GROUP_EXIT ? signal->group_exit_code : task->exit_code;
  event->mark.values[1] = is_last;
  read_kernel_stack(ctx, event);
  finish(event);
  if (is_last) bpf_map_delete_elem(&tracked, &tgid);
  return 0;
}

// Places in user space that a program passes on its way to main: the loader's entry, its _dl_debug_state, the call of main.
INLINE int report_place(struct pt_regs *registers, s64 place) {
  if (!is_caller_wanted()) return 0;
  return mark(SOCKEYE_CREATION_PHASE, place, BPF_CORE_READ(registers, di), BPF_CORE_READ(registers, ip));
}

SEC("?uprobe")
int creation_loader(struct pt_regs *registers) { return report_place(registers, 1); }
SEC("?uprobe")
int creation_libraries(struct pt_regs *registers) { return report_place(registers, 2); }
SEC("?uprobe")
int creation_main(struct pt_regs *registers) { return report_place(registers, 3); }

// For --full: where the kernel is, whenever a tracepoint fires inside a call. The loader takes those that the kernel has.
INLINE int report_kernel(void *context, s64 number) {
  u64 key = (u64)bpf_get_current_task_btf();
  if (!bpf_map_lookup_elem(&calling, &key)) return 0;
  struct sockeye_creation_event *event = begin(SOCKEYE_CREATION_KERNEL);
  if (!event) return 0;
  event->mark.number = number;
  read_kernel_stack(context, event);
  finish(event);
  return 0;
}

#define DETAIL(name, number)          \
  SEC("?raw_tp/" #name)               \
  int detail_##name(void *context) { return report_kernel(context, number); }

DETAIL(kmem_cache_alloc, 1) DETAIL(kmalloc, 2) DETAIL(kmem_cache_free, 3) DETAIL(kfree, 4)
DETAIL(mm_page_alloc, 5) DETAIL(mm_page_free, 6) DETAIL(rss_stat, 7) DETAIL(ma_write, 8) DETAIL(ma_read, 9)
DETAIL(ma_op, 10) DETAIL(vm_unmapped_area, 11) DETAIL(exit_mmap, 12) DETAIL(page_fault_kernel, 13)
DETAIL(mm_filemap_get_pages, 14) DETAIL(percpu_alloc_percpu, 15) DETAIL(cap_capable, 16) DETAIL(tlb_flush, 17)
DETAIL(signal_generate, 18) DETAIL(mm_filemap_map_pages, 19) DETAIL(cgroup_notify_populated, 20)
DETAIL(sched_waking, 21) DETAIL(contention_begin, 22) DETAIL(timer_init, 23)

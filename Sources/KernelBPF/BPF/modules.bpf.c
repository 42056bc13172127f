// Unmapping of files: the end of a library (dlclose). The beginning comes from perf's MMAP2 records.
//
// Reports every unmapping of a file: which of them held code, the one who saw them mapped knows.
#include "event_common.h"

char LICENSE[] SEC("license") = "GPL";

struct unmap_record {
  struct sockeye_event_header header;
  struct sockeye_event_actor actor;
  struct sockeye_event_mapping mapping;
};

struct found_file {
  u64 inode;
  u32 device;
  u32 is_file;
};

static long read_file(struct task_struct *task, struct vm_area_struct *area, void *context) {
  struct found_file *found = context;
  struct file *file = area->vm_file;
  if (!file) return 0;
  found->inode = BPF_CORE_READ(file, f_inode, i_ino);
  found->device = BPF_CORE_READ(file, f_inode, i_sb, s_dev);
  found->is_file = 1;
  return 0;
}

INLINE int report_unmap(u64 address, u64 size) {
  if (!is_act_wanted()) return 0;
  struct found_file found = {};
  // Fails where another thread holds the lock of the address space: then the unmapping goes unseen.
  if (bpf_find_vma(bpf_get_current_task_btf(), address, read_file, &found, 0) < 0 || !found.is_file) return 0;
  struct unmap_record *record = reserve(sizeof *record);
  if (!record) return 0;
  read_header(&record->header, SOCKEYE_EVENT_MODULE_UNLOAD, SOCKEYE_EVENT_ACTOR | SOCKEYE_EVENT_MAPPING_PART,
              sizeof *record);
  read_actor(&record->actor);
  record->mapping.address = address;
  record->mapping.size = size;
  record->mapping.inode = found.inode;
  record->mapping.device = found.device;
  record->mapping.reserved = 0;
  submit(&record->header);
  return 0;
}

// x86_64: the call's own function, which only callers of munmap(2) pay for.
SEC("?fentry/__x64_sys_munmap")
int BPF_PROG(unmap_entry, struct pt_regs *registers) { return report_unmap(registers->di, registers->si); }

SEC("?tp_btf/sys_enter")
int BPF_PROG(unmap_call, struct pt_regs *registers, long number) {
  if (bpf_core_field_exists(registers->orig_ax)) {
    if (number != 11 || bpf_get_current_task_btf()->thread_info.status & TS_COMPAT) return 0;
    return report_unmap(registers->di, registers->si);
  }
  struct pt_regs___arm64 *arm = (void *)registers;
  if (number != 215 || !bpf_core_field_exists(arm->syscallno)) return 0;
  return report_unmap(arm->regs[0], arm->regs[1]);
}

// Copies the stack of a call, page by page, into the ring of creation.bpf.c, whose maps it uses.
#pragma once

#define PAGE 4096
// Main stacks are copied whole. Of others only so much: a goroutine's lies in the middle of a heap.
#define MAIN_STACK_PAGES 2048
#define OTHER_STACK_PAGES 128
#define VM_GROWSDOWN 0x100
#define SIGNALLED_STACK 0x20000

struct stack_area {
  u64 start, end, flags;
};

static long read_area(struct task_struct *task, struct vm_area_struct *area, void *context) {
  struct stack_area *found = context;
  found->start = area->vm_start;
  found->end = area->vm_end;
  found->flags = area->vm_flags;
  return 0;
}

struct page_copy {
  struct sockeye_creation_header header;
  u64 address, end;
};

static long copy_page(u32 index, void *context) {
  struct page_copy *copy = context;
  u64 address = copy->address + (u64)index * PAGE;
  if (address >= copy->end) return 1;
  struct sockeye_creation_page *page = bpf_ringbuf_reserve(&records, sizeof *page, 0);
  if (!page) {
    count_lost();
    return 1;
  }
  if (bpf_probe_read_user(page->bytes, PAGE, (void *)address)) {
    bpf_ringbuf_discard(page, BPF_RB_NO_WAKEUP);  // never touched, so nothing is there
    return 0;
  }
  page->header = copy->header;
  page->header.kind = SOCKEYE_CREATION_PAGE;
  page->address = address;
  bpf_ringbuf_submit(page, BPF_RB_NO_WAKEUP);
  return 0;
}

INLINE void copy_area(struct sockeye_creation_header *header, u64 from, u64 end, u32 pages) {
  struct page_copy copy = {.header = *header, .address = from & ~(u64)(PAGE - 1), .end = end};
  bpf_loop(pages, copy_page, &copy, 0);
}

INLINE void copy_stack(struct sockeye_creation_header *header, u64 pointer) {
  struct task_struct *task = bpf_get_current_task_btf();
  struct stack_area area = {};
  if (bpf_find_vma(task, pointer, read_area, &area, 0) || !area.end) area.end = pointer + 16 * PAGE;
  copy_area(header, pointer, area.end, area.flags & VM_GROWSDOWN ? MAIN_STACK_PAGES : OTHER_STACK_PAGES);
  // In a signal handler with a stack of its own: what was interrupted lies on the main stack.
  u64 other = task->sas_ss_sp;
  if (!task->sas_ss_size || pointer - other >= task->sas_ss_size) return;
  struct stack_area main = {};
  u64 top = task->mm->start_stack;
  if (bpf_find_vma(task, top, read_area, &main, 0) || !main.end) return;
  copy_area(header, top - SIGNALLED_STACK > main.start ? top - SIGNALLED_STACK : main.start, main.end, MAIN_STACK_PAGES);
}

// What the probes of process creation (creation.bpf.c) write, and CreationRecord.swift reads.
#pragma once
#ifndef __bpf__
#include <stdint.h>
#endif

enum sockeye_creation_kind {
  SOCKEYE_CREATION_ENTER = 1,  // a call begins: registers, arguments; the stack's pages follow
  SOCKEYE_CREATION_RETURN,     // number, result; text of a failed exec
  SOCKEYE_CREATION_BIRTH,      // task_newtask in the parent: values child tid, tgid, flags
  SOCKEYE_CREATION_RUNNABLE,   // sched_wakeup_new in the parent: values child tid, cpu
  SOCKEYE_CREATION_FIRST_RUN,  // the child, on its cpu
  SOCKEYE_CREATION_POINT,      // exec cannot fail any more
  SOCKEYE_CREATION_EXEC,       // values old tid, argc, envc, offset of the arguments in the text, their true length
  SOCKEYE_CREATION_EXIT,       // values exit code, whether it was the last thread
  SOCKEYE_CREATION_PHASE,      // number is the place in user space; values first argument, address
  SOCKEYE_CREATION_PAGE,       // one page of the stack of the ENTER before it
  SOCKEYE_CREATION_KERNEL,     // number is the tracepoint: a kernel stack inside a call
};

enum {
  // Beside the number of a call, which is x86_64's: it was made as 32-bit programs make it.
  SOCKEYE_CREATION_I386 = 1 << 16,
  SOCKEYE_CREATION_DEPTH = 48,
  SOCKEYE_CREATION_TEXT = 4096,
  SOCKEYE_CREATION_REGISTERS = 17,
};

struct sockeye_creation_header {
  uint64_t time;  // CLOCK_BOOTTIME, ns
  uint32_t kind;
  uint32_t cpu;
  uint32_t tgid;
  uint32_t tid;
};

struct sockeye_creation_mark {
  struct sockeye_creation_header header;
  int64_t number;
  uint64_t values[6];
};

struct sockeye_creation_event {
  struct sockeye_creation_mark mark;
  int64_t result;
  uint32_t kernel_count;
  uint32_t text_length;
  char comm[16];
  uint64_t registers[SOCKEYE_CREATION_REGISTERS];  // DWARF order
  uint64_t kernel[SOCKEYE_CREATION_DEPTH];         // innermost first
  char text[SOCKEYE_CREATION_TEXT];
};

struct sockeye_creation_page {
  struct sockeye_creation_header header;
  uint64_t address;
  uint8_t bytes[4096];
};

struct sockeye_creation_settings {
  uint32_t whole_host;
  uint32_t own_tgid;
  uint32_t has_prepare;  // sched_prepare_exec is there
};

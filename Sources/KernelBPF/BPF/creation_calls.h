// Which system calls make, change and end processes, and what is in the registers when they are entered. For creation.bpf.c.
#pragma once

// Numbers of calls on x86_64 (asm/unistd_64.h).
enum { CLONE = 56, FORK = 57, VFORK = 58, EXECVE = 59, EXIT = 60, EXIT_GROUP = 231, EXECVEAT = 322, CLONE3 = 435 };

INLINE bool is_exec(long number) { return number == EXECVE || number == EXECVEAT; }
INLINE bool is_birth(long number) {
  return number == CLONE || number == FORK || number == VFORK || number == CLONE3;
}

// The number on x86_64 of a call that a 32-bit program makes (asm/unistd_32.h); -1 for those that are none of ours.
INLINE long number_of_i386(long number) {
  switch (number) {
    case 1: return EXIT;
    case 2: return FORK;
    case 11: return EXECVE;
    case 120: return CLONE;
    case 190: return VFORK;
    case 252: return EXIT_GROUP;
    case 358: return EXECVEAT;
    case 435: return CLONE3;
    default: return -1;
  }
}

struct call {
  long number;  // on x86_64
  bool is_i386, is_birth, is_exec;
};

// Whether the call is one of ours. Most are not: then nothing but the number was looked at.
INLINE bool read_call(struct call *call, long number) {
  bool is_one = is_birth(number) || is_exec(number) || number == EXIT || number == EXIT_GROUP;
  if (!is_one && number_of_i386(number) < 0) return false;
  call->is_i386 = bpf_get_current_task_btf()->thread_info.status & TS_COMPAT;
  if (!is_one && !call->is_i386) return false;
  call->number = call->is_i386 ? number_of_i386(number) : number;
  call->is_birth = is_birth(call->number);
  call->is_exec = is_exec(call->number);
  return call->number >= 0;
}

INLINE s64 record_number(const struct call *call) {
  return call->number | (call->is_i386 ? SOCKEYE_CREATION_I386 : 0);
}

INLINE void read_arguments(struct sockeye_creation_event *event, struct pt_regs *registers, bool is_i386) {
  u64 *values = event->mark.values;
  values[0] = is_i386 ? (u32)registers->bx : registers->di;
  values[1] = is_i386 ? (u32)registers->cx : registers->si;
  values[2] = is_i386 ? (u32)registers->dx : registers->dx;
  values[3] = is_i386 ? (u32)registers->si : registers->r10;
  values[4] = is_i386 ? (u32)registers->di : registers->r8;
  values[5] = is_i386 ? (u32)registers->bp : registers->r9;
}

INLINE void read_registers(struct sockeye_creation_event *event, struct pt_regs *registers) {
  u64 *values = event->registers;
  values[0] = registers->orig_ax;
  values[1] = registers->dx;
  values[2] = registers->cx;
  values[3] = registers->bx;
  values[4] = registers->si;
  values[5] = registers->di;
  values[6] = registers->bp;
  values[7] = registers->sp;
  values[8] = registers->r8;
  values[9] = registers->r9;
  values[10] = registers->r10;
  values[11] = registers->r11;
  values[12] = registers->r12;
  values[13] = registers->r13;
  values[14] = registers->r14;
  values[15] = registers->r15;
  values[16] = registers->ip;
}

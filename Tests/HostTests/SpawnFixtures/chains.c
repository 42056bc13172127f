// Known ways to a new process: chains WAY FILE. Before each it writes its own stack, as glibc's backtrace(3) sees it, to
// FILE: a line a frame, innermost first, the address in the program's file or `-` for frames of libraries.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define APART __attribute__((noinline, noclone))

extern char **environ;
extern char __executable_start[];
static char *program[] = {"/bin/true", NULL};
static FILE *truth;

// The frames outside the caller: its own return address is not yet known.
static APART void tell(void) {
  void *frames[256];
  int count = backtrace(frames, 256);
  for (int index = 2; index < count; index++) {
    uintptr_t address = (uintptr_t)frames[index], base = (uintptr_t)__executable_start;
    extern char etext[];
    // A program at a fixed address is linked to it.
    uintptr_t shown = base >= (sizeof base == 8 ? (uintptr_t)0x500000000000 : 0x50000000) ? address - base : address;
    if (address >= base && address < (uintptr_t)etext) fprintf(truth, "%lx\n", shown);
    else fprintf(truth, "-\n");
  }
  fflush(truth);
}

static APART void await(pid_t child) {
  int status;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) continue;
}

APART void launch_system(void) {
  tell();
  if (system("exec /bin/true")) abort();
}

APART void launch_popen(void) {
  tell();
  FILE *pipe = popen("exec /bin/true", "r");
  pclose(pipe);
}

APART void launch_spawn(void) {
  pid_t child;
  tell();
  if (posix_spawn(&child, program[0], NULL, NULL, program, environ)) abort();
  await(child);
}

APART void launch_fork(void) {
  tell();
  pid_t child = fork();
  if (child == 0) {
    execv(program[0], program);
    _exit(127);
  }
  await(child);
}

APART void launch_vfork(void) {
  tell();
  pid_t child = vfork();
  if (child == 0) {
    execve(program[0], program, environ);
    _exit(127);
  }
  await(child);
}

APART void launch_clone3(void) {
  struct clone_args arguments = {.exit_signal = SIGCHLD};
  tell();
  long child = syscall(SYS_clone3, &arguments, sizeof arguments);
  if (child == 0) {
    execve(program[0], program, environ);
    _exit(127);
  }
  await((pid_t)child);
}

// The instruction in our own code.
APART void launch_inline(void) {
  struct clone_args arguments = {.exit_signal = SIGCHLD};
  tell();
  long child = SYS_clone3;
#ifdef __x86_64__
  __asm__ volatile("syscall" : "+a"(child) : "D"(&arguments), "S"(sizeof arguments) : "rcx", "r11", "memory");
#else
  __asm__ volatile("int $0x80" : "+a"(child) : "b"(&arguments), "c"(sizeof arguments) : "memory");
#endif
  if (child == 0) {
    execve(program[0], program, environ);
    _exit(127);
  }
  await((pid_t)child);
}

APART void *thread_body(void *unused) {
  launch_spawn();
  return unused;
}

APART void launch_thread(void) {
  pthread_t thread;
  pthread_create(&thread, NULL, thread_body, NULL);
  pthread_join(thread, NULL);
}

APART void *exec_body(void *unused) {
  tell();
  execve(program[0], program, environ);
  return unused;
}

// Not the first thread: it becomes the process.
APART void launch_exec(void) {
  pthread_t thread;
  pthread_create(&thread, NULL, exec_body, NULL);
  pthread_join(thread, NULL);
}

APART void handler(int signal) {
  (void)signal;
  launch_spawn();
}

APART void launch_signal(void) {
  signal(SIGUSR1, handler);
  raise(SIGUSR1);
}

APART void launch_other_stack(void) {
  static char stack[1 << 16];
  stack_t other = {.ss_sp = stack, .ss_size = sizeof stack};
  struct sigaction action = {.sa_handler = handler, .sa_flags = SA_ONSTACK};
  sigaltstack(&other, NULL);
  sigaction(SIGUSR1, &action, NULL);
  raise(SIGUSR1);
}

// 200 frames of 10 kB: more than perf copies.
APART int launch_deep(int depth) {
  volatile char room[10000];
  room[depth] = 1;
  if (depth == 0) launch_spawn();
  else launch_deep(depth - 1);
  return room[depth];
}

APART void fail(const char *path, char **arguments) {
  tell();
  pid_t child = fork();
  if (child == 0) {
    execvp(path, arguments);
    _exit(127);
  }
  await(child);
}

APART void launch(const char *way) {
  if (!strcmp(way, "system")) launch_system();
  else if (!strcmp(way, "popen")) launch_popen();
  else if (!strcmp(way, "spawn")) launch_spawn();
  else if (!strcmp(way, "fork")) launch_fork();
  else if (!strcmp(way, "vfork")) launch_vfork();
  else if (!strcmp(way, "clone3")) launch_clone3();
  else if (!strcmp(way, "inline")) launch_inline();
  else if (!strcmp(way, "thread")) launch_thread();
  else if (!strcmp(way, "thread-exec")) launch_exec();
  else if (!strcmp(way, "signal")) launch_signal();
  else if (!strcmp(way, "other-stack")) launch_other_stack();
  else if (!strcmp(way, "deep")) launch_deep(200);
  else fail(way, (char *[]){(char *)way, NULL});
}

int main(int count, char **arguments) {
  if (count != 3) return 64;
  truth = fopen(arguments[2], "we");
  if (!truth) return 66;
  launch(arguments[1]);
  return 0;
}

#define _GNU_SOURCE
#include "CLinux.h"

#include <sched.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

ssize_t clinux_getdents64(int directory, void *buffer, size_t size) {
  return syscall(SYS_getdents64, directory, buffer, size);
}

int clinux_pidfd_open(pid_t pid, unsigned int flags) {
  return (int)syscall(SYS_pidfd_open, pid, flags);
}

int clinux_pidfd_getfd(int pidfd, int target, unsigned int flags) {
  return (int)syscall(SYS_pidfd_getfd, pidfd, target, flags);
}

int clinux_effective_capabilities(uint64_t *effective) {
  struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  struct __user_cap_data_struct data[2];
  if (syscall(SYS_capget, &header, data) != 0) return -1;
  *effective = (uint64_t)data[1].effective << 32 | data[0].effective;
  return 0;
}

int clinux_setns(int descriptor, int kind) { return setns(descriptor, kind); }

int clinux_unshare(int flags) { return unshare(flags); }

const char *clinux_errno_name(int number) { return strerrorname_np(number); }

const char *clinux_errno_text(int number) { return strerrordesc_np(number); }

int clinux_ioctl_none(int descriptor, unsigned long request) { return ioctl(descriptor, request); }

int clinux_ioctl_int(int descriptor, unsigned long request, int *value) {
  return ioctl(descriptor, request, value);
}

int clinux_openat(int directory, const char *path, int flags) { return openat(directory, path, flags); }

static _Atomic(clinux_bpf_log) current_log;

static int forward(enum libbpf_print_level level, const char *format, va_list arguments) {
  clinux_bpf_log log = atomic_load(&current_log);
  if (!log) return 0;
  char line[1024];
  int length = vsnprintf(line, sizeof line, format, arguments);
  log((int)level, line);
  return length;
}

void clinux_set_bpf_log(clinux_bpf_log log) {
  atomic_store(&current_log, log);
  libbpf_set_print(log ? forward : NULL);
}

// Changes of ids and namespaces: what getres[ug]id(2) and /proc/self/ns say before and after.
#include "fixture.h"

#include <sys/fsuid.h>
#include <sys/sendfile.h>

static unsigned long namespace_inode(const char *name) {
  char path[64];
  struct stat status;
  snprintf(path, sizeof path, "/proc/self/ns/%s", name);
  require(stat(path, &status) == 0, path);
  return (unsigned long)status.st_ino;
}

/// `ids CASE PID real effective saved, user and group`
static void print_ids(const char *case_name) {
  uid_t user[3];
  gid_t group[3];
  require(getresuid(&user[0], &user[1], &user[2]) == 0 && getresgid(&group[0], &group[1], &group[2]) == 0, "ids");
  printf("ids %s %d %u %u %u %u %u %u\n", case_name, getpid(), user[0], user[1], user[2], group[0], group[1], group[2]);
  fflush(stdout);
}

static void wait_for(pid_t child) { waitpid(child, NULL, 0); }

/// A copy of this program that runs as root whoever starts it.
static void make_privileged_copy(const char *path) {
  int source = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
  int copy = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0700);
  require(source >= 0 && copy >= 0, path);
  while (sendfile(copy, source, NULL, 1 << 20) > 0) {}
  require(fchmod(copy, 04755) == 0, "fchmod");
  close(copy);
}

int run_identity(void) {
  fflush(stdout);
  pid_t child = fork();
  if (child == 0) {
    print_ids("before");
    require(setresgid(23, 29, 31) == 0, "setresgid");
    require(setresuid(7, 11, 13) == 0, "setresuid");
    // The same again is no change.
    require(setresuid(7, 11, 13) == 0, "setresuid");
    print_ids("after");
    _exit(0);
  }
  wait_for(child);
  child = fork();
  if (child == 0) {
    int home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
    printf("namespaces before %d %lu %lu\n", getpid(), namespace_inode("net"), namespace_inode("uts"));
    require(unshare(CLONE_NEWNET | CLONE_NEWUTS) == 0, "unshare");
    printf("namespaces after %d %lu %lu\n", getpid(), namespace_inode("net"), namespace_inode("uts"));
    require(setns(home, CLONE_NEWNET) == 0, "setns");
    printf("namespaces back %d %lu %lu\n", getpid(), namespace_inode("net"), namespace_inode("uts"));
    fflush(stdout);
    _exit(0);
  }
  wait_for(child);
  char path[64];
  snprintf(path, sizeof path, "/tmp/sockeye-privileged-%d", getpid());
  make_privileged_copy(path);
  child = fork();
  if (child == 0) {
    char *arguments[] = {"EventFixture", "ids", "privileged", NULL};
    require(setresuid(17, 17, 17) == 0, "setresuid");
    execv(path, arguments);
    _exit(73);
  }
  wait_for(child);
  unlink(path);
  return 0;
}

int run_ids(const char *case_name) {
  print_ids(case_name);
  return 0;
}

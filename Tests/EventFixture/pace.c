// One kind of work in a loop, for paired measurements: prints CPU nanoseconds a round, children included.
#include "fixture.h"

#include <sys/resource.h>
#include <time.h>

static double cpu_nanoseconds(void) {
  struct timespec own;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &own);
  struct rusage children;
  getrusage(RUSAGE_CHILDREN, &children);
  return (double)own.tv_sec * 1e9 + (double)own.tv_nsec +
         (double)(children.ru_utime.tv_sec + children.ru_stime.tv_sec) * 1e9 +
         (double)(children.ru_utime.tv_usec + children.ru_stime.tv_usec) * 1e3;
}

static void connect_once(int listener, uint16_t port, int index) {
  char buffer[64] = {0};
  int client = socket(AF_INET, SOCK_STREAM, 0);
  struct sockaddr_in address = loopback(port), peer;
  // 64 addresses, so that ports in TIME_WAIT do not run out.
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK + (uint32_t)(index & 63));
  require(connect(client, (struct sockaddr *)&address, sizeof address) == 0, "connect");
  socklen_t length = sizeof peer;
  int server = accept4(listener, (struct sockaddr *)&peer, &length, 0);
  int ok = write(client, buffer, 64) == 64 && read(server, buffer, 64) == 64 && write(server, buffer, 64) == 64 &&
           read(client, buffer, 64) == 64;
  require(ok, "exchange");
  struct linger abort_at_close = {1, 0};
  if (index % 8) setsockopt(client, SOL_SOCKET, SO_LINGER, &abort_at_close, sizeof abort_at_close);
  close(client);
  close(server);
}

static void start_once(int executes) {
  char *arguments[] = {"EventFixture", "exit", "0", NULL};
  pid_t child = vfork();
  if (child == 0) {
    if (executes) execv("/proc/self/exe", arguments);
    _exit(0);
  }
  waitpid(child, NULL, 0);
}

int run_pace(const char *what, int count) {
  struct sockaddr_in any = {.sin_family = AF_INET};
  int listener = socket(AF_INET, SOCK_STREAM, 0);
  require(bind(listener, (struct sockaddr *)&any, sizeof any) == 0 && listen(listener, 128) == 0, "listen");
  uint16_t port = local_port(listener);
  // One CPU, away from the reader's: no migrations in the figures.
  cpu_set_t cpus;
  CPU_ZERO(&cpus);
  CPU_SET(1, &cpus);
  sched_setaffinity(0, sizeof cpus, &cpus);
  double start = cpu_nanoseconds();
  for (int index = 0; index < count; index++) {
    if (!strcmp(what, "tcp")) connect_once(listener, port, index);
    if (!strcmp(what, "fork")) start_once(0);
    if (!strcmp(what, "exec")) start_once(1);
    if (!strcmp(what, "call")) syscall(SYS_getppid);
  }
  printf("%.0f\n", (cpu_nanoseconds() - start) / count);
  return 0;
}

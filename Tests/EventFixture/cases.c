// Single cases: connects that fail, the life of processes and threads, libraries.
#include "fixture.h"

#include <net/route.h>
#include <netinet/tcp.h>

static void try_connect(const char *name, struct sockaddr_in address, int flags) {
  fflush(stdout);
  pid_t child = fork();
  if (child == 0) {
    int connection = socket(AF_INET, SOCK_STREAM | flags, 0);
    int error = connect(connection, (struct sockaddr *)&address, sizeof address) == 0 ? 0 : errno;
    if (error == EINPROGRESS) {
      usleep(50000);
      socklen_t length = sizeof error;
      getsockopt(connection, SOL_SOCKET, SO_ERROR, &error, &length);
    }
    printf("%s %d %u %d\n", name, getpid(), ntohs(address.sin_port), error);
    fflush(stdout);
    _exit(0);
  }
  waitpid(child, NULL, 0);
}

/// A route that says "no such host".
static void refuse_route(struct sockaddr_in address) {
  struct rtentry route = {.rt_flags = RTF_UP | RTF_REJECT | RTF_HOST};
  address.sin_port = 0;
  memcpy(&route.rt_dst, &address, sizeof address);
  int control = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  require(ioctl(control, SIOCADDRT, &route) == 0, "SIOCADDRT");
  close(control);
}

int run_failures(void) {
  enter_own_namespace();
  try_connect("refused", loopback(7), 0);
  try_connect("refused-later", loopback(9), SOCK_NONBLOCK);
  struct sockaddr_in nowhere = {.sin_family = AF_INET, .sin_port = htons(11)};
  inet_pton(AF_INET, "192.0.2.1", &nowhere.sin_addr);
  try_connect("unreachable", nowhere, 0);
  nowhere.sin_port = htons(13);
  inet_pton(AF_INET, "198.51.100.1", &nowhere.sin_addr);
  refuse_route(nowhere);
  try_connect("no-host", nowhere, 0);
  return 0;
}

/// Connects to a listener whose queue is full: no answer to the SYN, until it is accepted from, if it ever is.
static void hang_on(const char *name, int accepts_after_milliseconds) {
  uint16_t port;
  int listener = make_listener(SOCK_STREAM, &port);
  require(listen(listener, 0) == 0, "listen");
  struct sockaddr_in address = loopback(port);
  int first = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  require(connect(first, (struct sockaddr *)&address, sizeof address) == 0, "connect");
  int connection = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  // One repetition: it gives up after 3 s.
  int count = 1;
  setsockopt(connection, IPPROTO_TCP, TCP_SYNCNT, &count, sizeof count);
  fflush(stdout);
  pid_t server = fork();
  if (server == 0) {
    if (accepts_after_milliseconds) usleep((useconds_t)accepts_after_milliseconds * 1000);
    else pause();
    close(accept4(listener, NULL, NULL, SOCK_CLOEXEC));
    pause();
  }
  struct timespec start, end;
  clock_gettime(CLOCK_MONOTONIC, &start);
  int error = connect(connection, (struct sockaddr *)&address, sizeof address) == 0 ? 0 : errno;
  clock_gettime(CLOCK_MONOTONIC, &end);
  long milliseconds = (end.tv_sec - start.tv_sec) * 1000 + (end.tv_nsec - start.tv_nsec) / 1000000;
  printf("%s %d %u %d %ld\n", name, getpid(), port, error, milliseconds);
  fflush(stdout);
  kill(server, SIGKILL);
  waitpid(server, NULL, 0);
}

int run_hang(void) {
  enter_own_namespace();
  fflush(stdout);
  pid_t child = fork();
  if (child == 0) {
    hang_on("answered-late", 1500);
    _exit(0);
  }
  hang_on("timed-out", 0);
  waitpid(child, NULL, 0);
  return 0;
}

static void *named_thread(void *argument) {
  prctl(PR_SET_NAME, "eye-thread");
  *(pid_t *)argument = gettid();
  usleep(1000);
  return NULL;
}

static void *executing_thread(void *argument) {
  char *arguments[] = {"EventFixture", "exit", "29", NULL};
  execv("/proc/self/exe", arguments);
  return argument;
}

static int finish(pid_t child) {
  int status = -1;
  waitpid(child, &status, 0);
  return status;
}

/// A child that runs `self exit CODE ARGUMENT`.
static pid_t start_exit(const char *code, char *argument) {
  char *arguments[] = {"EventFixture", "exit", (char *)code, argument, NULL};
  pid_t child = fork();
  if (child == 0) {
    execv("/proc/self/exe", arguments);
    _exit(73);
  }
  return child;
}

int run_life(const char *self) {
  char path[4096] = "";
  require(readlink("/proc/self/exe", path, sizeof path - 1) > 0, "readlink");
  printf("executable %s\n", path);
  printf("self %d %d %s\n", getpid(), getppid(), self);
  fflush(stdout);

  pid_t child = start_exit("23", "an argument");
  printf("exit %d %d\n", child, finish(child));

  char *long_argument = malloc(100001);
  memset(long_argument, 'x', 100000);
  long_argument[100000] = 0;
  child = start_exit("31", long_argument);
  printf("long %d %d\n", child, finish(child));
  fflush(stdout);

  child = fork();
  if (child == 0) pause();
  kill(child, SIGKILL);
  printf("killed %d %d\n", child, finish(child));
  fflush(stdout);

  child = fork();
  if (child == 0) {
    char *arguments[] = {"nothing", NULL};
    execv("/nonexistent/of/sockeye", arguments);
    _exit(errno == ENOENT ? 37 : 38);
  }
  printf("failed %d %d\n", child, finish(child));
  fflush(stdout);

  child = fork();
  if (child == 0) {
    pthread_t thread;
    pthread_create(&thread, NULL, executing_thread, NULL);
    for (;;) pause();
  }
  printf("thread-exec %d %d\n", child, finish(child));
  fflush(stdout);

  pthread_t thread;
  pid_t tid = 0;
  require(pthread_create(&thread, NULL, named_thread, &tid) == 0, "pthread_create");
  pthread_join(thread, NULL);
  // The join ends a little before the thread does.
  usleep(20000);
  printf("thread %d %d\n", getpid(), tid);
  return 0;
}

int run_module(const char *path) {
  void *library = dlopen(path, RTLD_NOW);
  if (!library) fprintf(stderr, "%s\n", dlerror());
  require(library != NULL, "dlopen");
  printf("module %d %s\n", getpid(), path);
  usleep(20000);
  dlclose(library);
  return 0;
}

// Connections one after another for as long as the test wants, some of which stay open until the end.
#include "fixture.h"

#include <poll.h>

#define LARGEST_HELD 1024
#define FIRST_PORT 1024

/// Accepts, reads, and closes what the client has closed; ends when the listener's other holder has gone.
static void serve_all(int listener, int alive) {
  struct pollfd waited[LARGEST_HELD + 2] = {{.fd = listener, .events = POLLIN}, {.fd = alive, .events = POLLIN}};
  int count = 2;
  char bytes[4096];
  for (;;) {
    poll(waited, (nfds_t)count, -1);
    for (int index = count - 1; index >= 2; index--) {
      if (!waited[index].revents || read(waited[index].fd, bytes, sizeof bytes) > 0) continue;
      close(waited[index].fd);
      waited[index] = waited[--count];
    }
    if (waited[0].revents && count < LARGEST_HELD + 2) {
      int connection = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
      // The client waits for this byte, so that the backlog never fills.
      require(connection >= 0 && write(connection, bytes, 1) == 1, "accept");
      waited[count++] = (struct pollfd){.fd = connection, .events = POLLIN};
    }
    if (waited[1].revents && count == 2) _exit(0);
  }
}

static int is_told_to_stop(void) {
  struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
  return poll(&input, 1, 0) > 0;
}

static uint64_t boot_time(void) {
  struct timespec now;
  clock_gettime(CLOCK_BOOTTIME, &now);
  return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

struct made {
  uint64_t began, closed;
  int descriptor;
  uint16_t port;
};

static struct made make_one(uint16_t port, int index) {
  // A port each, below those that the kernel chooses: the port names the connection.
  struct made made = {.began = boot_time(), .port = (uint16_t)(FIRST_PORT + index)};
  struct sockaddr_in own = loopback(made.port), peer = loopback(port);
  made.descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  require(bind(made.descriptor, (struct sockaddr *)&own, sizeof own) == 0, "bind");
  require(connect(made.descriptor, (struct sockaddr *)&peer, sizeof peer) == 0, "connect");
  char bytes[1024] = {0};
  ssize_t length = 1 + index % 997;
  require(write(made.descriptor, bytes, (size_t)length) == length, "write");
  require(read(made.descriptor, bytes, 1) == 1, "read");
  return made;
}

static void close_one(struct made *made) {
  made->closed = boot_time();
  close(made->descriptor);
  made->descriptor = -1;
}

/// Makes at most `limit` (31,000) connections, `pause` microseconds apart, and prints `opened`; the input's end stops it
/// earlier. Every `hold_every`th stays open until the input ends; 0: none, and the input is not looked at. `port` may be 0.
int run_steady(int pause, int hold_every, int limit, uint16_t port) {
  enter_own_namespace();
  int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), alive[2];
  struct sockaddr_in address = loopback(port);
  require(bind(listener, (struct sockaddr *)&address, sizeof address) == 0 && listen(listener, 512) == 0, "listen");
  port = local_port(listener);
  require(pipe(alive) == 0, "pipe");
  printf("client %d\n", getpid());
  fflush(stdout);
  pid_t server = fork();
  if (server == 0) {
    close(alive[1]);
    serve_all(listener, alive[0]);
  }
  close(listener);
  printf("server %d\n", server);
  fflush(stdout);
  struct made *made = calloc((size_t)limit, sizeof *made);
  int count = 0;
  while (count < limit && !(hold_every && is_told_to_stop())) {
    made[count] = make_one(port, count);
    if (!hold_every || count % hold_every) close_one(&made[count]);
    count++;
    if (pause) usleep((useconds_t)pause);
  }
  printf("opened %d\n", count);
  fflush(stdout);
  char byte;
  while (hold_every && read(STDIN_FILENO, &byte, 1) > 0) {}
  for (int index = 0; hold_every && index < count; index += hold_every) {
    close_one(&made[index]);
    usleep(1000);
  }
  close(alive[1]);
  waitpid(server, NULL, 0);
  for (int index = 0; index < count; index++)
    printf("made %d %u %lu %lu\n", index, made[index].port, made[index].began, made[index].closed);
  free(made);
  return 0;
}

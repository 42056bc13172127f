// Short-lived processes that each connect once, against a server of several processes that share one listener.
#include "fixture.h"

#define LARGEST 4096

static void serve(int listener, struct note *notes, volatile int32_t *next, int asks_address) {
  char buffer[LARGEST];
  memset(buffer, 's', sizeof buffer);
  for (;;) {
    struct sockaddr_in peer;
    socklen_t length = sizeof peer;
    int connection = asks_address ? accept4(listener, (struct sockaddr *)&peer, &length, SOCK_CLOEXEC)
                                  : accept(listener, NULL, NULL);
    if (connection < 0) continue;
    struct note *note = &notes[__sync_fetch_and_add(next, 1)];
    note->local_port = local_port(connection);
    length = sizeof peer;
    if (!asks_address && getpeername(connection, (struct sockaddr *)&peer, &length) != 0) _exit(71);
    note->peer_port = ntohs(peer.sin_port);
    note->tid = gettid();
    uint32_t wanted = 0;
    ssize_t got = 0;
    // The first two bytes say how long the request is.
    while ((got = read(connection, buffer, sizeof buffer)) > 0) {
      if (!wanted) wanted = (uint32_t)(uint8_t)buffer[0] << 8 | (uint8_t)buffer[1];
      note->received += (uint32_t)got;
      if (note->received >= wanted) break;
    }
    ssize_t sent = write(connection, buffer, wanted + 1);
    note->sent = sent > 0 ? (uint32_t)sent : 0;
    close(connection);
    note->pid = getpid();
  }
}

static int connect_once(struct note *note, uint16_t port, int index, uint32_t address_offset) {
  note->pid = getpid();
  note->parent = getppid();
  note->tid = gettid();
  int connection = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  struct sockaddr_in address = loopback(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK + address_offset);
  if (connect(connection, (struct sockaddr *)&address, sizeof address) != 0) return 72;
  note->local_port = local_port(connection);
  note->peer_port = port;
  char buffer[LARGEST];
  memset(buffer, 'c', sizeof buffer);
  uint32_t length = 2 + (uint32_t)(index * 7919) % 1000;
  buffer[0] = (char)(length >> 8);
  buffer[1] = (char)length;
  ssize_t done = write(connection, buffer, length);
  note->sent = done > 0 ? (uint32_t)done : 0;
  while ((done = read(connection, buffer, sizeof buffer)) > 0) note->received += (uint32_t)done;
  close(connection);
  return index % 251;
}

int run_client(uint16_t port, int index) { return connect_once(&map_notes()[index], port, index, 0); }

// Without a process for each: the highest rate of connections. 64 addresses, so that ports do not run out.
static void connect_many(struct note *notes, uint16_t port, int first, int count, int step) {
  for (int index = first; index < count; index += step)
    require(connect_once(&notes[index], port, index, (uint32_t)index & 63) == index % 251, "connect");
}

static void start_clients(const char *self, uint16_t port, int first, int count, int step) {
  char port_text[16], index_text[16], padding[64];
  snprintf(port_text, sizeof port_text, "%u", port);
  for (int index = first; index < count; index += step) {
    snprintf(index_text, sizeof index_text, "%d", index);
    snprintf(padding, sizeof padding, "--a name longer than sixteen bytes=%d", index);
    char *arguments[] = {(char *)self, "client", port_text, index_text, padding, NULL};
    pid_t child = vfork();
    if (child == 0) {
      execv("/proc/self/exe", arguments);
      _exit(73);
    }
    int status;
    require(child > 0 && waitpid(child, &status, 0) == child, "waitpid");
    if (!WIFEXITED(status) || WEXITSTATUS(status) != index % 251) fprintf(stderr, "client %d: %d\n", index, status);
  }
}

int run_storm(int count, int servers, int parallel, int starts_processes) {
  enter_own_namespace();
  uint16_t port;
  int listener = make_listener(SOCK_STREAM, &port);
  size_t total = (size_t)count * 2 + 16;
  make_notes(total);
  struct note *notes = map_notes();
  volatile int32_t *next = (volatile int32_t *)&notes[total - 1];
  *next = count;
  printf("listen %d %u\n", getpid(), port);
  fflush(stdout);
  pid_t pids[64];
  for (int server = 0; server < servers && server < 64; server++) {
    pids[server] = fork();
    if (pids[server] == 0) serve(listener, notes, next, server & 1);
  }
  pid_t starters[16];
  for (int starter = 0; starter < parallel && starter < 16; starter++) {
    starters[starter] = fork();
    if (starters[starter] == 0) {
      if (starts_processes) start_clients("EventFixture", port, starter, count, parallel);
      else connect_many(notes, port, starter, count, parallel);
      _exit(0);
    }
  }
  for (int starter = 0; starter < parallel && starter < 16; starter++) waitpid(starters[starter], NULL, 0);
  usleep(100000);
  for (int server = 0; server < servers && server < 64; server++) {
    kill(pids[server], SIGKILL);
    waitpid(pids[server], NULL, 0);
  }
  for (int index = 0; index < count; index++) {
    struct note *note = &notes[index];
    printf("client %d %d %d %u %u %u\n", index, note->pid, note->parent, note->local_port, note->sent, note->received);
  }
  for (int index = count; index < *next; index++) {
    struct note *note = &notes[index];
    printf("accept %d %u %u %u\n", note->pid, note->peer_port, note->sent, note->received);
  }
  return 0;
}

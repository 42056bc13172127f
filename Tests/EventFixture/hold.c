// Connections that stay open for a while, and so can be found by looking.
#include "fixture.h"

#define REPLY 53

static void serve_held(int listener, struct note *notes, int count, int milliseconds) {
  int *connections = calloc((size_t)count, sizeof *connections);
  char buffer[4096] = {0};
  for (int index = 0; index < count; index++) {
    struct sockaddr_in peer;
    socklen_t length = sizeof peer;
    connections[index] = accept(listener, (struct sockaddr *)&peer, &length);
    require(connections[index] >= 0, "accept");
    notes[index].pid = getpid();
    notes[index].peer_port = ntohs(peer.sin_port);
    notes[index].sent = (uint32_t)write(connections[index], buffer, REPLY);
    // Short ones must not wait for their neighbours.
    for (ssize_t got; milliseconds == 0 && (got = read(connections[index], buffer, sizeof buffer)) > 0;)
      notes[index].received += (uint32_t)got;
    if (milliseconds == 0) close(connections[index]);
  }
  for (int index = 0; index < count && milliseconds > 0; index++) {
    for (ssize_t got; (got = read(connections[index], buffer, sizeof buffer)) > 0;)
      notes[index].received += (uint32_t)got;
    close(connections[index]);
  }
  _exit(41);
}

int run_held_client(uint16_t port, int index, int milliseconds) {
  struct note *note = &map_notes()[index];
  int connection = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  struct sockaddr_in address = loopback(port);
  require(connect(connection, (struct sockaddr *)&address, sizeof address) == 0, "connect");
  char buffer[4096] = {0};
  note->pid = getpid();
  note->local_port = local_port(connection);
  note->sent = (uint32_t)write(connection, buffer, (size_t)(101 + index));
  while (note->received < REPLY) {
    ssize_t got = read(connection, buffer, sizeof buffer);
    require(got > 0, "read");
    note->received += (uint32_t)got;
  }
  usleep((useconds_t)milliseconds * 1000);
  close(connection);
  return index % 251;
}

int run_hold(int count, int milliseconds) {
  uint16_t port;
  int listener = make_listener(SOCK_STREAM, &port);
  make_notes((size_t)count * 2);
  struct note *notes = map_notes();
  // Found before the first connection comes.
  usleep((useconds_t)milliseconds * 1000);
  pid_t server = fork();
  if (server == 0) serve_held(listener, notes + count, count, milliseconds);
  close(listener);
  printf("listen %d %u\nserver %d\n", getpid(), port, server);
  fflush(stdout);
  char port_text[16], index_text[16], time_text[16], padding[64];
  snprintf(port_text, sizeof port_text, "%u", port);
  snprintf(time_text, sizeof time_text, "%d", milliseconds);
  pid_t *clients = calloc((size_t)count, sizeof *clients);
  for (int index = 0; index < count; index++) {
    snprintf(index_text, sizeof index_text, "%d", index);
    snprintf(padding, sizeof padding, "--a name longer than sixteen bytes=%d", index);
    char *arguments[] = {"EventFixture", "held-client", port_text, index_text, time_text, padding, NULL};
    clients[index] = fork();
    if (clients[index] == 0) {
      execv("/proc/self/exe", arguments);
      _exit(73);
    }
  }
  int status;
  for (int index = 0; index < count; index++) {
    require(waitpid(clients[index], &status, 0) == clients[index], "waitpid");
    printf("exit %d %d\n", clients[index], status);
  }
  require(waitpid(server, &status, 0) == server, "waitpid");
  printf("exit %d %d\n", server, status);
  for (int index = 0; index < count * 2; index++) {
    struct note *note = &notes[index];
    if (index < count) printf("client %d %d %d %u %u %u\n", index, note->pid, getpid(), note->local_port, note->sent, note->received);
    else printf("accept %d %u %u %u\n", note->pid, note->peer_port, note->sent, note->received);
  }
  return 0;
}

static void fork_tree(int depth, int breadth) {
  for (int index = 0; index < breadth && depth > 0; index++) {
    int code = depth * 10 + index;
    pid_t child = fork();
    if (child == 0) {
      char text[16];
      fork_tree(depth - 1, breadth);
      snprintf(text, sizeof text, "%d", code);
      char *arguments[] = {"EventFixture", "exit", text, NULL};
      if (index % 2) execv("/proc/self/exe", arguments);
      _exit(code);
    }
    int status;
    require(waitpid(child, &status, 0) == child && WEXITSTATUS(status) == code, "waitpid");
    printf("child %d %d %d %d\n", child, getpid(), code, index % 2);
    fflush(stdout);
  }
}

int run_tree(int depth, int breadth) {
  fork_tree(depth, breadth);
  return 0;
}

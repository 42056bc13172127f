// Connections that stay open until a byte comes on standard input, and so can be found by looking; or that do not.
#include "fixture.h"

#define REPLY 53

static void wait_for_step(void) {
  char byte;
  if (read(STDIN_FILENO, &byte, 1) < 0) _exit(74);
}

static void serve_held(int listener, struct note *notes, int count, int is_held) {
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
    for (ssize_t got; !is_held && (got = read(connections[index], buffer, sizeof buffer)) > 0;)
      notes[index].received += (uint32_t)got;
    if (!is_held) close(connections[index]);
  }
  for (int index = 0; index < count && is_held; index++) {
    for (ssize_t got; (got = read(connections[index], buffer, sizeof buffer)) > 0;)
      notes[index].received += (uint32_t)got;
    close(connections[index]);
  }
  _exit(41);
}

int run_held_client(uint16_t port, int index, int gate) {
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
  // Ends when everybody has closed the other end of the pipe.
  if (gate > 0) require(read(gate, buffer, 1) == 0, "read gate");
  close(connection);
  return index % 251;
}

int run_hold(int count, int is_held) {
  uint16_t port;
  int gate[2];
  require(pipe2(gate, O_CLOEXEC) == 0, "pipe");
  int listener = make_listener(SOCK_STREAM, &port);
  struct sockaddr_in nowhere = loopback(9);
  int datagram = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  require(connect(datagram, (struct sockaddr *)&nowhere, sizeof nowhere) == 0, "connect");
  printf("datagram %d %u\n", getpid(), local_port(datagram));
  make_notes((size_t)count * 2);
  struct note *notes = map_notes();
  printf("listen %d %u\n", getpid(), port);
  fflush(stdout);
  if (is_held) wait_for_step();
  pid_t server = fork();
  if (server == 0) {
    close(gate[1]);
    serve_held(listener, notes + count, count, is_held);
  }
  printf("server %d\n", server);
  fflush(stdout);
  char port_text[16], index_text[16], gate_text[16], padding[64];
  snprintf(port_text, sizeof port_text, "%u", port);
  snprintf(gate_text, sizeof gate_text, "%d", is_held ? gate[0] : 0);
  pid_t *clients = calloc((size_t)count, sizeof *clients);
  for (int index = 0; index < count; index++) {
    snprintf(index_text, sizeof index_text, "%d", index);
    snprintf(padding, sizeof padding, "--a name longer than sixteen bytes=%d", index);
    char *arguments[] = {"EventFixture", "held-client", port_text, index_text, gate_text, padding, NULL};
    clients[index] = fork();
    if (clients[index] == 0) {
      fcntl(gate[0], F_SETFD, 0);
      execv("/proc/self/exe", arguments);
      _exit(73);
    }
  }
  if (is_held) wait_for_step();
  close(gate[1]);
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

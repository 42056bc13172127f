// Processes that each send one datagram and end.
#include "fixture.h"

int run_datagram_client(uint16_t port, int index) {
  struct note *note = &map_notes()[index];
  note->pid = getpid();
  note->parent = getppid();
  int sender = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  struct sockaddr_in address = loopback(port);
  char buffer[512] = "datagram";
  size_t length = 8 + (size_t)(index % 499);
  ssize_t sent;
  if (index & 1) {
    if (connect(sender, (struct sockaddr *)&address, sizeof address) != 0) return 72;
    sent = send(sender, buffer, length, 0);
  } else {
    sent = sendto(sender, buffer, length, 0, (struct sockaddr *)&address, sizeof address);
  }
  note->local_port = local_port(sender);
  note->sent = sent > 0 ? (uint32_t)sent : 0;
  return 0;
}

int run_datagrams(int count) {
  enter_own_namespace();
  uint16_t port;
  int receiver = make_listener(SOCK_DGRAM, &port);
  make_notes((size_t)count + 1);
  struct note *notes = map_notes();
  printf("receiver %d %u\n", getpid(), port);
  char port_text[16], index_text[16], buffer[512];
  snprintf(port_text, sizeof port_text, "%u", port);
  uint32_t received = 0;
  for (int index = 0; index < count; index++) {
    snprintf(index_text, sizeof index_text, "%d", index);
    char *arguments[] = {"EventFixture", "datagram-client", port_text, index_text, NULL};
    pid_t child = vfork();
    if (child == 0) {
      execv("/proc/self/exe", arguments);
      _exit(73);
    }
    waitpid(child, NULL, 0);
    struct sockaddr_in from;
    socklen_t length = sizeof from;
    ssize_t got = recvfrom(receiver, buffer, sizeof buffer, 0, (struct sockaddr *)&from, &length);
    if (got > 0) received += (uint32_t)got;
  }
  for (int index = 0; index < count; index++) {
    struct note *note = &notes[index];
    printf("datagram %d %d %d %u %u\n", index, note->pid, note->parent, note->local_port, note->sent);
  }
  printf("received %d %u\n", getpid(), received);
  close(receiver);
  return 0;
}

int run_answer(void) {
  enter_own_namespace();
  int server = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  struct sockaddr_in address = loopback(53);
  require(bind(server, (struct sockaddr *)&address, sizeof address) == 0, "bind 53");
  fflush(stdout);
  pid_t child = fork();
  if (child == 0) {
    int asker = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    char buffer[512];
    require(sendto(asker, "who", 3, 0, (struct sockaddr *)&address, sizeof address) == 3, "sendto");
    printf("asker %d %u\n", getpid(), local_port(asker));
    fflush(stdout);
    require(recv(asker, buffer, sizeof buffer, 0) > 0, "recv");
    _exit(0);
  }
  char buffer[512];
  struct sockaddr_in from;
  socklen_t length = sizeof from;
  require(recvfrom(server, buffer, sizeof buffer, 0, (struct sockaddr *)&from, &length) == 3, "recvfrom");
  const char *answer = "an answer of thirty-one octets.";
  sendto(server, answer, strlen(answer), 0, (struct sockaddr *)&from, length);
  waitpid(child, NULL, 0);
  return 0;
}

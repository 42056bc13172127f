#include "fixture.h"

void require(int ok, const char *what) {
  if (ok) return;
  perror(what);
  exit(70);
}

void enter_own_namespace(void) {
  require(unshare(CLONE_NEWNET) == 0, "unshare");
  int control = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  struct ifreq request = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING};
  require(ioctl(control, SIOCSIFFLAGS, &request) == 0, "ioctl lo up");
  close(control);
  struct stat status;
  require(stat("/proc/self/ns/net", &status) == 0, "stat ns/net");
  printf("netns %lu\n", (unsigned long)status.st_ino);
}

struct sockaddr_in loopback(uint16_t port) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

uint16_t local_port(int socket) {
  struct sockaddr_in address;
  socklen_t length = sizeof address;
  require(getsockname(socket, (struct sockaddr *)&address, &length) == 0, "getsockname");
  return ntohs(address.sin_port);
}

int make_listener(int type, uint16_t *port) {
  int listener = socket(AF_INET, type | SOCK_CLOEXEC, 0);
  struct sockaddr_in address = {.sin_family = AF_INET};
  require(bind(listener, (struct sockaddr *)&address, sizeof address) == 0, "bind");
  if (type == SOCK_STREAM) require(listen(listener, 4096) == 0, "listen");
  *port = local_port(listener);
  return listener;
}

void make_notes(size_t count) {
  int memory = memfd_create("notes", 0);
  require(memory >= 0 && ftruncate(memory, (off_t)(count * sizeof(struct note))) == 0, "memfd");
  require(dup2(memory, NOTES_DESCRIPTOR) == NOTES_DESCRIPTOR, "dup2");
  close(memory);
}

struct note *map_notes(void) {
  struct stat status;
  require(fstat(NOTES_DESCRIPTOR, &status) == 0, "fstat notes");
  void *notes = mmap(NULL, (size_t)status.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, NOTES_DESCRIPTOR, 0);
  require(notes != MAP_FAILED, "mmap notes");
  return notes;
}

int main(int count, char **arguments) {
  setvbuf(stdout, NULL, _IOFBF, 1 << 16);
  signal(SIGPIPE, SIG_IGN);
  const char *what = count > 1 ? arguments[1] : "";
  int first = count > 2 ? atoi(arguments[2]) : 0, second = count > 3 ? atoi(arguments[3]) : 0;
  int status = 64;
  if (!strcmp(what, "storm")) status = run_storm(first, second, count > 4 ? atoi(arguments[4]) : 1, 1);
  if (!strcmp(what, "flood")) status = run_storm(first, second, count > 4 ? atoi(arguments[4]) : 1, 0);
  if (!strcmp(what, "client")) status = run_client((uint16_t)first, second);
  if (!strcmp(what, "failures")) status = run_failures();
  if (!strcmp(what, "life")) status = run_life(arguments[0]);
  if (!strcmp(what, "datagrams")) status = run_datagrams(first);
  if (!strcmp(what, "datagram-client")) status = run_datagram_client((uint16_t)first, second);
  if (!strcmp(what, "answer")) status = run_answer();
  if (!strcmp(what, "names")) status = run_names();
  if (!strcmp(what, "server") && count > 3) status = run_server(arguments[2], second);
  if (!strcmp(what, "visitor") && count > 3) status = run_visitor(arguments[2], second);
  if (!strcmp(what, "module") && count > 2) status = run_module(arguments[2]);
  if (!strcmp(what, "passing")) status = run_passing(first);
  if (!strcmp(what, "inherited")) status = run_inherited(first);
  if (!strcmp(what, "executing") && count > 2) status = run_executing(arguments[2]);
  if (!strcmp(what, "executed")) status = run_executed(first, (uint16_t)second);
  if (!strcmp(what, "brief-client")) status = run_brief_client((uint16_t)first, second);
  if (!strcmp(what, "reused")) status = run_reused(first);
  if (!strcmp(what, "twins")) status = run_twins();
  if (!strcmp(what, "steady") && count > 5)
    status = run_steady(first, second, atoi(arguments[4]), (uint16_t)atoi(arguments[5]));
  if (!strcmp(what, "pace") && count > 3) status = run_pace(arguments[2], second);
  if (!strcmp(what, "unix")) status = run_unix();
  if (!strcmp(what, "identity")) status = run_identity();
  if (!strcmp(what, "ids") && count > 2) status = run_ids(arguments[2]);
  if (!strcmp(what, "raw")) status = run_raw();
  if (!strcmp(what, "channels")) status = run_channels();
  if (!strcmp(what, "hang")) status = run_hang();
  if (!strcmp(what, "hold")) status = run_hold(first, second);
  if (!strcmp(what, "held-client") && count > 4) status = run_held_client((uint16_t)first, second, atoi(arguments[4]));
  if (!strcmp(what, "tree")) status = run_tree(first, second);
  if (!strcmp(what, "exit")) status = first;
  // Long enough for the scheduler's clock to notice.
  if (!strcmp(what, "exit") && first == 23) while (clock() < CLOCKS_PER_SEC / 30) {}
  fflush(stdout);
  return status;
}

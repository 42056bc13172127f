// Sockets that change hands: passed, inherited, kept over an exec; pids used twice; equal ends in two namespaces.
#include "fixture.h"

static int connect_from(uint16_t own_port, uint16_t port) {
  int connection = socket(AF_INET, SOCK_STREAM, 0), yes = 1;
  struct sockaddr_in address = loopback(own_port);
  setsockopt(connection, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  require(!own_port || bind(connection, (struct sockaddr *)&address, sizeof address) == 0, "bind own port");
  address = loopback(port);
  require(connect(connection, (struct sockaddr *)&address, sizeof address) == 0, "connect");
  return connection;
}

static void send_bytes(int connection, int count) {
  char bytes[4096];
  memset(bytes, 's', sizeof bytes);
  require(count <= (int)sizeof bytes && write(connection, bytes, (size_t)count) == count, "write");
}

static uint16_t peer_port(int connection) {
  struct sockaddr_in address;
  socklen_t length = sizeof address;
  require(getpeername(connection, (struct sockaddr *)&address, &length) == 0, "getpeername");
  return ntohs(address.sin_port);
}

/// Accepts `count` connections one after another, reads each to its end, and prints `accept PID PORT RECEIVED`.
static void serve_in_turn(int listener, int count) {
  char bytes[4096];
  for (int index = 0; index < count; index++) {
    int connection = accept(listener, NULL, NULL);
    require(connection >= 0, "accept");
    uint16_t port = peer_port(connection);
    ssize_t received = 0, got;
    while ((got = read(connection, bytes, sizeof bytes)) > 0) received += got;
    close(connection);
    printf("accept %d %u %zd\n", getpid(), port, received);
    fflush(stdout);
  }
}

static pid_t start_server(int listener, int count) {
  fflush(stdout);
  pid_t child = fork();
  if (child == 0) {
    serve_in_turn(listener, count);
    _exit(0);
  }
  return child;
}

static void send_descriptor(int over, int descriptor) {
  char control[CMSG_SPACE(sizeof descriptor)] = {0}, byte = 'x';
  struct iovec data = {&byte, 1};
  struct msghdr message = {
    .msg_iov = &data, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
  struct cmsghdr *header = CMSG_FIRSTHDR(&message);
  *header = (struct cmsghdr){
    .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN(sizeof descriptor)};
  memcpy(CMSG_DATA(header), &descriptor, sizeof descriptor);
  require(sendmsg(over, &message, 0) == 1, "sendmsg");
}

static int receive_descriptor(int over) {
  int descriptor = -1;
  char control[CMSG_SPACE(sizeof descriptor)], byte;
  struct iovec data = {&byte, 1};
  struct msghdr message = {
    .msg_iov = &data, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
  require(recvmsg(over, &message, 0) == 1 && CMSG_FIRSTHDR(&message), "recvmsg");
  memcpy(&descriptor, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof descriptor);
  return descriptor;
}

// The child gets a listener first, and then connections, which it uses and closes.
static void use_what_is_passed(int over, int count) {
  serve_in_turn(receive_descriptor(over), count);
  for (int index = 0; index < count; index++) {
    int connection = receive_descriptor(over);
    send_bytes(connection, 100 + index);
    close(connection);
  }
  _exit(0);
}

int run_passing(int count) {
  enter_own_namespace();
  uint16_t port, passed_port;
  int listener = make_listener(SOCK_STREAM, &port), passed = make_listener(SOCK_STREAM, &passed_port), ends[2];
  pid_t server = start_server(listener, count);
  require(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0, "socketpair");
  pid_t child = fork();
  if (child == 0) {
    // Not inherited: it shall come by SCM_RIGHTS.
    close(passed);
    use_what_is_passed(ends[1], count);
  }
  send_descriptor(ends[0], passed);
  close(passed);
  for (int index = 0; index < count; index++) {
    int connection = connect_from(0, passed_port);
    printf("to-passed %d %d %u\n", getpid(), child, local_port(connection));
    close(connection);
  }
  for (int index = 0; index < count; index++) {
    int connection = connect_from(0, port);
    send_bytes(connection, 10);
    send_descriptor(ends[0], connection);
    printf("passed %d %d %u %d\n", getpid(), child, local_port(connection), 110 + index);
    close(connection);
  }
  waitpid(child, NULL, 0);
  waitpid(server, NULL, 0);
  return 0;
}

/// Connected by this process, and used and closed by its child, half of them by the child's end.
int run_inherited(int count) {
  enter_own_namespace();
  uint16_t port;
  pid_t server = start_server(make_listener(SOCK_STREAM, &port), count);
  for (int index = 0; index < count; index++) {
    int connection = connect_from(0, port);
    send_bytes(connection, 10);
    uint16_t own_port = local_port(connection);
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
      usleep(2000);
      send_bytes(connection, 100 + index);
      if (index & 1) close(connection);
      _exit(0);
    }
    close(connection);
    waitpid(child, NULL, 0);
    printf("inherited %d %d %u %d\n", getpid(), child, own_port, 110 + index);
  }
  waitpid(server, NULL, 0);
  return 0;
}

/// Connects, then executes the program at `path` (another copy of this one), which closes that connection and makes one.
int run_executing(const char *path) {
  enter_own_namespace();
  uint16_t port;
  pid_t server = start_server(make_listener(SOCK_STREAM, &port), 2);
  fflush(stdout);
  pid_t child = fork();
  if (child == 0) {
    int connection = connect_from(0, port);
    send_bytes(connection, 31);
    printf("before %d %u\n", getpid(), local_port(connection));
    fflush(stdout);
    char descriptor_text[16], port_text[16];
    snprintf(descriptor_text, sizeof descriptor_text, "%d", connection);
    snprintf(port_text, sizeof port_text, "%u", port);
    char *arguments[] = {"EventFixture", "executed", descriptor_text, port_text, NULL};
    execv(path, arguments);
    _exit(73);
  }
  waitpid(child, NULL, 0);
  waitpid(server, NULL, 0);
  return 0;
}

int run_executed(int inherited, uint16_t port) {
  send_bytes(inherited, 37);
  close(inherited);
  int connection = connect_from(0, port);
  send_bytes(connection, 41);
  printf("after %d %u\n", getpid(), local_port(connection));
  return 0;
}

int run_brief_client(uint16_t port, int index) {
  struct note *note = &map_notes()[index];
  int connection = connect_from(0, port);
  note->pid = getpid();
  note->local_port = local_port(connection);
  send_bytes(connection, 100 + index);
  close(connection);
  return 0;
}

static pid_t start_client(const char *port, int index, pid_t wanted) {
  char index_text[16], name[64];
  snprintf(index_text, sizeof index_text, "%d", index);
  snprintf(name, sizeof name, "--client=%d", index);
  char *arguments[] = {"EventFixture", "brief-client", (char *)port, index_text, name, NULL};
  pid_t child = vfork();
  if (child == 0) {
    if (wanted && getpid() != wanted) _exit(99);
    execv("/proc/self/exe", arguments);
    _exit(73);
  }
  return child;
}

/// One more process with `pid`: asks the kernel to go on counting before it, until nobody was faster.
static void start_again(pid_t pid, const char *port, int index) {
  for (;;) {
    FILE *last = fopen("/proc/sys/kernel/ns_last_pid", "w");
    require(last != NULL, "ns_last_pid");
    fprintf(last, "%d", pid - 1);
    require(fclose(last) == 0, "ns_last_pid");
    pid_t child = start_client(port, index, pid);
    int status;
    require(child > 0 && waitpid(child, &status, 0) == child, "waitpid");
    if (child == pid) return;
  }
}

/// `count` pairs of processes: both of a pair have one pid, and connect once each.
int run_reused(int count) {
  enter_own_namespace();
  uint16_t port;
  pid_t server = start_server(make_listener(SOCK_STREAM, &port), 2 * count);
  make_notes((size_t)count * 2);
  struct note *notes = map_notes();
  char port_text[16];
  snprintf(port_text, sizeof port_text, "%u", port);
  for (int index = 0; index < 2 * count; index += 2) {
    pid_t first = start_client(port_text, index, 0);
    waitpid(first, NULL, 0);
    // Start times are known to a clock tick, 10 ms.
    usleep(11000);
    start_again(first, port_text, index + 1);
  }
  waitpid(server, NULL, 0);
  for (int index = 0; index < 2 * count; index++)
    printf("client %d %d %u %d\n", index, notes[index].pid, notes[index].local_port, 100 + index);
  return 0;
}

// One of two worlds that look the same but for the number of bytes.
static void run_twin(int number, int ready, int go) {
  enter_own_namespace();
  int listener = socket(AF_INET, SOCK_STREAM, 0);
  struct sockaddr_in address = loopback(4711);
  require(bind(listener, (struct sockaddr *)&address, sizeof address) == 0 && listen(listener, 8) == 0, "listen");
  pid_t server = start_server(listener, 1);
  int connection = connect_from(4713, 4711);
  char byte = 0;
  // Both are open before either closes.
  require(write(ready, &byte, 1) == 1 && read(go, &byte, 1) == 1, "wait for the twin");
  send_bytes(connection, 100 + number);
  close(connection);
  printf("twin %d %d %d\n", getpid(), server, 100 + number);
  fflush(stdout);
  waitpid(server, NULL, 0);
  _exit(0);
}

int run_twins(void) {
  int ready[2], go[2];
  char bytes[2];
  require(pipe(ready) == 0 && pipe(go) == 0, "pipe");
  for (int number = 0; number < 2; number++)
    if (fork() == 0) run_twin(number, ready[1], go[0]);
  for (int number = 0; number < 2; number++) require(read(ready[0], bytes, 1) == 1, "ready");
  require(write(go[1], bytes, 2) == 2, "go");
  while (wait(NULL) > 0) {}
  return 0;
}

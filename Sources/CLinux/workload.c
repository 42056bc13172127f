// One event of each kind that the probes tell of: what `sockeye doctor` looks for.
#define _GNU_SOURCE
#include "CLinux.h"

#include <linux/if_packet.h>
#include <linux/io_uring.h>
#include <sched.h>
#include <sys/prctl.h>

static void connect_to(int type, const struct sockaddr_in *address) {
  int connection = socket(AF_INET, type | SOCK_CLOEXEC, 0);
  connect(connection, (const struct sockaddr *)address, sizeof *address);
  if (type == SOCK_DGRAM) send(connection, "eye", 3, 0);
  close(connection);
}

static int make_server(int type, struct sockaddr_in *address) {
  int server = socket(AF_INET, type | SOCK_CLOEXEC, 0);
  socklen_t length = sizeof *address;
  *address = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  bind(server, (struct sockaddr *)address, length);
  if (type == SOCK_STREAM) listen(server, 1);
  getsockname(server, (struct sockaddr *)address, &length);
  return server;
}

static void run_and_wait(const char *program) {
  pid_t child = vfork();
  char *const arguments[] = {(char *)program, NULL};
  if (child == 0) {
    execv(program, arguments);
    _exit(7);
  }
  waitpid(child, NULL, 0);
}

static void *idle_thread(void *argument) { return argument; }

static void make_unix_connection(void) {
  // Bound to nothing: the kernel chooses an abstract name.
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  socklen_t length = sizeof(sa_family_t);
  int server = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  int client = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  bind(server, (struct sockaddr *)&address, length);
  listen(server, 1);
  length = sizeof address;
  getsockname(server, (struct sockaddr *)&address, &length);
  connect(client, (struct sockaddr *)&address, length);
  close(accept4(server, NULL, NULL, SOCK_CLOEXEC));
  close(client);
  close(server);
}

// One IORING_OP_ACCEPT, under another name of the process: so that it can be told from the accept above.
static void accept_in_ring(void) {
  struct io_uring_params parameters = {0};
  int ring = (int)syscall(SYS_io_uring_setup, 1, &parameters);
  if (ring < 0) return;
  size_t size = parameters.sq_off.array + parameters.sq_entries * sizeof(uint32_t);
  char *queue = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, ring, IORING_OFF_SQ_RING);
  struct io_uring_sqe *entry = mmap(NULL, sizeof *entry, PROT_READ | PROT_WRITE, MAP_SHARED, ring, IORING_OFF_SQES);
  if (queue != MAP_FAILED && entry != MAP_FAILED) {
    struct sockaddr_in address;
    int server = make_server(SOCK_STREAM, &address);
    connect_to(SOCK_STREAM, &address);
    prctl(PR_SET_NAME, "sockeye-ring");
    *entry = (struct io_uring_sqe){.opcode = IORING_OP_ACCEPT, .fd = server, .accept_flags = SOCK_CLOEXEC};
    *(uint32_t *)(queue + parameters.sq_off.array) = 0;
    __atomic_store_n((uint32_t *)(queue + parameters.sq_off.tail), 1, __ATOMIC_RELEASE);
    syscall(SYS_io_uring_enter, ring, 1, 1, IORING_ENTER_GETEVENTS, NULL, 0);
    prctl(PR_SET_NAME, "sockeye-fires");
    close(server);
  }
  close(ring);
}

static void raise_loopback(void) {
  int control = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  struct ifreq request = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING};
  ioctl(control, SIOCSIFFLAGS, &request);
  close(control);
}

// RFC 1035, 4.1: `sockeye. A 127.0.0.1`.
static const char name_answer[] =
    "\0\1\x80\0\0\1\0\1\0\0\0\0" "\7sockeye\0\0\1\0\1" "\xc0\x0c\0\1\0\1\0\0\0\0\0\4\x7f\0\0\1";

static void answer_as_name_server(void) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(53), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  struct sockaddr_in asker;
  socklen_t length = sizeof asker;
  char buffer[64];
  int server = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), client = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (bind(server, (struct sockaddr *)&address, sizeof address) == 0) {
    sendto(client, "who", 3, 0, (struct sockaddr *)&address, sizeof address);
    if (recvfrom(server, buffer, sizeof buffer, MSG_DONTWAIT, (struct sockaddr *)&asker, &length) == 3)
      sendto(server, name_answer, sizeof name_answer - 1, 0, (struct sockaddr *)&asker, length);
    recv(client, buffer, sizeof buffer, MSG_DONTWAIT);
  }
  close(client);
  close(server);
}

// Protocol 253 is for experiments (RFC 3692): the packet comes back to its own socket.
static void send_raw(void) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  char buffer[64];
  int raw = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, 253);
  if (raw < 0) return;
  sendto(raw, "eye", 3, 0, (struct sockaddr *)&address, sizeof address);
  recv(raw, buffer, sizeof buffer, MSG_DONTWAIT);
  close(raw);
}

// Ethertype 0x88b5 is for experiments (IEEE 802).
static void send_packet(void) {
  struct sockaddr_ll address = {.sll_family = AF_PACKET, .sll_protocol = htons(0x88b5), .sll_halen = 6};
  address.sll_ifindex = (int)if_nametoindex("lo");
  int packet = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (packet < 0) return;
  sendto(packet, "eye", 3, 0, (struct sockaddr *)&address, sizeof address);
  close(packet);
}

int clinux_event_workload(void) {
  struct sockaddr_in address, peer;
  socklen_t length = sizeof peer;
  prctl(PR_SET_NAME, "sockeye-fires");
  int server = make_server(SOCK_STREAM, &address);
  connect_to(SOCK_STREAM, &address);
  close(accept4(server, (struct sockaddr *)&peer, &length, SOCK_CLOEXEC));
  close(server);
  // Nobody listens there any more.
  connect_to(SOCK_STREAM, &address);
  server = make_server(SOCK_DGRAM, &address);
  int client = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  char buffer[8];
  sendto(client, "eye", 3, 0, (struct sockaddr *)&address, sizeof address);
  recv(server, buffer, sizeof buffer, MSG_DONTWAIT);
  close(client);
  close(server);
  run_and_wait("/bin/true");
  run_and_wait("/nonexistent/of/sockeye");
  pthread_t thread;
  if (pthread_create(&thread, NULL, idle_thread, NULL) == 0) pthread_join(thread, NULL);
  int program = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
  void *code = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, program, 0);
  if (code != MAP_FAILED) munmap(code, 4096);
  make_unix_connection();
  accept_in_ring();
  // From here on where nothing of the host is disturbed; without the right to, in the host's namespace.
  if (unshare(CLONE_NEWNET) == 0) raise_loopback();
  answer_as_name_server();
  send_raw();
  send_packet();
  if (setresgid(65534, 65534, 65534) == 0 && setresuid(65534, 65534, 65534) != 0) return 24;
  return 23;
}

// Traffic that passes no send(2) or recv(2): sendfile, splice, sendmmsg, recvmmsg, io_uring; over TCP and UDP.
#include "fixture.h"

#include <linux/io_uring.h>
#include <sys/sendfile.h>

#define PIECE 997

enum way { WAY_SENDFILE, WAY_SPLICE, WAY_MANY, WAY_RING, WAY_COUNT };
static const char *const names[] = {"sendfile", "splice", "mmsg", "io_uring"};

struct counts {
  uint64_t packets, bytes;
};

static void add(struct counts *counts, ssize_t bytes) {
  require(bytes > 0, "transfer");
  counts->packets += 1;
  counts->bytes += (uint64_t)bytes;
}

static void send_by(enum way way, int connection, struct counts *counts) {
  static char bytes[PIECE];
  if (way == WAY_SENDFILE) {
    int file = memfd_create("piece", MFD_CLOEXEC);
    require(write(file, bytes, PIECE) == PIECE, "write");
    off_t offset = 0;
    add(counts, sendfile(connection, file, &offset, PIECE));
    close(file);
  } else if (way == WAY_SPLICE) {
    int ends[2];
    require(pipe2(ends, O_CLOEXEC) == 0 && write(ends[1], bytes, PIECE) == PIECE, "pipe");
    add(counts, splice(ends[0], NULL, connection, NULL, PIECE, 0));
    close(ends[0]);
    close(ends[1]);
  } else if (way == WAY_RING) {
    add(counts, do_in_ring(IORING_OP_SEND, connection, bytes, PIECE, 0));
  } else {
    struct iovec parts[3] = {{bytes, PIECE}, {bytes, PIECE - 2}, {bytes, PIECE - 4}};
    struct mmsghdr messages[3] = {0};
    for (int index = 0; index < 3; index++) {
      messages[index].msg_hdr.msg_iov = &parts[index];
      messages[index].msg_hdr.msg_iovlen = 1;
    }
    require(sendmmsg(connection, messages, 3, 0) == 3, "sendmmsg");
    for (int index = 0; index < 3; index++) add(counts, messages[index].msg_len);
  }
}

/// All that is there: a stream's piece may come in one or several.
static void receive_by(enum way way, int connection, struct counts *counts, uint64_t wanted) {
  static char bytes[4 * PIECE];
  while (counts->bytes < wanted) {
    if (way == WAY_SPLICE) {
      int ends[2];
      require(pipe2(ends, O_CLOEXEC) == 0, "pipe");
      add(counts, splice(connection, NULL, ends[1], NULL, 1 << 16, 0));
      close(ends[0]);
      close(ends[1]);
    } else if (way == WAY_RING) {
      add(counts, do_in_ring(IORING_OP_RECV, connection, bytes, sizeof bytes, 0));
    } else if (way == WAY_MANY) {
      struct iovec parts[3] = {{bytes, PIECE}, {bytes + PIECE, PIECE}, {bytes + 2 * PIECE, PIECE}};
      struct mmsghdr messages[3] = {0};
      for (int index = 0; index < 3; index++) {
        messages[index].msg_hdr.msg_iov = &parts[index];
        messages[index].msg_hdr.msg_iovlen = 1;
      }
      int count = recvmmsg(connection, messages, 3, MSG_WAITFORONE, NULL);
      require(count > 0, "recvmmsg");
      for (int index = 0; index < count; index++) add(counts, messages[index].msg_len);
    } else {
      add(counts, recv(connection, bytes, sizeof bytes, 0));
    }
  }
}

/// `tcp WAY local-port peer-port sent received`, `udp … packets bytes` in both directions; one line an end.
static void print_end(const char *what, enum way way, int connection, struct counts sent, struct counts received) {
  struct sockaddr_in peer;
  socklen_t length = sizeof peer;
  require(getpeername(connection, (struct sockaddr *)&peer, &length) == 0, "getpeername");
  printf("%s %s %u %u %lu %lu %lu %lu\n", what, names[way], local_port(connection), ntohs(peer.sin_port),
         (unsigned long)sent.packets, (unsigned long)sent.bytes, (unsigned long)received.packets,
         (unsigned long)received.bytes);
}

static void exchange(const char *what, enum way way, int client, int server) {
  struct counts counts[4] = {{0, 0}, {0, 0}, {0, 0}, {0, 0}};
  for (int round = 0; round < 5; round++) {
    send_by(way, client, &counts[0]);
    receive_by(way, server, &counts[1], counts[0].bytes);
    if (round & 1) continue;
    send_by(way, server, &counts[2]);
    receive_by(way, client, &counts[3], counts[2].bytes);
  }
  print_end(what, way, client, counts[0], counts[3]);
  print_end(what, way, server, counts[2], counts[1]);
  close(client);
  close(server);
}

static void exchange_stream(enum way way) {
  uint16_t port;
  int listener = make_listener(SOCK_STREAM, &port);
  int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  struct sockaddr_in address = loopback(port);
  require(connect(client, (struct sockaddr *)&address, sizeof address) == 0, "connect");
  int server = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
  exchange("tcp", way, client, server);
  close(listener);
}

static void exchange_datagrams(enum way way) {
  uint16_t ports[2];
  int ends[2] = {make_listener(SOCK_DGRAM, &ports[0]), make_listener(SOCK_DGRAM, &ports[1])};
  for (int index = 0; index < 2; index++) {
    struct sockaddr_in other = loopback(ports[!index]);
    require(connect(ends[index], (struct sockaddr *)&other, sizeof other) == 0, "connect");
  }
  exchange("udp", way, ends[0], ends[1]);
}

/// One sendmmsg(2) to three peers by turns, from a socket that is connected to one of them or to none; one recvmmsg(2)
/// of as many.
static void spread_datagrams(int is_connected) {
  uint16_t ports[3], port;
  int sender = make_listener(SOCK_DGRAM, &port), receivers[3];
  for (int peer = 0; peer < 3; peer++) receivers[peer] = make_listener(SOCK_DGRAM, &ports[peer]);
  struct sockaddr_in one = loopback(ports[1]);
  if (is_connected) require(connect(sender, (struct sockaddr *)&one, sizeof one) == 0, "connect");
  static char bytes[64];
  struct sockaddr_in addresses[9];
  struct iovec parts[9];
  struct mmsghdr messages[9] = {0};
  struct counts counts[3] = {{0, 0}, {0, 0}, {0, 0}};
  for (int index = 0; index < 9; index++) {
    addresses[index] = loopback(ports[index % 3]);
    parts[index] = (struct iovec){bytes, (size_t)index + 1};
    messages[index].msg_hdr = (struct msghdr){
        .msg_name = &addresses[index], .msg_namelen = sizeof addresses[index], .msg_iov = &parts[index], .msg_iovlen = 1};
  }
  require(sendmmsg(sender, messages, 9, 0) == 9, "sendmmsg");
  for (int index = 0; index < 9; index++) add(&counts[index % 3], messages[index].msg_len);
  for (int peer = 0; peer < 3; peer++) {
    for (int index = 0; index < 3; index++) {
      parts[index] = (struct iovec){bytes, sizeof bytes};
      messages[index].msg_hdr = (struct msghdr){
          .msg_name = &addresses[index], .msg_namelen = sizeof addresses[index], .msg_iov = &parts[index], .msg_iovlen = 1};
    }
    require(recvmmsg(receivers[peer], messages, 3, 0, NULL) == 3, "recvmmsg");
    struct counts received = {0, 0};
    for (int index = 0; index < 3; index++) add(&received, messages[index].msg_len);
    printf("spread %u %u %lu %lu\n", port, ports[peer], (unsigned long)counts[peer].packets,
           (unsigned long)counts[peer].bytes);
    printf("gathered %u %u %lu %lu\n", ports[peer], port, (unsigned long)received.packets,
           (unsigned long)received.bytes);
    close(receivers[peer]);
  }
  close(sender);
}

int run_channels(void) {
  enter_own_namespace();
  int has_ring = make_ring() == 0;
  if (!has_ring) printf("io_uring-refused %d\n", errno);
  for (enum way way = 0; way < WAY_COUNT; way++) {
    if (way == WAY_RING && !has_ring) continue;
    exchange_stream(way);
    exchange_datagrams(way);
  }
  spread_datagrams(0);
  spread_datagrams(1);
  return 0;
}

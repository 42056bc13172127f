// A name server of our own on loopback, and processes that ask it, and then connect.
//
// The first letter of a name says what the server does; a digit behind it, what address it has: 127.1.0.DIGIT.
//   p: answers.  c: by two CNAMEs, and adds an address of another name.  6: with ::1.  s: over TCP, byte by byte.
//   b: with 1,201 addresses, 19 KiB.  n: that there is no such name.
#include "fixture.h"
#include <netinet/tcp.h>

#define BIG_COUNT 1201
#define MESSAGE_LIMIT 65536

static uint16_t web_port;

static struct sockaddr_storage make_address(int family, const char *text, uint16_t port, socklen_t *length) {
  struct sockaddr_storage storage = {.ss_family = (sa_family_t)family};
  *length = family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);
  if (family == AF_INET) {
    struct sockaddr_in *address = (struct sockaddr_in *)&storage;
    address->sin_port = htons(port);
    inet_pton(family, text, &address->sin_addr);
  } else {
    struct sockaddr_in6 *address = (struct sockaddr_in6 *)&storage;
    address->sin6_port = htons(port);
    inet_pton(family, text, &address->sin6_addr);
  }
  return storage;
}

static size_t put16(uint8_t *out, unsigned value) {
  out[0] = (uint8_t)(value >> 8);
  out[1] = (uint8_t)value;
  return 2;
}

// Owner, type, class IN, 60 s, data.
static size_t put_record(uint8_t *out, const char *owner, size_t owner_length, unsigned type, const void *data,
                         size_t length) {
  memcpy(out, owner, owner_length);
  size_t size = owner_length;
  size += put16(out + size, type);
  size += put16(out + size, 1);
  size += put16(out + size, 0);
  size += put16(out + size, 60);
  size += put16(out + size, (unsigned)length);
  memcpy(out + size, data, length);
  return size + length;
}

static size_t make_answer(uint8_t *message, size_t length) {
  char kind = (char)message[13], address[4] = {127, 1, 0, (char)(message[14] - '0')};
  const char *question = "\xc0\x0c";
  int count = 1;
  message[2] = 0x80;
  message[3] = kind == 'n' ? 3 : 0;
  if (kind == 'n') {
    count = 0;
  } else if (kind == 'c') {
    const char middle[] = "\6middle\4test", end[] = "\3end\4test";
    length += put_record(message + length, question, 2, 5, middle, sizeof middle);
    length += put_record(message + length, middle, sizeof middle, 5, end, sizeof end);
    length += put_record(message + length, end, sizeof end, 1, address, 4);
    length += put_record(message + length, "\5other\4test", 12, 1, "\x7f\x01\x00\x09", 4);
    count = 4;
  } else if (kind == '6') {
    length += put_record(message + length, question, 2, 28, &in6addr_loopback, 16);
  } else if (kind == 'b') {
    for (count = 0; count < BIG_COUNT; count++) {
      uint8_t many[4] = {127, 2, (uint8_t)(count >> 8), (uint8_t)count};
      length += put_record(message + length, question, 2, 1, many, 4);
    }
  } else {
    length += put_record(message + length, question, 2, 1, address, 4);
  }
  put16(message + 6, (unsigned)count);
  return length;
}

static void serve_datagrams(int server) {
  static uint8_t message[MESSAGE_LIMIT];
  for (;;) {
    struct sockaddr_storage from;
    socklen_t from_length = sizeof from;
    ssize_t got = recvfrom(server, message, 512, 0, (struct sockaddr *)&from, &from_length);
    if (got < 18) continue;
    size_t length = make_answer(message, (size_t)got);
    sendto(server, message, length, 0, (struct sockaddr *)&from, from_length);
  }
}

static void serve_stream(int listener) {
  static uint8_t message[MESSAGE_LIMIT + 2];
  for (;;) {
    int connection = accept(listener, NULL, NULL), one = 1;
    setsockopt(connection, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    uint8_t prefix[2];
    while (recv(connection, prefix, 2, MSG_WAITALL) == 2) {
      size_t asked = (size_t)prefix[0] << 8 | prefix[1];
      if (asked > 512 || recv(connection, message + 2, asked, MSG_WAITALL) != (ssize_t)asked) break;
      size_t length = make_answer(message + 2, asked);
      put16(message, (unsigned)length);
      if (message[15] == 's') {
        for (size_t done = 0; done < length + 2; done++) send(connection, message + done, 1, 0);
      } else {
        for (size_t done = 0; done < length + 2;) {
          ssize_t sent = send(connection, message + done, length + 2 - done, 0);
          if (sent <= 0) break;
          done += (size_t)sent;
        }
      }
    }
    close(connection);
  }
}

static void serve_web(int listener) {
  for (;;) {
    int connection = accept(listener, NULL, NULL);
    char end;
    while (recv(connection, &end, 1, 0) > 0) {}
    close(connection);
  }
}

static void start_server(int family, const char *host, int type) {
  socklen_t length;
  struct sockaddr_storage address = make_address(family, host, 53, &length);
  int server = socket(family, type | SOCK_CLOEXEC, 0);
  require(bind(server, (struct sockaddr *)&address, length) == 0, "bind 53");
  if (type == SOCK_STREAM) require(listen(server, 16) == 0, "listen 53");
  if (fork() == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (type == SOCK_STREAM) serve_stream(server); else serve_datagrams(server);
  }
  close(server);
}

// The query of `labels` (as on the wire, without the root).
static size_t make_query(uint8_t *message, const char *labels, size_t labels_length) {
  memset(message, 0, 12);
  message[5] = 1;
  memcpy(message + 12, labels, labels_length);
  message[12 + labels_length] = 0;
  put16(message + 13 + labels_length, 255);
  put16(message + 15 + labels_length, 1);
  return labels_length + 17;
}

static void ask(int family, int type, int is_connected, const char *labels) {
  uint8_t message[MESSAGE_LIMIT];
  size_t length = make_query(message + 2, labels, strlen(labels));
  socklen_t address_length;
  struct sockaddr_storage address =
    make_address(family, family == AF_INET ? "127.0.0.1" : "::1", 53, &address_length);
  int asker = socket(family, type | SOCK_CLOEXEC, 0);
  if (is_connected) require(connect(asker, (struct sockaddr *)&address, address_length) == 0, "connect 53");
  if (type == SOCK_STREAM) {
    put16(message, (unsigned)length);
    require(send(asker, message, length + 2, 0) == (ssize_t)length + 2, "send query");
    require(recv(asker, message, 2, MSG_WAITALL) == 2, "recv length");
    size_t answer = (size_t)message[0] << 8 | message[1];
    require(recv(asker, message, answer, MSG_WAITALL) == (ssize_t)answer, "recv answer");
  } else {
    if (is_connected) require(send(asker, message + 2, length, 0) > 0, "send query");
    else require(sendto(asker, message + 2, length, 0, (struct sockaddr *)&address, address_length) > 0, "sendto");
    require(recv(asker, message, sizeof message, 0) > 0, "recv answer");
  }
  close(asker);
}

// `connected WHAT PID LOCAL-PORT`
static void visit(const char *what, int family, int type, const char *host) {
  socklen_t length;
  struct sockaddr_storage address = make_address(family, host, web_port, &length);
  int client = socket(family, type | SOCK_CLOEXEC, 0);
  require(connect(client, (struct sockaddr *)&address, length) == 0, "connect web");
  if (type == SOCK_DGRAM) require(send(client, "x", 1, 0) == 1, "send web");
  printf("connected %s %d %u\n", what, getpid(), local_port(client));
  fflush(stdout);
  // Until the server has accepted, and closed.
  char end;
  if (type == SOCK_STREAM) require(shutdown(client, SHUT_WR) == 0 && recv(client, &end, 1, 0) == 0, "end of web");
  close(client);
}

static void in_child(void (*body)(void)) {
  fflush(stdout);
  pid_t child = fork();
  if (child == 0) {
    body();
    fflush(stdout);
    _exit(0);
  }
  int status = 0;
  waitpid(child, &status, 0);
  require(status == 0, "child");
}

static void visit_as_child(void) { visit("child", AF_INET, SOCK_STREAM, "127.1.0.1"); }

static void by_datagram(void) {
  visit("early", AF_INET, SOCK_STREAM, "127.1.0.1");
  ask(AF_INET, SOCK_DGRAM, 1, "\7c1chain\4test");
  visit("chain", AF_INET, SOCK_STREAM, "127.1.0.1");
  visit("datagram", AF_INET, SOCK_DGRAM, "127.1.0.1");
  visit("unasked", AF_INET, SOCK_STREAM, "127.1.0.9");
  in_child(visit_as_child);
  ask(AF_INET6, SOCK_DGRAM, 0, "\5" "6udp6\4test");
  visit("udp6", AF_INET6, SOCK_STREAM, "::1");
}

static void by_stream(void) {
  ask(AF_INET, SOCK_STREAM, 1, "\7s2split\4test");
  visit("split", AF_INET, SOCK_STREAM, "127.1.0.2");
  ask(AF_INET6, SOCK_STREAM, 1, "\6p3tcp6\4test");
  visit("tcp6", AF_INET, SOCK_STREAM, "127.1.0.3");
  ask(AF_INET, SOCK_STREAM, 1, "\4bbig\4test");
  visit("big", AF_INET, SOCK_STREAM, "127.2.4.176");  // the last of 1,201
}

static void by_hostile_name(void) {
  ask(AF_INET, SOCK_DGRAM, 1, "\12p4\x1b[31m\n.x\4test");
  visit("hostile", AF_INET, SOCK_STREAM, "127.1.0.4");
  ask(AF_INET, SOCK_DGRAM, 1, "\4n5no\4test");
  visit("nowhere", AF_INET, SOCK_STREAM, "127.1.0.5");
}

static void stranger(void) { visit("stranger", AF_INET, SOCK_STREAM, "127.1.0.1"); }

int run_names(void) {
  enter_own_namespace();
  int web = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0), off = 0;
  setsockopt(web, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
  struct sockaddr_in6 any = {.sin6_family = AF_INET6};
  require(bind(web, (struct sockaddr *)&any, sizeof any) == 0 && listen(web, 64) == 0, "listen web");
  web_port = local_port(web);
  if (fork() == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    serve_web(web);
  }
  start_server(AF_INET, "127.0.0.1", SOCK_DGRAM);
  start_server(AF_INET6, "::1", SOCK_DGRAM);
  start_server(AF_INET, "127.0.0.1", SOCK_STREAM);
  start_server(AF_INET6, "::1", SOCK_STREAM);
  in_child(by_datagram);
  in_child(by_stream);
  in_child(by_hostile_name);
  in_child(stranger);
  return 0;
}

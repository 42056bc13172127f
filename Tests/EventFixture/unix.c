// Unix sockets: who connects to which name, and which of several processes accepts.
#include "fixture.h"

#include <linux/io_uring.h>
#include <stddef.h>
#include <sys/un.h>

/// A path, or an abstract name where it begins with `@`.
static socklen_t unix_address(struct sockaddr_un *address, const char *name) {
  *address = (struct sockaddr_un){.sun_family = AF_UNIX};
  size_t length = strlen(name);
  memcpy(address->sun_path, name, length);
  if (*name != '@') return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length + 1);
  address->sun_path[0] = 0;
  return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length);
}

static unsigned long inode_of(int descriptor) {
  struct stat status;
  require(fstat(descriptor, &status) == 0, "fstat");
  return (unsigned long)status.st_ino;
}

/// The listener's maker is not the one that accepts.
static void serve_one(const char *case_name, int type, const char *name, int uses_ring) {
  struct sockaddr_un address;
  socklen_t length = unix_address(&address, name);
  int listener = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);
  require(bind(listener, (struct sockaddr *)&address, length) == 0 && listen(listener, 8) == 0, "listen");
  printf("%s-listener %d %s\n", case_name, getpid(), name);
  fflush(stdout);
  pid_t server = fork();
  if (server == 0) {
    if (uses_ring && make_ring() != 0) _exit(0);
    int connection = uses_ring ? do_in_ring(IORING_OP_ACCEPT, listener, NULL, 0, 0)
                               : accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    require(connection >= 0, "accept");
    printf("%s-server %d %lu\n", case_name, getpid(), inode_of(connection));
    fflush(stdout);
    _exit(0);
  }
  pid_t client = fork();
  if (client == 0) {
    int connection = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);
    if (uses_ring && make_ring() != 0) _exit(0);
    int status = uses_ring ? do_in_ring(IORING_OP_CONNECT, connection, &address, 0, length)
                           : connect(connection, (struct sockaddr *)&address, length);
    require(status == 0, "connect");
    printf("%s-client %d %lu\n", case_name, getpid(), inode_of(connection));
    fflush(stdout);
    char byte;
    require(read(connection, &byte, 1) == 0, "the server's end");
    _exit(0);
  }
  waitpid(client, NULL, 0);
  waitpid(server, NULL, 0);
  close(listener);
  if (*name == '@') return;
  // The name is there, and nobody listens.
  int late = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);
  int error = connect(late, (struct sockaddr *)&address, length) == 0 ? 0 : errno;
  printf("%s-late %d %d\n", case_name, getpid(), error);
  unlink(name);
}

int run_unix(void) {
  char name[100];
  snprintf(name, sizeof name, "/tmp/sockeye-fixture-%d.socket", getpid());
  serve_one("stream", SOCK_STREAM, name, 0);
  snprintf(name, sizeof name, "@sockeye-fixture-%d", getpid());
  serve_one("packet", SOCK_SEQPACKET, name, 0);
  snprintf(name, sizeof name, "@sockeye-ring-%d", getpid());
  serve_one("ring", SOCK_STREAM, name, 1);
  return 0;
}

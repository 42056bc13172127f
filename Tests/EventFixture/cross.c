// A server and its clients in trees of processes that are not each other's: they find each other by a file.
#include "fixture.h"

// Accepts `count` connections, one after the other, in a child; the port stands in the file.
int run_server(const char *path, int count) {
  uint16_t port;
  int listener = make_listener(SOCK_STREAM, &port);
  pid_t child = fork();
  if (child == 0) {
    while (count-- > 0) {
      int connection = accept(listener, NULL, NULL);
      char byte;
      while (recv(connection, &byte, 1, 0) > 0) {}
      close(connection);
    }
    _exit(0);
  }
  char draft[4096];
  snprintf(draft, sizeof draft, "%s.draft", path);
  FILE *file = fopen(draft, "w");
  require(file != NULL && fprintf(file, "%u\n", port) > 0 && fclose(file) == 0, draft);
  require(rename(draft, path) == 0, path);
  waitpid(child, NULL, 0);
  return 0;
}

// Connects `count` times to the server of that file.
int run_visitor(const char *path, int count) {
  FILE *file;
  while ((file = fopen(path, "r")) == NULL) usleep(10000);
  unsigned port = 0;
  require(fscanf(file, "%u", &port) == 1, path);
  struct sockaddr_in address = loopback((uint16_t)port);
  while (count-- > 0) {
    int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    require(connect(client, (struct sockaddr *)&address, sizeof address) == 0, "connect");
    char byte;
    require(shutdown(client, SHUT_WR) == 0 && recv(client, &byte, 1, 0) == 0, "end");
    close(client);
  }
  return 0;
}

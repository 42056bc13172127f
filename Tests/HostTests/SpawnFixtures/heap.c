// An exec that fails, with a path and arguments that lie in the heap.
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int main(void) {
  char **arguments = calloc(2, sizeof *arguments);
  arguments[0] = strdup("/nonexistent/heap");
  execv(arguments[0], arguments);
  return 0;
}

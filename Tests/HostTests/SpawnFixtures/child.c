// Starts /bin/true, and ends with 23.
#include <spawn.h>
#include <sys/wait.h>

extern char **environ;

int main(void) {
  pid_t child;
  char *program[] = {"/bin/true", 0};
  if (posix_spawn(&child, program[0], 0, 0, program, environ)) return 1;
  return waitpid(child, 0, 0) == child ? 23 : 2;
}

// posix_spawn of /bin/true and wait, N times: prints the time of each in µs, a line each.
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>

extern char **environ;

static double microseconds(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1e6 + time.tv_nsec / 1e3;
}

int main(int count, char **arguments) {
  char *program[] = {"/bin/true", NULL};
  int runs = count > 1 ? atoi(arguments[1]) : 100;
  FILE *result = fopen(arguments[2], "w");
  for (int run = 0; run < runs && result; run++) {
    double start = microseconds();
    pid_t child;
    int status;
    if (posix_spawn(&child, program[0], NULL, NULL, program, environ)) return 1;
    waitpid(child, &status, 0);
    fprintf(result, "%.1f\n", microseconds() - start);
  }
  return result ? fclose(result) : 1;
}

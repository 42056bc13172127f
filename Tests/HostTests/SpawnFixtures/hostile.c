// A rule for register 16,777,216 in the way to /bin/true: whoever makes room for it takes hundreds of megabytes a row.
#include <spawn.h>
#include <sys/wait.h>

extern char **environ;

__attribute__((noinline, noclone)) int launch(char **program) {
  pid_t child;
  __asm__ volatile(".cfi_escape 0x05, 0x80, 0x80, 0x80, 0x08, 0x01");
  return posix_spawn(&child, program[0], 0, 0, program, environ) || waitpid(child, 0, 0) != child;
}

int main(void) {
  char *program[] = {"/bin/true", 0};
  return launch(program);
}

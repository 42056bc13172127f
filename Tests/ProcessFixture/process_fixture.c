#include "process_fixture.h"

#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

static int wait_forever(void *argument)
{
	(void)argument;
	for (;;)
		pause();
}

/* In the child, where only async-signal-safe calls are right: the parent has threads. */
static void be(enum process_fixture kind, const char *name, int sockets, char *stack_end, int ready)
{
	if (dup2(ready, 0) < 0 || close_range(3, ~0U, 0) || prctl(PR_SET_NAME, name))
		_exit(1);
	for (int i = 0; i < sockets; i++)
		if (socket(AF_UNIX, SOCK_STREAM, 0) != 3 + i)
			_exit(1);
	if (kind == PROCESS_ZOMBIE) {
		(void)!write(0, "x", 1);
		_exit(0);
	}
	if (kind == PROCESS_LEADER_ENDED) {
		int flags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM;
		if (clone(wait_forever, stack_end, flags, NULL) < 0)
			_exit(1);
		(void)!write(0, "x", 1);
		syscall(SYS_exit, 0);
	}
	(void)!write(0, "x", 1);
	wait_forever(NULL);
}

pid_t process_fixture_start(enum process_fixture kind, const char *name, int sockets)
{
	enum { STACK = 65536 };
	int ready[2];
	char byte = 0, *stack = malloc(STACK);
	if (!stack || pipe2(ready, O_CLOEXEC))
		return -1;
	pid_t pid = fork();
	if (pid == 0)
		be(kind, name, sockets, stack + STACK, ready[1]);
	close(ready[1]);
	if (pid > 0 && read(ready[0], &byte, 1) != 1)
		pid = -1;
	close(ready[0]);
	free(stack);
	return pid;
}

int process_fixture_become(uid_t user)
{
	if (syscall(SYS_setgroups, 0, NULL) || syscall(SYS_setresgid, user, user, user))
		return -1;
	return (int)syscall(SYS_setresuid, user, user, user);
}

int process_fixture_name_thread(const char *name)
{
	return prctl(PR_SET_NAME, name);
}

/* Children: each holds exactly the descriptors it was given, and dies with the fixture. */
#include "fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* Every ready holder writes one byte here. */
static int ready_read = -1, ready_write = -1;

static void open_ready_pipe(void)
{
	if (ready_read >= 0)
		return;
	int ends[2];
	if (pipe(ends))
		die("pipe");
	ready_read = ends[0];
	ready_write = ends[1];
}

int ready_pipe(void) { return ready_write; }
void adopt_ready_pipe(int fd) { ready_write = fd; }

static bool is_kept(int fd, const int *keep, int count)
{
	for (int i = 0; i < count; i++)
		if (keep[i] == fd)
			return true;
	return fd <= STDERR_FILENO || fd == ready_write;
}

/* The highest descriptor that may be open in a process that makes children. */
enum { HIGHEST_INHERITED = 4096 };

static void close_all_but(const int *keep, int count)
{
	for (int fd = 3; fd < HIGHEST_INHERITED; fd++)
		if (!is_kept(fd, keep, count))
			close(fd);
	if (syscall(SYS_close_range, HIGHEST_INHERITED, ~0U, 0))
		die("close_range");
}

static void die_with(pid_t parent)
{
	if (prctl(PR_SET_PDEATHSIG, SIGKILL))
		die("PR_SET_PDEATHSIG");
	if (getppid() != parent) /* it went before the call */
		_exit(0);
}

void hold_forever(void)
{
	for (;;)
		pause();
}

void holder_is_ready(void)
{
	if (write(ready_write, "!", 1) != 1)
		die("write ready");
	close(ready_write);
}

/* Direct children of the fixture, to be ended with it. */
static pid_t *holders;
static int holder_count;

static void remember_holder(pid_t child)
{
	if (holder_count % 64 == 0) {
		holders = realloc(holders, (holder_count + 64) * sizeof *holders);
		if (!holders)
			die("realloc");
	}
	holders[holder_count++] = child;
}

void end_holders(void)
{
	for (int i = 0; i < holder_count; i++)
		kill(holders[i], SIGKILL);
	while (waitpid(-1, NULL, 0) > 0 || errno == EINTR)
		;
}

pid_t launch_holder(void (*body)(void *), void *argument, const int *keep, int keep_count)
{
	open_ready_pipe();
	pid_t parent = getpid(), child = fork();
	if (child < 0)
		die("fork");
	if (child) {
		remember_holder(child);
		return child;
	}
	holder_count = 0; /* those are our parent's */
	die_with(parent);
	close_all_but(keep, keep_count);
	body(argument);
	holder_is_ready();
	hold_forever();
}

void await_holders(int count)
{
	char bytes[256];
	while (count > 0) {
		/* A child that died would leave us here for ever: look every 100 ms. */
		int status;
		pid_t gone = waitpid(-1, &status, WNOHANG);
		if (gone > 0 && !(WIFEXITED(status) && WEXITSTATUS(status) == 0)) {
			errno = ECHILD;
			die("a holder died");
		}
		struct timeval limit = { .tv_usec = 100000 };
		fd_set set;
		FD_ZERO(&set);
		FD_SET(ready_read, &set);
		if (select(ready_read + 1, &set, NULL, NULL, &limit) <= 0)
			continue;
		ssize_t got = read(ready_read, bytes, count < 256 ? count : 256);
		if (got <= 0)
			die("read ready");
		count -= got;
	}
}

pid_t start_holder(void (*body)(void *), void *argument, const int *keep, int keep_count)
{
	pid_t child = launch_holder(body, argument, keep, keep_count);
	await_holders(1);
	return child;
}

void run_briefly(void (*body)(void *), void *argument)
{
	pid_t parent = getpid(), child = fork();
	if (child < 0)
		die("fork");
	if (!child) {
		die_with(parent);
		close_all_but(NULL, 0);
		body(argument);
		_exit(0);
	}
	int status;
	if (waitpid(child, &status, 0) != child || status)
		die("brief child");
}

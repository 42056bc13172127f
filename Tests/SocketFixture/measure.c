/* socket-fixture measure [--netns PATH] [--output FILE] [--error FILE] -- COMMAND…
 *
 * Runs a command in a network namespace and prints one JSON line: CPU time and peak memory of exactly that process
 * (wait4), and the time it took. A program of its own since ru_maxrss of a child starts with its parent's: ours is 2 MiB.
 */
#include "fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

static double seconds(const struct timeval *time) { return time->tv_sec + time->tv_usec / 1e6; }

static double now(void)
{
	struct timespec time;
	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec + time.tv_nsec / 1e9;
}

static void enter_netns(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || setns(fd, CLONE_NEWNET))
		die(path);
	close(fd);
}

static int run_and_print(char **command, const char *output, const char *error)
{
	posix_spawn_file_actions_t actions;
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, output, O_WRONLY | O_CREAT | O_TRUNC, 0644);
	posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, error, O_WRONLY | O_CREAT | O_TRUNC, 0644);

	pid_t child;
	int status;
	struct rusage usage;
	double start = now();
	errno = posix_spawnp(&child, command[0], &actions, NULL, command, environ);
	if (errno)
		die(command[0]);
	if (wait4(child, &status, 0, &usage) != child)
		die("wait4");
	double wall = now() - start;
	int code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	print_line("{\"exit\":%d,\"wall\":%.6f,\"user\":%.6f,\"system\":%.6f,\"rss_kib\":%ld}", code, wall,
		   seconds(&usage.ru_utime), seconds(&usage.ru_stime), usage.ru_maxrss);
	return 0;
}

int measure_main(int argc, char **argv)
{
	const char *output = "/dev/null", *error = "/dev/null";
	int i = 0;
	for (; i + 1 < argc && strcmp(argv[i], "--"); i += 2) {
		if (!strcmp(argv[i], "--netns"))
			enter_netns(argv[i + 1]);
		else if (!strcmp(argv[i], "--output"))
			output = argv[i + 1];
		else if (!strcmp(argv[i], "--error"))
			error = argv[i + 1];
		else
			break;
	}
	if (i + 1 >= argc || strcmp(argv[i], "--")) {
		fprintf(stderr, "socket-fixture measure [--netns PATH] [--output FILE] [--error FILE] -- COMMAND\n");
		return 64;
	}
	return run_and_print(argv + i + 1, output, error);
}

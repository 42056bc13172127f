/* Network namespaces, their sysctls, and what must be removed at the end. */
#include "fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

static void raise_loopback(void)
{
	struct ifreq request = { .ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	if (fd < 0 || ioctl(fd, SIOCSIFFLAGS, &request))
		die("bring lo up");
	close(fd);
}

void enter_new_netns(void)
{
	if (unshare(CLONE_NEWNET))
		die("unshare(CLONE_NEWNET)");
	raise_loopback();
}

uint64_t own_netns(void)
{
	struct stat status;
	/* thread-self: a thread may be elsewhere than its process */
	if (stat("/proc/thread-self/ns/net", &status))
		die("stat ns/net");
	return status.st_ino;
}

void write_sysctl(const char *path, const char *value)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, value, strlen(value)) < 0)
		die(path);
	close(fd);
}

static char scratch[] = "/tmp/socket-fixture-XXXXXX";
static bool scratch_made;

const char *scratch_directory(void)
{
	if (!scratch_made && !mkdtemp(scratch))
		die("mkdtemp");
	scratch_made = true;
	return scratch;
}

static struct leftover {
	char *file;
	bool is_mount;
} leftovers[64];
static int leftover_count;
static pid_t leftover_owner;

void remove_at_end(const char *file, bool is_mount)
{
	if (leftover_count == COUNT_OF(leftovers)) {
		errno = ENOSPC;
		die("leftovers");
	}
	leftover_owner = getpid();
	leftovers[leftover_count].file = strdup(file);
	leftovers[leftover_count++].is_mount = is_mount;
}

void remove_everything(void)
{
	if (leftover_count && leftover_owner != getpid())
		return;
	while (leftover_count > 0) {
		struct leftover *last = &leftovers[--leftover_count];
		if (last->is_mount)
			umount2(last->file, MNT_DETACH);
		unlink(last->file);
	}
	if (scratch_made)
		rmdir(scratch);
}

/* Unix sockets, with names that break line-based tools. */
#include "fixture.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

/* A path in the scratch directory. */
static int bound_path(int type, const char *name)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int length = snprintf(address.sun_path, sizeof address.sun_path, "%s/%s", scratch_directory(), name);
	int fd = make_socket(AF_UNIX, type, 0);
	if (length >= (int)sizeof address.sun_path ||
	    bind(fd, (struct sockaddr *)&address, offsetof(struct sockaddr_un, sun_path) + length + 1))
		die("bind path");
	remove_at_end(address.sun_path, false);
	return fd;
}

/* An abstract name is any bytes, made ours by the pid at its end. */
static int bound_abstract(int type, const char *bytes, size_t count)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	memcpy(address.sun_path + 1, bytes, count);
	count += 1 + sprintf(address.sun_path + 1 + count, "%d", (int)getpid());
	int fd = make_socket(AF_UNIX, type, 0);
	if (bind(fd, (struct sockaddr *)&address, offsetof(struct sockaddr_un, sun_path) + count))
		die("bind abstract");
	return fd;
}

static void listen_and_report(const char *label, int fd)
{
	if (listen(fd, 17))
		die("listen unix");
	report(label, fd);
}

static void make_unix_paths(void)
{
	listen_and_report("unix-paths", bound_path(SOCK_STREAM, "plain"));
	listen_and_report("unix-paths", bound_path(SOCK_STREAM, "with  two blanks and one at the end "));
	listen_and_report("unix-paths", bound_path(SOCK_STREAM, "with\nnewline"));
	listen_and_report("unix-paths", bound_path(SOCK_SEQPACKET, "\033[31mred\033[0m"));
	report("unix-paths", bound_path(SOCK_DGRAM, "invalid-\xff\xc3-utf8"));
	report("unix-paths", bound_path(SOCK_DGRAM, "\xe4\xba\x94 * 0 0 users:((\"init\",pid=1,fd=3))"));
	report("unix-paths", bound_path(SOCK_DGRAM, "=cmd|' calc'!A0,\"<b>&"));
}

static void make_unix_abstract(void)
{
	listen_and_report("unix-abstract", bound_abstract(SOCK_STREAM, "plain", 5));
	listen_and_report("unix-abstract", bound_abstract(SOCK_STREAM, "a\0b\0\0c", 6));
	listen_and_report("unix-abstract", bound_abstract(SOCK_SEQPACKET, "\033]0;owned\a\r\n\t\x7f", 14));
	report("unix-abstract", bound_abstract(SOCK_DGRAM, "\0\0", 2));
	report("unix-abstract", bound_abstract(SOCK_DGRAM, "\xff\xfe blank", 8));
}

static void make_unix_pairs(void)
{
	static const int types[] = { SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET };
	for (int i = 0; i < COUNT_OF(types); i++) {
		int ends[2];
		if (socketpair(AF_UNIX, types[i], 0, ends))
			die("socketpair");
		report("unix-pairs", ends[0]);
		report("unix-pairs", ends[1]);
	}
}

/* Connects `count` times to what `listening` is bound to. */
static int connect_unix(int listening, int type)
{
	struct sockaddr_un address;
	socklen_t length = sizeof address;
	int fd = make_socket(AF_UNIX, type, 0);
	if (getsockname(listening, (struct sockaddr *)&address, &length) ||
	    connect(fd, (struct sockaddr *)&address, length))
		die("connect unix");
	return fd;
}

static void make_unix_connected(void)
{
	int listening = bound_path(SOCK_STREAM, "connected");
	listen_and_report("unix-connected", listening);
	for (int i = 0; i < 5; i++) {
		int client = connect_unix(listening, SOCK_STREAM), server = accept(listening, NULL, NULL);
		if (server < 0)
			die("accept unix");
		report("unix-connected", client);
		report("unix-connected", server);
	}
	int datagrams = bound_path(SOCK_DGRAM, "datagrams");
	report("unix-connected", datagrams);
	report("unix-connected", connect_unix(datagrams, SOCK_DGRAM));
}

/* 7 connections that nobody accepts. Their server ends bear the listener's name, and have no inode. */
static void make_unix_backlog(void)
{
	struct truth t;
	int listening = bound_path(SOCK_STREAM, "backlog");
	listen_and_report("unix-backlog", listening);
	for (int i = 0; i < 7; i++) {
		report("unix-backlog", connect_unix(listening, SOCK_STREAM));
		truth_of(listening, &t);
		t.inode = t.cookie = 0;
		report_unheld("unix-backlog", &t, "not_yet_accepted", "established");
	}
}

const struct scenario unix_scenarios[] = {
	{ "unix-paths", "paths with blanks, newlines, control codes, invalid UTF-8", make_unix_paths },
	{ "unix-abstract", "abstract names with NULs and control bytes", make_unix_abstract },
	{ "unix-pairs", "socketpairs of each type", make_unix_pairs },
	{ "unix-connected", "a listener with accepted connections; connected datagrams", make_unix_connected },
	{ "unix-backlog", "a listener with 7 connections that are not accepted", make_unix_backlog },
	{ NULL, NULL, NULL },
};

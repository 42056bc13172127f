/* One socket in several processes, in another process, or in none for now. */
#include "fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static void report_given(void *argument)
{
	const char *label = ((void **)argument)[0];
	report(label, *(int *)((void **)argument)[1]);
}

/* Parent and 5 children hold one listener. */
static void make_forked_listener(void)
{
	int listening = listener(AF_INET, IPPROTO_TCP, 64);
	void *given[] = { "forked-listener", &listening };
	report("forked-listener", listening);
	for (int i = 0; i < 5; i++)
		start_holder(report_given, given, &listening, 1);
}

/* The same socket three times in one process. */
static void make_duplicates(void)
{
	int listening = listener(AF_INET, IPPROTO_TCP, 64);
	report("duplicates", listening);
	report("duplicates", dup(listening));
	report("duplicates", fcntl(listening, F_DUPFD, 500));
}

static void send_descriptor(int over, int fd)
{
	char control[CMSG_SPACE(sizeof fd)] = { 0 }, byte = 'x';
	struct iovec data = { &byte, 1 };
	struct msghdr message = {
		.msg_iov = &data, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control,
	};
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);
	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof fd);
	memcpy(CMSG_DATA(header), &fd, sizeof fd);
	if (sendmsg(over, &message, 0) != 1)
		die("send SCM_RIGHTS");
}

static int receive_descriptor(int over)
{
	int fd;
	char control[CMSG_SPACE(sizeof fd)], byte;
	struct iovec data = { &byte, 1 };
	struct msghdr message = {
		.msg_iov = &data, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control,
	};
	if (recvmsg(over, &message, 0) != 1 || !CMSG_FIRSTHDR(&message))
		die("receive SCM_RIGHTS");
	memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof fd);
	return fd;
}

static void receive_and_report(void *argument)
{
	int over = *(int *)argument;
	for (int i = 0; i < 3; i++)
		report("scm-rights", receive_descriptor(over));
	close(over);
}

/* Three sockets are passed to a child: the first is kept as well, the others are not. */
static void make_scm_rights(void)
{
	int ends[2];
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends))
		die("socketpair");
	for (int i = 0; i < 3; i++) {
		int fd = i == 2 ? bound_socket(AF_INET, SOCK_DGRAM, 0) : listener(AF_INET, IPPROTO_TCP, 64);
		send_descriptor(ends[0], fd);
		if (i == 0)
			report("scm-rights", fd);
		else
			close(fd);
	}
	start_holder(receive_and_report, &ends[1], &ends[1], 1);
	close(ends[0]);
	close(ends[1]);
}

/* Sent, closed by the sender, and never received: alive in the queue of a unix socket alone. */
static void make_in_flight(void)
{
	int ends[2], listening = listener(AF_INET, IPPROTO_TCP, 64), sent[3];
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends))
		die("socketpair");
	connect_pair(listening, IPPROTO_TCP, &sent[0], &sent[1]);
	report("in-flight", sent[0]); /* this end stays here */
	sent[0] = bound_socket(AF_INET, SOCK_DGRAM, 0);
	sent[2] = listening;
	for (int i = 0; i < 3; i++) {
		struct truth t;
		truth_of(sent[i], &t);
		send_descriptor(ends[0], sent[i]);
		close(sent[i]);
		report_unheld("in-flight", &t, "in_flight", t.state);
	}
	report("in-flight", ends[0]);
	report("in-flight", ends[1]);
}

static int shared_port_socket(int type, in_port_t port)
{
	int fd = make_socket(AF_INET, type, 0), yes = 1;
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = port };
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &yes, sizeof yes) ||
	    bind(fd, (struct sockaddr *)&address, sizeof address) || (type == SOCK_STREAM && listen(fd, 64)))
		die("SO_REUSEPORT");
	return fd;
}

static void share_ports(void *argument)
{
	const in_port_t *ports = argument;
	report("reuseport", shared_port_socket(SOCK_STREAM, ports[0]));
	report("reuseport", shared_port_socket(SOCK_DGRAM, ports[1]));
}

/* A TCP and a UDP port with a socket in each of 7 processes. */
static void make_reuseport(void)
{
	in_port_t ports[2];
	for (int i = 0; i < 2; i++) {
		struct sockaddr_in address;
		socklen_t length = sizeof address;
		int fd = shared_port_socket(i ? SOCK_DGRAM : SOCK_STREAM, 0);
		if (getsockname(fd, (struct sockaddr *)&address, &length))
			die("getsockname");
		ports[i] = address.sin_port;
		report("reuseport", fd);
	}
	for (int i = 0; i < 6; i++)
		start_holder(share_ports, ports, NULL, 0);
}

/* A thread with a descriptor table of its own: /proc/PID/fd does not show what it holds. */
static void *open_in_own_table(void *ready)
{
	if (unshare(CLONE_FILES))
		die("unshare(CLONE_FILES)");
	int listening = listener(AF_INET, IPPROTO_TCP, 64);
	report("thread-table", listening);
	if (write(*(int *)ready, "!", 1) != 1)
		die("write");
	hold_forever();
}

static void start_own_table_thread(void *argument)
{
	(void)argument;
	pthread_t thread;
	int ends[2];
	char byte;
	if (pipe(ends))
		die("pipe");
	if (pthread_create(&thread, NULL, open_in_own_table, &ends[1]))
		die("pthread_create");
	if (read(ends[0], &byte, 1) != 1)
		die("read");
	close(ends[0]);
	close(ends[1]);
}

/* In a child, so that the fixture itself has one table. */
static void make_thread_table(void) { start_holder(start_own_table_thread, NULL, NULL, 0); }

/* The main thread has ended; another goes on. /proc/PID/fd of such a process cannot be read. */
static void *wait_for_leader(void *argument)
{
	(void)argument;
	usleep(20000); /* the leader is a zombie by then */
	holder_is_ready();
	hold_forever();
}

static void lose_leader(void *argument)
{
	(void)argument;
	pthread_t thread;
	report("zombie-leader", listener(AF_INET, IPPROTO_TCP, 64));
	if (pthread_create(&thread, NULL, wait_for_leader, NULL))
		die("pthread_create");
	pthread_exit(NULL);
}

static void make_zombie_leader(void) { start_holder(lose_leader, NULL, NULL, 0); }

enum { NOBODY = 65534 };

static void hold_as_nobody(void *argument)
{
	(void)argument;
	if (setgroups(0, NULL) || setresgid(NOBODY, NOBODY, NOBODY) || setresuid(NOBODY, NOBODY, NOBODY))
		die("become nobody");
	/* a process that changed its user is closed to that user too, until it says otherwise */
	if (prctl(PR_SET_DUMPABLE, 1) || prctl(PR_SET_PDEATHSIG, 9))
		die("prctl");
	for (int i = 0; i < 5; i++)
		report("users-nobody", listener(AF_INET, IPPROTO_TCP, 64));
}

/* 7 listeners of root and 5 of uid 65534. */
static void make_users(void)
{
	for (int i = 0; i < 7; i++)
		report("users-root", listener(AF_INET, IPPROTO_TCP, 64));
	start_holder(hold_as_nobody, NULL, NULL, 0);
}

/* Most connections end by a reset: TIME-WAIT would use up the ports within seconds. */
static void live_shortly(void)
{
	static const struct linger reset = { .l_onoff = 1, .l_linger = 0 };
	int listening = listener(AF_INET, IPPROTO_TCP, 64), client, server;
	for (int i = 0; i < 7; i++) {
		connect_pair(listening, IPPROTO_TCP, &client, &server);
		if (i && setsockopt(client, SOL_SOCKET, SO_LINGER, &reset, sizeof reset))
			die("SO_LINGER");
		if (i % 2)
			close(client);
	}
	_exit(0);
}

static void churn(void *argument)
{
	(void)argument;
	holder_is_ready();
	for (;;) {
		pid_t child = fork();
		if (child < 0)
			die("fork");
		if (!child)
			live_shortly();
		usleep(500);
		waitpid(child, NULL, 0);
	}
}

/* Processes that live about a millisecond, with sockets, until the end. It has no truth to tell. */
static void make_churn(void)
{
	write_sysctl("/proc/sys/net/ipv4/tcp_max_tw_buckets", "211");
	for (int i = 0; i < 2; i++)
		start_holder(churn, NULL, NULL, 0);
}

const struct scenario holder_scenarios[] = {
	{ "forked-listener", "a listener that a parent and 5 children hold", make_forked_listener },
	{ "duplicates", "a listener with three descriptors in one process", make_duplicates },
	{ "scm-rights", "sockets passed to another process", make_scm_rights },
	{ "in-flight", "sockets sent over a unix socket, closed, and not received", make_in_flight },
	{ "reuseport", "a TCP and a UDP port with a socket in each of 7 processes", make_reuseport },
	{ "thread-table", "a socket in the own descriptor table of a thread", make_thread_table },
	{ "zombie-leader", "a process whose main thread has ended", make_zombie_leader },
	{ "users", "7 listeners of root and 5 of uid 65534", make_users },
	{ "churn", "processes that come, open, connect and go until the end; no truth", make_churn },
	{ NULL, NULL, NULL },
};

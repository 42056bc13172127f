/* Sockets of one namespace held from another, and namespaces that no process is in. */
#include "fixture.h"

#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

/* The socket stays in the fixture's namespace, its process goes to another. */
static void leave_namespace(void *argument)
{
	(void)argument;
	int listening = listener(AF_INET, IPPROTO_TCP, 64);
	enter_new_netns();
	report("left-netns", listening);
}

static void make_left_netns(void) { start_holder(leave_namespace, NULL, NULL, 0); }

/* The process comes back, the socket stays: nothing else keeps that namespace. */
static void visit_namespace(void *argument)
{
	(void)argument;
	int home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	if (home < 0)
		die("open ns/net");
	enter_new_netns();
	int listening = listener(AF_INET, IPPROTO_TCP, 64), client, server;
	connect_pair(listening, IPPROTO_TCP, &client, &server);
	if (setns(home, CLONE_NEWNET))
		die("setns");
	close(home);
	report("netns-by-socket", listening);
	report("netns-by-socket", client);
	report("netns-by-socket", server);
}

static void make_netns_by_socket(void) { start_holder(visit_namespace, NULL, NULL, 0); }

/* A namespace kept only by a mount, as `ip netns add` does; in it, connections in TIME-WAIT. */
static void mount_namespace(void *argument)
{
	enter_new_netns();
	make_time_wait("netns-by-mount", 3);
	if (mount("/proc/self/ns/net", argument, NULL, MS_BIND, NULL))
		die("mount namespace");
}

static void make_netns_by_mount(void)
{
	char path[64];
	mkdir("/run/netns", 0755);
	snprintf(path, sizeof path, "/run/netns/socket-fixture-%d", (int)getpid());
	int fd = open(path, O_RDONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0444);
	if (fd < 0) {
		report_skip("netns-by-mount", path);
		return;
	}
	close(fd);
	remove_at_end(path, true);
	run_briefly(mount_namespace, path);
}

static void fill_namespace(void *argument)
{
	(void)argument;
	make_time_wait("netns-by-fd", 2);
}

/* A namespace kept only by a descriptor. */
static void hold_namespace(void *argument)
{
	(void)argument;
	int home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	enter_new_netns();
	int away = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	if (home < 0 || away < 0)
		die("open ns/net");
	run_briefly(fill_namespace, NULL);
	if (setns(home, CLONE_NEWNET))
		die("setns");
	close(home);
}

static void make_netns_by_fd(void) { start_holder(hold_namespace, NULL, NULL, 0); }

/* The same tuple in two namespaces: two connections. */
struct tuple {
	in_port_t listening, connecting;
};

static void connect_tuple(const char *label, struct tuple *tuple)
{
	int yes = 1, listening = make_socket(AF_INET, SOCK_STREAM, 0), client = make_socket(AF_INET, SOCK_STREAM, 0);
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = tuple->listening };
	struct sockaddr_in from = { .sin_family = AF_INET, .sin_port = tuple->connecting };
	to.sin_addr.s_addr = from.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	setsockopt(client, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
	if (bind(listening, (struct sockaddr *)&to, sizeof to) || listen(listening, 5) ||
	    bind(client, (struct sockaddr *)&from, sizeof from) || connect(client, (struct sockaddr *)&to, sizeof to))
		die("connect tuple");
	int server = accept(listening, NULL, NULL);
	if (server < 0)
		die("accept tuple");
	report(label, listening);
	report(label, client);
	report(label, server);
}

static void connect_same_tuple(void *argument)
{
	enter_new_netns();
	connect_tuple("same-tuple", argument);
}

static void make_same_tuple(void)
{
	static struct tuple tuple;
	tuple.listening = htons(4711);
	tuple.connecting = htons(4712);
	for (int i = 0; i < 2; i++)
		start_holder(connect_same_tuple, &tuple, NULL, 0);
}

const struct scenario namespace_scenarios[] = {
	{ "left-netns", "a process elsewhere holds a socket of this namespace", make_left_netns },
	{ "netns-by-socket", "a namespace kept only by the sockets of a process elsewhere", make_netns_by_socket },
	{ "netns-by-mount", "a namespace kept only by a mount, with 3 connections in TIME-WAIT", make_netns_by_mount },
	{ "netns-by-fd", "a namespace kept only by a descriptor, with 2 connections in TIME-WAIT", make_netns_by_fd },
	{ "same-tuple", "one tuple in two namespaces", make_same_tuple },
	{ NULL, NULL, NULL },
};

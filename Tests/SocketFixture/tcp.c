/* TCP in each of its states. */
#include "fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int make_socket(int family, int type, int protocol)
{
	int fd = socket(family, type, protocol);
	if (fd < 0)
		die("socket");
	return fd;
}

void loopback(int family, struct sockaddr_storage *address, socklen_t *length)
{
	memset(address, 0, sizeof *address);
	address->ss_family = family;
	if (family == AF_INET) {
		((struct sockaddr_in *)address)->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		*length = sizeof(struct sockaddr_in);
	} else {
		((struct sockaddr_in6 *)address)->sin6_addr = in6addr_loopback;
		*length = sizeof(struct sockaddr_in6);
	}
}

int bound_socket(int family, int type, int protocol)
{
	struct sockaddr_storage address;
	socklen_t length;
	int fd = make_socket(family, type, protocol);
	loopback(family, &address, &length);
	if (bind(fd, (struct sockaddr *)&address, length))
		die("bind");
	return fd;
}

int listener(int family, int protocol, int backlog)
{
	int fd = bound_socket(family, SOCK_STREAM, protocol);
	if (listen(fd, backlog))
		die("listen");
	return fd;
}

int connect_to(int listening, int protocol, int flags)
{
	struct sockaddr_storage address;
	socklen_t length = sizeof address;
	if (getsockname(listening, (struct sockaddr *)&address, &length))
		die("getsockname");
	int fd = make_socket(address.ss_family, SOCK_STREAM | flags, protocol);
	if (connect(fd, (struct sockaddr *)&address, length) && errno != EINPROGRESS)
		die("connect");
	return fd;
}

void connect_pair(int listening, int protocol, int *client, int *server)
{
	*client = connect_to(listening, protocol, 0);
	*server = accept(listening, NULL, NULL);
	if (*server < 0)
		die("accept");
}

void fill_window(int fd)
{
	static const char bytes[65536];
	int quiet_rounds = 0;
	while (quiet_rounds < 3) { /* what was in flight may make room once more */
		quiet_rounds++;
		while (send(fd, bytes, sizeof bytes, MSG_DONTWAIT | MSG_NOSIGNAL) > 0)
			quiet_rounds = 0;
		usleep(5000);
	}
}

static void report_pairs(const char *label, int family, int protocol, int count)
{
	int listening = listener(family, protocol, 128);
	report(label, listening);
	for (int i = 0; i < count; i++) {
		int client, server;
		connect_pair(listening, protocol, &client, &server);
		report(label, client);
		report(label, server);
	}
}

static void make_tcp4(void) { report_pairs("tcp4", AF_INET, IPPROTO_TCP, 23); }
static void make_tcp6(void) { report_pairs("tcp6", AF_INET6, IPPROTO_TCP, 23); }

static void make_mptcp(void)
{
	int probe = socket(AF_INET, SOCK_STREAM, IPPROTO_MPTCP);
	if (probe < 0) {
		report_skip("mptcp", "socket(IPPROTO_MPTCP)");
		return;
	}
	close(probe);
	report_pairs("mptcp", AF_INET, IPPROTO_MPTCP, 3);
}

/* A listener on ::, with or without IPv4. */
static int any6_listener(int v6only, in_port_t port)
{
	struct sockaddr_in6 address = { .sin6_family = AF_INET6, .sin6_port = port };
	int fd = make_socket(AF_INET6, SOCK_STREAM, IPPROTO_TCP);
	if (setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &v6only, sizeof v6only))
		die("IPV6_V6ONLY");
	if (bind(fd, (struct sockaddr *)&address, sizeof address) || listen(fd, 128))
		die("bind ::");
	return fd;
}

static in_port_t port_of(int fd)
{
	struct sockaddr_in6 address;
	socklen_t length = sizeof address;
	if (getsockname(fd, (struct sockaddr *)&address, &length))
		die("getsockname");
	return address.sin6_port; /* at the same place in sockaddr_in */
}

static void make_dualstack(void) { report("dualstack", any6_listener(0, 0)); }

/* The same port twice: IPv6 only, and IPv4. */
static void make_v6only(void)
{
	int v6 = any6_listener(1, 0);
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = port_of(v6) };
	int v4 = make_socket(AF_INET, SOCK_STREAM, IPPROTO_TCP);
	if (bind(v4, (struct sockaddr *)&address, sizeof address) || listen(v4, 128))
		die("bind 0.0.0.0");
	report("v6only", v6);
	report("v6only", v4);
}

/* IPv4 traffic over IPv6 sockets: the server side always, the client side for every other one. */
static void make_v4mapped(void)
{
	int listening = any6_listener(0, 0);
	struct sockaddr_in6 mapped = { .sin6_family = AF_INET6, .sin6_port = port_of(listening) };
	struct sockaddr_in plain = { .sin_family = AF_INET, .sin_port = port_of(listening) };
	mapped.sin6_addr.s6_addr[10] = mapped.sin6_addr.s6_addr[11] = 0xff;
	mapped.sin6_addr.s6_addr[12] = 127;
	mapped.sin6_addr.s6_addr[15] = 1;
	plain.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	report("v4mapped", listening);
	for (int i = 0; i < 6; i++) {
		int client = make_socket(i % 2 ? AF_INET6 : AF_INET, SOCK_STREAM, IPPROTO_TCP);
		const void *address = i % 2 ? (void *)&mapped : (void *)&plain;
		if (connect(client, address, i % 2 ? sizeof mapped : sizeof plain))
			die("connect v4-mapped");
		int server = accept(listening, NULL, NULL);
		if (server < 0)
			die("accept v4-mapped");
		report("v4mapped", client);
		report("v4mapped", server);
	}
}

/* 23 connections that nobody accepts: their server ends have no descriptor anywhere. */
static void make_backlog(void)
{
	struct truth t;
	int listening = listener(AF_INET, IPPROTO_TCP, 64);
	for (int i = 0; i < 23; i++) {
		int client = connect_to(listening, IPPROTO_TCP, 0);
		report("backlog", client);
		truth_of(client, &t);
		truth_turn_round(&t);
		report_unheld("backlog", &t, "not_yet_accepted", "established");
	}
	report("backlog", listening);
}

/* Bare acknowledgements do not complete a handshake under TCP_DEFER_ACCEPT. */
static void make_syn_recv(void)
{
	struct truth t;
	int listening = bound_socket(AF_INET, SOCK_STREAM, IPPROTO_TCP), seconds = 120;
	if (setsockopt(listening, IPPROTO_TCP, TCP_DEFER_ACCEPT, &seconds, sizeof seconds) || listen(listening, 64))
		die("TCP_DEFER_ACCEPT");
	for (int i = 0; i < 5; i++) {
		int client = connect_to(listening, IPPROTO_TCP, 0);
		report("syn-recv", client);
		truth_of(client, &t);
		truth_turn_round(&t);
		report_unheld("syn-recv", &t, "not_yet_accepted", "syn-recv");
	}
	report("syn-recv", listening);
}

/* A listener whose queue is full drops further SYNs. */
static void make_syn_sent(void)
{
	struct truth t;
	int listening = listener(AF_INET, IPPROTO_TCP, 0);
	int first = connect_to(listening, IPPROTO_TCP, 0);
	report("syn-sent", first);
	truth_of(first, &t);
	truth_turn_round(&t);
	report_unheld("syn-sent", &t, "not_yet_accepted", "established");
	for (int i = 0; i < 7; i++) {
		int client = connect_to(listening, IPPROTO_TCP, SOCK_NONBLOCK);
		truth_of(client, &t);
		/* getpeername says ENOTCONN of a socket that still connects */
		t.peer_length = sizeof t.peer;
		if (getsockname(listening, (struct sockaddr *)&t.peer, &t.peer_length))
			die("getsockname");
		truth_print("syn-sent", &t, NULL);
	}
	report("syn-sent", listening);
}

/* The peer's acknowledgement may be some milliseconds late. */
static void await_state(int fd, int state)
{
	for (int i = 0; i < 2000; i++) {
		struct tcp_info info;
		socklen_t length = sizeof info;
		if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &length))
			die("TCP_INFO");
		if (info.tcpi_state == state)
			return;
		usleep(1000);
	}
	errno = ETIMEDOUT;
	die("state");
}

/* FIN-WAIT-2 and CLOSE-WAIT, both ends held, closed from either side. */
static void make_half_closed(void)
{
	int listening = listener(AF_INET, IPPROTO_TCP, 64);
	report("half-closed", listening);
	for (int i = 0; i < 7; i++) {
		int client, server;
		connect_pair(listening, IPPROTO_TCP, &client, &server);
		if (shutdown(i % 2 ? client : server, SHUT_WR))
			die("shutdown");
		await_state(i % 2 ? client : server, TCP_FIN_WAIT2);
		report("half-closed", client);
		report("half-closed", server);
	}
}

/* FIN-WAIT-1 of a socket that is still held: its FIN waits behind data that the peer's window has no room for. */
static void make_fin_wait_1(void)
{
	int listening = listener(AF_INET, IPPROTO_TCP, 64), client, server;
	connect_pair(listening, IPPROTO_TCP, &client, &server);
	close(listening);
	fill_window(client);
	if (shutdown(client, SHUT_WR))
		die("shutdown");
	report("fin-wait-1", client);
	report("fin-wait-1", server);
}

/* FIN-WAIT-1 of a socket that its process closed. */
static void make_orphan(void)
{
	int listening = listener(AF_INET, IPPROTO_TCP, 64);
	for (int i = 0; i < 5; i++) {
		struct truth t;
		int client, server;
		connect_pair(listening, IPPROTO_TCP, &client, &server);
		fill_window(client);
		truth_of(client, &t);
		close(client);
		t.inode = 0;
		report_unheld("orphan", &t, "orphaned", "fin-wait-1");
		report("orphan", server);
	}
	report("orphan", listening);
}

/* LAST-ACK: the peer closed first, then our process closed with data that the peer's window has no room for. */
static void make_last_ack(void)
{
	int listening = listener(AF_INET, IPPROTO_TCP, 64);
	for (int i = 0; i < 3; i++) {
		struct truth t;
		int client, server;
		connect_pair(listening, IPPROTO_TCP, &client, &server);
		if (shutdown(client, SHUT_WR))
			die("shutdown");
		fill_window(server);
		truth_of(server, &t);
		close(server);
		t.inode = 0;
		report_unheld("last-ack", &t, "orphaned", "last-ack");
		report("last-ack", client);
	}
	close(listening);
}

void make_time_wait(const char *label, int count)
{
	int listening = listener(AF_INET, IPPROTO_TCP, 64);
	for (int i = 0; i < count; i++) {
		struct truth t;
		int client, server;
		connect_pair(listening, IPPROTO_TCP, &client, &server);
		truth_of(client, &t);
		close(client);
		close(server);
		t.inode = 0;
		t.cookie = 0; /* the time-wait entry has a cookie of its own */
		report_unheld(label, &t, "time_wait", "time-wait");
	}
	close(listening);
}

static void make_time_wait_scenario(void) { make_time_wait("time-wait", 23); }

/* Bound, neither listening nor connected: sock_diag tells of it since 6.8. */
static void make_bound(void)
{
	report("bound", bound_socket(AF_INET, SOCK_STREAM, IPPROTO_TCP));
	report("bound", bound_socket(AF_INET6, SOCK_STREAM, IPPROTO_TCP));
}

/* Listeners and connections with data to be read and to be sent. */
static void make_queues(void)
{
	static const char bytes[4001];
	int listening = listener(AF_INET, IPPROTO_TCP, 64), client, server;
	connect_pair(listening, IPPROTO_TCP, &client, &server);
	if (send(client, bytes, sizeof bytes, 0) != sizeof bytes)
		die("send");
	report("queues", client);
	report("queues", server);
	connect_pair(listening, IPPROTO_TCP, &client, &server);
	fill_window(client);
	report("queues", client);
	report("queues", server);
	report("queues", listening);
}

const struct scenario tcp_scenarios[] = {
	{ "tcp4", "a listener and 23 connections on 127.0.0.1", make_tcp4 },
	{ "tcp6", "a listener and 23 connections on ::1", make_tcp6 },
	{ "v4mapped", "IPv4 connections whose server end, or both, are IPv6 sockets", make_v4mapped },
	{ "dualstack", "a listener on :: that takes IPv4 too", make_dualstack },
	{ "v6only", "one port, with a listener for IPv6 only and one for IPv4", make_v6only },
	{ "bound", "bound, neither listening nor connected", make_bound },
	{ "queues", "connections with bytes to be read, and to be sent", make_queues },
	{ "backlog", "a listener with 23 connections that are not accepted", make_backlog },
	{ "syn-recv", "5 handshakes that TCP_DEFER_ACCEPT keeps half open", make_syn_recv },
	{ "syn-sent", "7 connection attempts to a listener whose queue is full", make_syn_sent },
	{ "half-closed", "7 connections in FIN-WAIT-2 and CLOSE-WAIT", make_half_closed },
	{ "fin-wait-1", "a held socket in FIN-WAIT-1", make_fin_wait_1 },
	{ "orphan", "5 closed sockets in FIN-WAIT-1, their data unsent", make_orphan },
	{ "last-ack", "3 closed sockets in LAST-ACK, their data unsent", make_last_ack },
	{ "time-wait", "23 connections in TIME-WAIT", make_time_wait_scenario },
	{ "mptcp", "a listener and 3 connections of MPTCP", make_mptcp },
	{ NULL, NULL, NULL },
};

/* UDP, UDP-Lite, raw and ping sockets. */
#include "fixture.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Two that are only bound, and a pair connected to each other. */
static void report_datagrams(const char *label, int family, int protocol)
{
	struct sockaddr_storage address;
	socklen_t length;
	for (int i = 0; i < 2; i++)
		report(label, bound_socket(family, SOCK_DGRAM, protocol));
	int one = bound_socket(family, SOCK_DGRAM, protocol), other = bound_socket(family, SOCK_DGRAM, protocol);
	for (int i = 0; i < 2; i++) {
		length = sizeof address;
		if (getsockname(i ? one : other, (struct sockaddr *)&address, &length) ||
		    connect(i ? other : one, (struct sockaddr *)&address, length))
			die("connect datagrams");
	}
	report(label, one);
	report(label, other);
}

static void make_udp4(void) { report_datagrams("udp4", AF_INET, IPPROTO_UDP); }
static void make_udp6(void) { report_datagrams("udp6", AF_INET6, IPPROTO_UDP); }

/* 0.0.0.0 and :: on one port each, and one with 5 datagrams waiting. */
static void make_udp_any(void)
{
	static const struct sockaddr_in any4 = { .sin_family = AF_INET };
	static const struct sockaddr_in6 any6 = { .sin6_family = AF_INET6 };
	int v4 = make_socket(AF_INET, SOCK_DGRAM, 0), v6 = make_socket(AF_INET6, SOCK_DGRAM, 0);
	if (bind(v4, (struct sockaddr *)&any4, sizeof any4) || bind(v6, (struct sockaddr *)&any6, sizeof any6))
		die("bind any");
	struct sockaddr_in to;
	socklen_t length = sizeof to;
	if (getsockname(v4, (struct sockaddr *)&to, &length))
		die("getsockname");
	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	int sender = bound_socket(AF_INET, SOCK_DGRAM, 0);
	for (int i = 0; i < 5; i++)
		if (sendto(sender, "twenty-three bytes long", 23, 0, (struct sockaddr *)&to, sizeof to) != 23)
			die("sendto");
	report("udp-any", v4);
	report("udp-any", v6);
	report("udp-any", sender);
}

static void make_udplite(void)
{
	int probe = socket(AF_INET, SOCK_DGRAM, IPPROTO_UDPLITE);
	if (probe < 0) {
		report_skip("udplite", "socket(IPPROTO_UDPLITE)");
		return;
	}
	close(probe);
	report_datagrams("udplite", AF_INET, IPPROTO_UDPLITE);
	report_datagrams("udplite", AF_INET6, IPPROTO_UDPLITE);
}

/* A raw socket's port is its protocol: an unassigned one, and ICMP; one is connected. */
static void make_raw(void)
{
	enum { EXPERIMENT = 253 };
	struct sockaddr_storage address;
	socklen_t length;
	int probe = socket(AF_INET, SOCK_RAW, EXPERIMENT);
	if (probe < 0) {
		report_skip("raw", "socket(SOCK_RAW)");
		return;
	}
	report("raw", probe);
	report("raw", make_socket(AF_INET6, SOCK_RAW, EXPERIMENT));
	report("raw", make_socket(AF_INET, SOCK_RAW, IPPROTO_ICMP));
	report("raw", make_socket(AF_INET6, SOCK_RAW, IPPROTO_ICMPV6));
	int connected = bound_socket(AF_INET, SOCK_RAW, EXPERIMENT);
	loopback(AF_INET, &address, &length);
	if (connect(connected, (struct sockaddr *)&address, length))
		die("connect raw");
	struct truth t;
	truth_of(connected, &t);
	t.state = "established"; /* getpeername says ENOTCONN where there is no port */
	t.peer = address;
	t.peer_length = length;
	truth_print("raw", &t, NULL);
}

/* The identifier of a ping socket stands where a port does. */
static void make_ping(void)
{
	write_sysctl("/proc/sys/net/ipv4/ping_group_range", "0 2147483647");
	int probe = socket(AF_INET, SOCK_DGRAM, IPPROTO_ICMP);
	if (probe < 0) {
		report_skip("ping", "socket(IPPROTO_ICMP)");
		return;
	}
	close(probe);
	for (int i = 0; i < 3; i++)
		report("ping", bound_socket(AF_INET, SOCK_DGRAM, IPPROTO_ICMP));
	report("ping", bound_socket(AF_INET6, SOCK_DGRAM, IPPROTO_ICMPV6));
}

const struct scenario datagram_scenarios[] = {
	{ "udp4", "UDP on 127.0.0.1, bound and connected", make_udp4 },
	{ "udp6", "UDP on ::1, bound and connected", make_udp6 },
	{ "udp-any", "UDP on 0.0.0.0 with datagrams waiting, and on ::", make_udp_any },
	{ "udplite", "UDP-Lite, bound and connected, both versions", make_udplite },
	{ "raw", "raw sockets of several protocols", make_raw },
	{ "ping", "ICMP datagram sockets", make_ping },
	{ NULL, NULL, NULL },
};

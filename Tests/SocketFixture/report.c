/* The truth about a socket, asked of the socket itself, printed as one JSON line. */
#include "fixture.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <linux/netlink.h>
#include <linux/sockios.h>
#include <linux/vm_sockets.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

void die(const char *what)
{
	fprintf(stderr, "socket-fixture[%d]: %s: %s\n", (int)getpid(), what, strerror(errno));
	exit(2);
}

void print_line(const char *format, ...)
{
	char line[8192];
	va_list arguments;
	va_start(arguments, format);
	int length = vsnprintf(line, sizeof line - 1, format, arguments);
	va_end(arguments);
	if (length < 0 || length >= (int)sizeof line - 1) {
		errno = EMSGSIZE;
		die("line");
	}
	line[length++] = '\n';
	if (write(STDOUT_FILENO, line, length) != length)
		die("write stdout");
}

static uint64_t socket_netns(int fd)
{
	int ns = ioctl(fd, SIOCGSKNS);
	if (ns < 0) /* needs CAP_NET_ADMIN there: without it, the socket is where we are */
		return own_netns();
	struct stat status;
	if (fstat(ns, &status))
		die("fstat namespace");
	close(ns);
	return status.st_ino;
}

static int int_option(int fd, int option, int otherwise)
{
	int value;
	socklen_t length = sizeof value;
	return getsockopt(fd, SOL_SOCKET, option, &value, &length) ? otherwise : value;
}

/* ss's words, in the order of TCP_ESTABLISHED … TCP_CLOSING (net/tcp_states.h). */
static const char *const state_names[] = {
	NULL, "established", "syn-sent", "syn-recv", "fin-wait-1", "fin-wait-2", "time-wait",
	"unconnected", "close-wait", "last-ack", "listening", "closing",
};

/* NULL where no call tells it (connected datagrams of AF_UNIX, for one). */
static const char *state_of(int fd, const struct truth *t)
{
	bool inet = t->family == AF_INET || t->family == AF_INET6;
	if (inet && t->type == SOCK_STREAM && t->protocol == IPPROTO_TCP) {
		struct tcp_info info;
		socklen_t length = sizeof info;
		if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &length))
			die("TCP_INFO");
		return info.tcpi_state < COUNT_OF(state_names) ? state_names[info.tcpi_state] : NULL;
	}
	if (int_option(fd, SO_ACCEPTCONN, 0))
		return "listening";
	if (t->family == AF_UNIX && t->type == SOCK_DGRAM)
		return NULL;
	if (inet || t->family == AF_UNIX)
		return t->peer_length ? "established" : "unconnected";
	return NULL;
}

void truth_of(int fd, struct truth *t)
{
	memset(t, 0, sizeof *t);
	struct stat status;
	if (fstat(fd, &status))
		die("fstat");
	t->pid = getpid();
	t->fd = fd;
	t->inode = status.st_ino;
	t->netns = socket_netns(fd);
	socklen_t length = sizeof t->cookie;
	if (getsockopt(fd, SOL_SOCKET, SO_COOKIE, &t->cookie, &length))
		die("SO_COOKIE");
	t->family = int_option(fd, SO_DOMAIN, 0);
	t->type = int_option(fd, SO_TYPE, 0);
	t->protocol = int_option(fd, SO_PROTOCOL, 0);
	t->local_length = sizeof t->local;
	if (getsockname(fd, (struct sockaddr *)&t->local, &t->local_length))
		t->local_length = 0;
	t->peer_length = sizeof t->peer;
	if (getpeername(fd, (struct sockaddr *)&t->peer, &t->peer_length))
		t->peer_length = 0;
	t->state = state_of(fd, t);
}

void truth_turn_round(struct truth *t)
{
	struct sockaddr_storage address = t->local;
	socklen_t length = t->local_length;
	t->local = t->peer;
	t->local_length = t->peer_length;
	t->peer = address;
	t->peer_length = length;
	t->inode = 0;
	t->cookie = 0;
}

static int print_hex(char *out, const void *bytes, size_t count)
{
	int at = 0;
	for (size_t i = 0; i < count; i++)
		at += sprintf(out + at, "%02x", ((const unsigned char *)bytes)[i]);
	out[at] = 0;
	return at;
}

/* {"address":…,"port":…} of the internet, {"path_hex":…} of unix, else null. */
static void format_endpoint(char *out, const struct sockaddr_storage *address, socklen_t length)
{
	char text[INET6_ADDRSTRLEN];
	const struct sockaddr_in *v4 = (const void *)address;
	const struct sockaddr_in6 *v6 = (const void *)address;
	const struct sockaddr_un *un = (const void *)address;
	const size_t name_at = offsetof(struct sockaddr_un, sun_path);

	strcpy(out, "null");
	if (!length)
		return;
	if (address->ss_family == AF_INET) {
		inet_ntop(AF_INET, &v4->sin_addr, text, sizeof text);
		sprintf(out, "{\"address\":\"%s\",\"port\":%d}", text, ntohs(v4->sin_port));
	} else if (address->ss_family == AF_INET6) {
		inet_ntop(AF_INET6, &v6->sin6_addr, text, sizeof text);
		sprintf(out, "{\"address\":\"%s\",\"port\":%d}", text, ntohs(v6->sin6_port));
	} else if (address->ss_family == AF_UNIX && length > name_at) {
		size_t count = length - name_at;
		if (un->sun_path[0]) /* a path ends at its NUL, an abstract name by its length */
			count = strnlen(un->sun_path, count);
		int at = sprintf(out, "{\"path_hex\":\"");
		at += print_hex(out + at, un->sun_path, count);
		strcpy(out + at, "\"}");
	}
}

static const char *family_name(int family)
{
	switch (family) {
	case AF_UNIX: return "unix";
	case AF_INET: return "inet";
	case AF_INET6: return "inet6";
	case AF_NETLINK: return "netlink";
	case AF_PACKET: return "packet";
	case AF_VSOCK: return "vsock";
	case AF_XDP: return "xdp";
	default: return "other";
	}
}

static const char *type_name(int type)
{
	switch (type) {
	case SOCK_STREAM: return "stream";
	case SOCK_DGRAM: return "dgram";
	case SOCK_RAW: return "raw";
	case SOCK_SEQPACKET: return "seqpacket";
	default: return "other";
	}
}

/* The table that netstat and ss would show it in. */
static const char *transport_name(const struct truth *t)
{
	if (t->family != AF_INET && t->family != AF_INET6)
		return family_name(t->family);
	switch (t->protocol) {
	case IPPROTO_MPTCP: return "mptcp";
	case IPPROTO_UDPLITE: return "udplite";
	}
	switch (t->type) {
	case SOCK_STREAM: return "tcp";
	case SOCK_RAW: return "raw";
	default: return t->protocol == IPPROTO_ICMP || t->protocol == IPPROTO_ICMPV6 ? "icmp" : "udp";
	}
}

static void format_state(char *out, const char *state)
{
	if (state)
		sprintf(out, "\"%s\"", state);
	else
		strcpy(out, "null");
}

void truth_print(const char *label, const struct truth *t, const char *unheld_reason)
{
	char local[512], peer[512], state[32], holder[64], reason[64] = "";
	format_endpoint(local, &t->local, t->local_length);
	format_endpoint(peer, &t->peer, t->peer_length);
	format_state(state, t->state);
	if (unheld_reason) {
		strcpy(holder, "\"pid\":null,\"fd\":null");
		sprintf(reason, ",\"unheld_reason\":\"%s\"", unheld_reason);
	} else {
		sprintf(holder, "\"pid\":%d,\"fd\":%d", (int)t->pid, t->fd);
	}
	print_line("{\"label\":\"%s\",%s,\"inode\":%llu,\"cookie\":%llu,\"netns\":%llu,\"family\":\"%s\","
		   "\"type\":\"%s\",\"protocol\":%d,\"transport\":\"%s\",\"local\":%s,\"peer\":%s,\"state\":%s%s}",
		   label, holder, (unsigned long long)t->inode, (unsigned long long)t->cookie,
		   (unsigned long long)t->netns, family_name(t->family), type_name(t->type), t->protocol,
		   transport_name(t), local, peer, state, reason);
}

void report(const char *label, int fd)
{
	struct truth t;
	truth_of(fd, &t);
	truth_print(label, &t, NULL);
}

void report_unheld(const char *label, const struct truth *t, const char *reason, const char *state)
{
	struct truth unheld = *t;
	unheld.state = state;
	truth_print(label, &unheld, reason);
}

void report_skip(const char *label, const char *what)
{
	print_line("{\"label\":\"%s\",\"skipped\":\"%s: %s\"}", label, what, strerror(errno));
}

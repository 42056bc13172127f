/* Families beside the internet and unix, and sockets that are not bound to anything. */
#include "fixture.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <linux/netlink.h>
#include <linux/vm_sockets.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <string.h>
#include <unistd.h>

static void make_packet(void)
{
	int probe = socket(AF_PACKET, SOCK_RAW, 0);
	if (probe < 0) {
		report_skip("packet", "socket(AF_PACKET)");
		return;
	}
	report("packet", probe);
	report("packet", make_socket(AF_PACKET, SOCK_DGRAM, htons(ETH_P_IP)));
	int bound = make_socket(AF_PACKET, SOCK_RAW, htons(ETH_P_ALL));
	struct sockaddr_ll address = {
		.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL), .sll_ifindex = if_nametoindex("lo"),
	};
	if (bind(bound, (struct sockaddr *)&address, sizeof address))
		die("bind packet");
	report("packet", bound);
}

static void make_netlink(void)
{
	static const int protocols[] = {
		NETLINK_ROUTE, NETLINK_SOCK_DIAG, NETLINK_KOBJECT_UEVENT, NETLINK_GENERIC, NETLINK_ROUTE,
	};
	for (int i = 0; i < COUNT_OF(protocols); i++) {
		struct sockaddr_nl address = { .nl_family = AF_NETLINK, .nl_groups = i == 4 ? 1 : 0 };
		int fd = socket(AF_NETLINK, SOCK_RAW, protocols[i]);
		if (fd < 0) {
			report_skip("netlink", "socket(AF_NETLINK)");
			continue;
		}
		if (bind(fd, (struct sockaddr *)&address, sizeof address))
			die("bind netlink");
		report("netlink", fd);
	}
}

static void make_vsock(void)
{
	struct sockaddr_vm address = {
		.svm_family = AF_VSOCK, .svm_cid = VMADDR_CID_ANY, .svm_port = VMADDR_PORT_ANY,
	};
	int fd = socket(AF_VSOCK, SOCK_STREAM, 0);
	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof address) || listen(fd, 5)) {
		report_skip("vsock", "AF_VSOCK listener");
		if (fd >= 0)
			close(fd);
		return;
	}
	report("vsock", fd);
}

static void make_xdp(void)
{
	int fd = socket(AF_XDP, SOCK_RAW, 0);
	if (fd < 0)
		report_skip("xdp", "socket(AF_XDP)");
	else
		report("xdp", fd);
}

/* Sockets that are in no hash table: sock_diag cannot tell of the internet ones, a descriptor does. */
static void make_unbound(void)
{
	report("unbound", make_socket(AF_INET, SOCK_STREAM, 0));
	report("unbound", make_socket(AF_INET6, SOCK_STREAM, 0));
	report("unbound", make_socket(AF_INET, SOCK_DGRAM, 0));
	report("unbound", make_socket(AF_INET6, SOCK_DGRAM, 0));
}

static void make_unix_unbound(void)
{
	report("unix-unbound", make_socket(AF_UNIX, SOCK_STREAM, 0));
	report("unix-unbound", make_socket(AF_UNIX, SOCK_DGRAM, 0));
}

const struct scenario other_scenarios[] = {
	{ "packet", "packet sockets: raw and cooked, bound to lo and not", make_packet },
	{ "netlink", "netlink sockets of several protocols, one in a group", make_netlink },
	{ "vsock", "a vsock listener", make_vsock },
	{ "xdp", "an AF_XDP socket", make_xdp },
	{ "unbound", "internet sockets that were never bound: in no table of the kernel", make_unbound },
	{ "unix-unbound", "unix sockets that were never bound", make_unix_unbound },
	{ NULL, NULL, NULL },
};

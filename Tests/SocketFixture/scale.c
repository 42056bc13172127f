/* Very many sockets, for measuring. */
#include "fixture.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

static long number_option(int argc, char **argv, const char *name, long otherwise)
{
	for (int i = 0; i + 1 < argc; i++)
		if (!strcmp(argv[i], name))
			return atol(argv[i + 1]);
	return otherwise;
}

static void raise_descriptor_limit(long needed)
{
	struct rlimit limit;
	if (getrlimit(RLIMIT_NOFILE, &limit))
		die("getrlimit");
	if (limit.rlim_max < (rlim_t)needed) {
		fprintf(stderr, "socket-fixture: %ld descriptors a process, the hard limit is %ld: more processes\n",
			needed, (long)limit.rlim_max);
		exit(2);
	}
	limit.rlim_cur = limit.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &limit))
		die("setrlimit");
}

struct share {
	int number;      /* of this process: gives it an address of its own */
	long sockets;
};

/* 127.1.x.y */
static struct sockaddr_in own_address(int number)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	address.sin_addr.s_addr = htonl(0x7f010001u + (unsigned)number);
	return address;
}

/* Connections over an address that no other process uses, so that no two look for the same port. */
static void hold_share(void *argument)
{
	const struct share *share = argument;
	const int yes = 1;
	struct sockaddr_in to = own_address(share->number), from = to;
	socklen_t length = sizeof to;
	int listening = make_socket(AF_INET, SOCK_STREAM, 0);
	if (bind(listening, (struct sockaddr *)&to, sizeof to) || listen(listening, 16) ||
	    getsockname(listening, (struct sockaddr *)&to, &length))
		die("scale listener");
	for (long i = 0; i < share->sockets / 2; i++) {
		int client = make_socket(AF_INET, SOCK_STREAM, 0);
		if (setsockopt(client, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &yes, sizeof yes) ||
		    bind(client, (struct sockaddr *)&from, sizeof from) ||
		    connect(client, (struct sockaddr *)&to, sizeof to))
			die("scale connect");
		if (accept(listening, NULL, NULL) < 0)
			die("scale accept");
	}
	close(listening);
}

/* Some at a time: more would only take the two cores from each other. */
enum { AT_ONCE = 4 };

static void print_summary(long sockets, long processes, long namespaces)
{
	print_line("{\"label\":\"scale\",\"pid\":%d,\"netns\":%llu,\"sockets\":%ld,\"processes\":%ld,\"namespaces\":%ld}",
		   (int)getpid(), (unsigned long long)own_netns(), sockets, processes, namespaces);
}

static void start_shares(void (*body)(void *), long processes, long sockets_each)
{
	int running = 0;
	for (long i = 0; i < processes; i++) {
		struct share share = { .number = i, .sockets = sockets_each };
		launch_holder(body, &share, NULL, 0);
		if (++running == AT_ONCE) {
			await_holders(1);
			running--;
		}
	}
	await_holders(running);
}

/* N connected TCP sockets (N/2 connections), evenly over P processes, in a new namespace. */
int scale_main(int argc, char **argv)
{
	long sockets = number_option(argc, argv, "--sockets", 1000);
	long processes = number_option(argc, argv, "--processes", 50);
	if (sockets <= 0 || processes <= 0 || sockets % (2 * processes)) {
		fprintf(stderr, "socket-fixture: --sockets must be a multiple of twice --processes\n");
		return 64;
	}
	raise_descriptor_limit(sockets / processes + 16);
	enter_new_netns();
	write_sysctl("/proc/sys/net/ipv4/ip_local_port_range", "1024 65535");
	start_shares(hold_share, processes, sockets / processes);
	print_summary(sockets, processes, 1);
	return 0;
}

static void hold_share_in_namespace(void *argument)
{
	enter_new_netns();
	hold_share(argument);
}

/* K namespaces, each with one process that holds N connected TCP sockets. */
int scale_netns_main(int argc, char **argv)
{
	long namespaces = number_option(argc, argv, "--namespaces", 200);
	long sockets = number_option(argc, argv, "--sockets", 10);
	if (namespaces <= 0 || sockets <= 0 || sockets % 2) {
		fprintf(stderr, "socket-fixture: --namespaces above 0, --sockets even\n");
		return 64;
	}
	enter_new_netns(); /* so that the fixture itself adds nothing to its caller's */
	start_shares(hold_share_in_namespace, namespaces, sockets);
	print_summary(namespaces * sockets, namespaces, namespaces);
	return 0;
}

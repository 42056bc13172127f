/*
 * Preloaded into sockeye (LD_PRELOAD), stands for a kit that rewrites what one source says of a socket: every
 * internet address that getsockname(2) answers with has a port that is one too high.
 */
#include "lying_socket.h"

#include <arpa/inet.h>
#include <dlfcn.h>
#include <stddef.h>

int getsockname(int number, struct sockaddr *address, socklen_t *length)
{
	int (*honest)(int, struct sockaddr *, socklen_t *) = dlsym(RTLD_NEXT, "getsockname");
	int status = honest(number, address, length);
	struct sockaddr_in *internet = (struct sockaddr_in *)address;
	if (status == 0 && (address->sa_family == AF_INET || address->sa_family == AF_INET6))
		internet->sin_port = htons(ntohs(internet->sin_port) + 1); /* at the same place in both */
	return status;
}

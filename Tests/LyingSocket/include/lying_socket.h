#pragma once
#include <sys/socket.h>

int getsockname(int number, struct sockaddr *address, socklen_t *length);

// Known workloads for the event tests. Each prints what it did, one line a fact, from its own knowledge only.
#pragma once
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <arpa/inet.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/// Descriptor of the memory where short-lived processes leave what they did.
#define NOTES_DESCRIPTOR 200

/// What one client or one accepted connection did.
struct note {
  int32_t pid;
  int32_t parent;
  int32_t tid;
  uint16_t local_port;
  uint16_t peer_port;
  uint32_t sent;
  uint32_t received;
};

/// Ends the program with the errno's text unless `ok`.
void require(int ok, const char *what);
/// Enters a network namespace of its own with loopback up, and prints `netns INODE`.
void enter_own_namespace(void);
struct sockaddr_in loopback(uint16_t port);
uint16_t local_port(int socket);
/// A listener on loopback with a port of the kernel's choice.
int make_listener(int type, uint16_t *port);
struct note *map_notes(void);
void make_notes(size_t count);

int run_storm(int count, int servers, int parallel, int starts_processes);
int run_client(uint16_t port, int index);
int run_failures(void);
int run_life(const char *self);
int run_datagrams(int count);
int run_datagram_client(uint16_t port, int index);
int run_answer(void);
int run_names(void);
int run_server(const char *path, int count);
int run_visitor(const char *path, int count);
/// `count` clients and one server in the caller's namespace. If held, a byte on standard input lets the clients come, and
/// another lets them go.
int run_hold(int count, int is_held);
int run_held_client(uint16_t port, int index, int gate);
/// Children that have children: `child PID PARENT CODE EXECUTED` each.
int run_tree(int depth, int breadth);
int run_module(const char *path);
int run_pace(const char *what, int count);
int run_unix(void);
int run_identity(void);
int run_ids(const char *case_name);
int run_raw(void);
int run_channels(void);
int run_hang(void);
/// An io_uring for the calling process; -1 with errno where there is none.
int make_ring(void);
/// One operation in it (IORING_OP_*), waited for: its result.
int do_in_ring(uint8_t operation, int descriptor, const void *address, uint32_t length, uint64_t offset);
int run_passing(int count);
int run_inherited(int count);
int run_executing(const char *path);
int run_executed(int inherited, uint16_t port);
int run_brief_client(uint16_t port, int index);
int run_reused(int count);
int run_twins(void);
int run_steady(int pause, int hold_every, int limit, uint16_t port);

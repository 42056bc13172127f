/* socket-fixture: makes known sockets and says the truth about them.
 *
 * One JSON line a socket and holder, then "ready"; everything is held until stdin closes.
 * See main.c for the command line and Scenarios in main.c for what there is.
 */
#ifndef FIXTURE_H
#define FIXTURE_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>

/* ---- report.c: the truth, as the socket itself tells it ---- */

struct truth {
	pid_t pid;
	int fd;
	uint64_t inode;
	uint64_t cookie;        /* 0: not known */
	uint64_t netns;         /* inode of the namespace that the socket lives in */
	int family, type, protocol;
	const char *state;      /* NULL: the socket API cannot say */
	struct sockaddr_storage local, peer;
	socklen_t local_length, peer_length;
};

/* Fills `t` by fstat, getsockname, getpeername, getsockopt and SIOCGSKNS. */
void truth_of(int fd, struct truth *t);
void truth_print(const char *label, const struct truth *t, const char *unheld_reason);
/* truth_of and truth_print of a socket that this process holds. */
void report(const char *label, int fd);
/* A socket that no process holds: `t` was taken before it lost its descriptor. */
void report_unheld(const char *label, const struct truth *t, const char *reason, const char *state);
/* The end that `t` talks to: same socket turned round, with no inode and cookie known. */
void truth_turn_round(struct truth *t);
/* A scenario that this kernel or this user cannot have. */
void report_skip(const char *label, const char *what);
/* One line, written at once, so that lines of several processes do not mix. */
void print_line(const char *format, ...) __attribute__((format(printf, 1, 2)));
void die(const char *what) __attribute__((noreturn));

/* ---- process.c: children that die with us ---- */

/* Forks. The child closes every descriptor but 0-2 and `keep`, runs `body`, tells that it is ready, and
 * holds what it has until the fixture ends. Returns when the child is ready. */
pid_t start_holder(void (*body)(void *), void *argument, const int *keep, int keep_count);
/* The same, without waiting: pair with await_holders. */
pid_t launch_holder(void (*body)(void *), void *argument, const int *keep, int keep_count);
void await_holders(int count);
/* Kills the holders that this process started, and waits until they, and what they held, are gone. */
void end_holders(void);
/* Forks, runs `body`, and waits for the child to be gone. */
void run_briefly(void (*body)(void *), void *argument);
/* The rest of a holder's life, for one that execs: say that we are ready, then wait for the end. */
void holder_is_ready(void);
void hold_forever(void) __attribute__((noreturn));
/* Restores the readiness pipe across an exec. */
void adopt_ready_pipe(int fd);
int ready_pipe(void);

/* ---- namespace.c ---- */

void enter_new_netns(void);
uint64_t own_netns(void);
void write_sysctl(const char *path, const char *value);
/* A directory of our own, removed at the end. */
const char *scratch_directory(void);
/* `file` is unlinked (unmounted first if `is_mount`) when the fixture ends. */
void remove_at_end(const char *file, bool is_mount);
void remove_everything(void);

/* ---- tcp.c: building blocks ---- */

int make_socket(int family, int type, int protocol);
void loopback(int family, struct sockaddr_storage *address, socklen_t *length);
int bound_socket(int family, int type, int protocol);
int listener(int family, int protocol, int backlog);
/* A connection to `listening`: fills the two ends. */
void connect_pair(int listening, int protocol, int *client, int *server);
int connect_to(int listening, int protocol, int flags);
/* Writes until the peer's window and our buffer are full. */
void fill_window(int fd);
void make_time_wait(const char *label, int count);

/* ---- scenarios ---- */

struct scenario {
	const char *name;
	const char *means;
	void (*make)(void);
};

extern const struct scenario tcp_scenarios[], datagram_scenarios[], unix_scenarios[], other_scenarios[],
	holder_scenarios[], namespace_scenarios[], hostile_scenarios[];

/* hostile.c: what the re-executed child with the hostile arguments runs. */
int hostile_child(int argc, char **argv);

/* scale.c */
int scale_main(int argc, char **argv);
int scale_netns_main(int argc, char **argv);

/* measure.c */
int measure_main(int argc, char **argv);

#define COUNT_OF(array) ((int)(sizeof(array) / sizeof((array)[0])))

#endif

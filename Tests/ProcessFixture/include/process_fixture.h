/* Processes and threads that KernelProcTests looks at, made by calls that Swift cannot make. */
#ifndef PROCESS_FIXTURE_H
#define PROCESS_FIXTURE_H

#include <sys/types.h>

enum process_fixture {
	/* Waits. */
	PROCESS_WAITS,
	/* Has ended, and nobody waited for it. */
	PROCESS_ZOMBIE,
	/* Its first thread has ended, a second one waits. */
	PROCESS_LEADER_ENDED,
};

/* A child named `name` (prctl(2)) with `sockets` sockets from descriptor 3 on and nothing else from there on,
 * once it is all that; -1 on failure. It must be killed, if alive, and waited for. */
pid_t process_fixture_start(enum process_fixture kind, const char *name, int sockets);

/* Gives the calling thread, and no other, this user and no capability or group: setresuid(2) itself. */
int process_fixture_become(uid_t user);

/* Names the calling thread. */
int process_fixture_name_thread(const char *name);

#endif

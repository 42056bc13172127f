/* Processes whose names and arguments attack whoever prints them. */
#include "fixture.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

/* At most 15 bytes each: TASK_COMM_LEN. */
static const char *const hostile_names[] = {
	"a\nb c", "x) S 1 (y", "\033[31mred\033[0m", "\xff\xfe\x80", "\r\b\b\b\t\x7f", "\"q\\,'", "=1+1|<b>&",
};

/* What each child has as its arguments, after the four of socket-fixture's own. */
static char *const hostile_arguments[] = {
	"", "two words", "line\nfeed", "\033]0;owned\a", "=cmd|' /C calc'!A0", "\xff\xc0", "<script>alert(1)</script>",
	"\xe2\x80\xae.txt.exe",
};

static void hex(char *out, const char *bytes, size_t count)
{
	for (size_t i = 0; i < count; i++)
		sprintf(out + 2 * i, "%02x", (unsigned char)bytes[i]);
	out[2 * count] = 0;
}

/* Becomes another program image with hostile arguments; goes on in hostile_child. */
static void exec_hostile(void *argument)
{
	int index = *(int *)argument;
	char which[16], descriptor[16], ready[16];
	snprintf(which, sizeof which, "%d", index);
	snprintf(descriptor, sizeof descriptor, "%d", bound_socket(AF_INET, SOCK_DGRAM, 0));
	snprintf(ready, sizeof ready, "%d", ready_pipe());
	char *arguments[16] = { "\033[2Jsocket\nfixture", "--hostile-child", which, descriptor, ready };
	memcpy(arguments + 5, hostile_arguments, sizeof hostile_arguments);
	execv("/proc/self/exe", arguments);
	die("exec /proc/self/exe");
}

int hostile_child(int argc, char **argv)
{
	if (argc < 5)
		return 64;
	int index = atoi(argv[2]), fd = atoi(argv[3]);
	if (index < 0 || index >= COUNT_OF(hostile_names))
		return 64;
	if (prctl(PR_SET_NAME, hostile_names[index]) || prctl(PR_SET_PDEATHSIG, 9))
		die("prctl");
	char name[64], line[4096] = "";
	int at = 0;
	hex(name, hostile_names[index], strlen(hostile_names[index]));
	for (int i = 0; i < argc; i++) {
		at += sprintf(line + at, "%s\"", i ? "," : "");
		hex(line + at, argv[i], strlen(argv[i]));
		at += 2 * strlen(argv[i]);
		at += sprintf(line + at, "\"");
	}
	print_line("{\"process\":%d,\"name_hex\":\"%s\",\"args_hex\":[%s]}", (int)getpid(), name, line);
	report("hostile", fd);
	adopt_ready_pipe(atoi(argv[4]));
	holder_is_ready();
	hold_forever();
}

static void make_hostile(void)
{
	for (int i = 0; i < COUNT_OF(hostile_names); i++)
		start_holder(exec_hostile, &i, NULL, 0);
}

const struct scenario hostile_scenarios[] = {
	{ "hostile", "7 processes with hostile names and arguments, each with a UDP socket", make_hostile },
	{ NULL, NULL, NULL },
};

/* socket-fixture [--new-netns] SCENARIO…
 * socket-fixture scale --sockets N --processes P
 * socket-fixture scale-netns --namespaces K --sockets N
 * socket-fixture measure [--netns PATH] [--output FILE] [--error FILE] -- COMMAND…
 * socket-fixture --list
 */
#include "fixture.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const struct scenario *const tables[] = {
	tcp_scenarios, datagram_scenarios, unix_scenarios, other_scenarios,
	holder_scenarios, namespace_scenarios, hostile_scenarios,
};

static const struct scenario *find_scenario(const char *name)
{
	for (int i = 0; i < COUNT_OF(tables); i++)
		for (const struct scenario *s = tables[i]; s->name; s++)
			if (!strcmp(s->name, name))
				return s;
	return NULL;
}

static int list_scenarios(void)
{
	for (int i = 0; i < COUNT_OF(tables); i++)
		for (const struct scenario *s = tables[i]; s->name; s++)
			printf("%-18s %s\n", s->name, s->means);
	return 0;
}

static void wait_for_the_end(void)
{
	char bytes[256];
	print_line("ready");
	while (read(STDIN_FILENO, bytes, sizeof bytes) > 0)
		;
	end_holders();
	remove_everything();
}

static int usage(const char *word)
{
	fprintf(stderr, "socket-fixture: unknown scenario %s; --list names them\n", word);
	return 64;
}

static int make_scenarios(int count, char **names)
{
	for (int i = 0; i < count; i++)
		if (strcmp(names[i], "--new-netns") && !find_scenario(names[i]))
			return usage(names[i]);
	for (int i = 0; i < count; i++) {
		if (!strcmp(names[i], "--new-netns"))
			enter_new_netns();
		else
			find_scenario(names[i])->make();
	}
	wait_for_the_end();
	return 0;
}

int main(int argc, char **argv)
{
	signal(SIGPIPE, SIG_IGN);
	if (argc < 2)
		return usage("(none)");
	if (!strcmp(argv[1], "--hostile-child"))
		return hostile_child(argc, argv);
	if (!strcmp(argv[1], "--list"))
		return list_scenarios();
	if (!strcmp(argv[1], "measure"))
		return measure_main(argc - 2, argv + 2);
	int status;
	if (!strcmp(argv[1], "scale"))
		status = scale_main(argc - 2, argv + 2);
	else if (!strcmp(argv[1], "scale-netns"))
		status = scale_netns_main(argc - 2, argv + 2);
	else
		return make_scenarios(argc - 1, argv + 1);
	if (!status)
		wait_for_the_end();
	return status;
}

// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* explain: what the verifier meant. How it goes about it stands in explain.h. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "explain/explain.h"

static void usage(FILE *to)
{
	fputs("Usage: explain [-f] [-l LOGFILE] OBJECT.bpf.o    load all programs of the object\n"
	      "       explain [-f] - [OBJECT.bpf.o]             read a log from standard input\n"
	      "Says nothing when all load. Else: which line was refused, what the verifier knew and\n"
	      "needed, where the proof was lost, a hint, and the lab that teaches it. The whole log\n"
	      "goes to LOGFILE (OBJECT.verifier.log). With - nothing is loaded: it takes a log of any\n"
	      "kernel since 5.10, as libbpf, bpftool or a loader printed it, or what clang said; an\n"
	      "object then only helps to find the lines.\n"
	      "\n"
	      "  -f, --fix           tell the cure, too\n"
	      "  -l, --log LOGFILE   where the log goes\n"
	      "  -h, --help          this text\n"
	      "\n"
	      "Exit status: 0 loads, 1 wrong use, 2 refused, 3 something is missing on this machine.\n",
	      to);
}

int main(int argc, char **argv)
{
	static const struct option longs[] = {
		{ "fix", no_argument, NULL, 'f' },
		{ "log", required_argument, NULL, 'l' },
		{ "help", no_argument, NULL, 'h' },
		{},
	};
	const char *log_path = NULL;
	bool from_log;
	int c, code;

	while ((c = getopt_long(argc, argv, "fl:h", longs, NULL)) != -1) {
		switch (c) {
		case 'f':
			show_fix = true;
			break;
		case 'l':
			log_path = optarg;
			break;
		case 'h':
			usage(stdout);
			return LOADS;
		default:
			usage(stderr);
			return BAD_USE;
		}
	}
	from_log = optind < argc && !strcmp(argv[optind], "-");
	if (argc - optind != 1 && !(from_log && argc - optind == 2)) {
		usage(stderr);
		return BAD_USE;
	}
	code = from_log ? explain_text(argv[optind + 1]) : explain_object(argv[optind], log_path);
	if (fflush(stdout) || ferror(stdout)) {
		complain("standard output: %s", strerror(errno));
		return code ? code : ENVIRONMENT;
	}
	return code;
}

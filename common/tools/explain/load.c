// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Where the log comes from: an object that is loaded here, or standard input. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <linux/capability.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "explain.h"

#define SHORT_LOG (1u << 20)  /* log level 4: no instructions in it */
#define LONG_LOG  (16u << 20) /* only what the kernel writes takes memory */
#define LAST_LOG  (64u << 20)

static char warnings[2048]; /* what libbpf complained about */
static char failed[128];    /* the program that the kernel did not take */

static int keep_warning(enum libbpf_print_level level, const char *fmt, va_list ap)
{
	char line[512];
	struct span s = { line, line };
	size_t n = strlen(warnings);

	if (level != LIBBPF_WARN)
		return 0;
	vsnprintf(line, sizeof(line), fmt, ap);
	s.end = line + strcspn(line, "\n");
	skip(&s, "libbpf: ");
	if (starts(s, "prog '") && find(s, "BPF program load failed"))
		keep_between(failed, sizeof(failed), s, "prog '", "'");
	if (find(s, "optional, ignoring") || find(s, "Retrying without BTF"))
		return 0;
	if (n && n < sizeof(warnings) - 1)
		warnings[n++] = '\n';
	keep(warnings + n, sizeof(warnings) - n, s);
	return 0;
}

/* Loads the object and lets it go. The kernel's log goes to log. */
static int try_load(const char *path, char *log, size_t size, unsigned int level)
{
	struct bpf_program *prog;
	struct bpf_object *obj;
	struct bpf_map *map;
	int err;

	log[0] = warnings[0] = failed[0] = '\0';
	obj = bpf_object__open_file(path, NULL);
	if (!obj)
		return -errno;
	bpf_object__for_each_program (prog, obj) {
		bpf_program__set_log_level(prog, level);
		bpf_program__set_log_buf(prog, log, size);
	}
	bpf_object__for_each_map (map, obj)
		bpf_map__set_pin_path(map, NULL); /* leave nothing behind */
	err = bpf_object__load(obj);
	bpf_object__close(obj);
	return err;
}

/* Before 5.17 the registers stand in level 1 only behind branches. */
static unsigned int instruction_level(void)
{
	struct utsname u;
	int major, minor;

	if (uname(&u) || sscanf(u.release, "%d.%d", &major, &minor) != 2)
		return 1;
	return major < 5 || (major == 5 && minor < 17) ? 2 : 1;
}

static void write_log(struct facts *f, const char *path, const char *log)
{
	size_t size = strlen(log);
	struct span text = { log, log + size }, line;
	FILE *file = fopen(path, "w");
	bool ok = file && fwrite(log, 1, size, file) == size;

	if (file && fclose(file))
		ok = false;
	if (!ok) {
		complain("%s: %s", path, strerror(errno));
		return;
	}
	f->log_path = path;
	while (next_line(&text, &line))
		f->log_lines++;
}

/* --- neither the verifier nor its log has to do with it --------------------- */

/* "CAP_BPF CAP_NET_ADMIN": of those that loading needs, the ones that this process lacks */
static const char *missing_rights(void)
{
	static const struct {
		const char *name;
		int cap;
	} wanted[] = {
		{ " CAP_BPF", CAP_BPF },
		{ " CAP_NET_ADMIN", CAP_NET_ADMIN },
		{ " CAP_PERFMON", CAP_PERFMON },
	};
	static char missing[64];
	unsigned long long caps = 0;
	char line[128];
	FILE *file = fopen("/proc/self/status", "r");

	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "CapEff: %llx", &caps) == 1)
			break;
	if (file)
		fclose(file);
	missing[0] = '\0';
	for (size_t i = 0; i < 3; i++)
		if (!(caps >> wanted[i].cap & 1) && !(caps >> CAP_SYS_ADMIN & 1))
			strcat(missing, wanted[i].name);
	return missing;
}

/* "[none] integrity confidentiality": the mode in brackets */
static bool is_locked_down(void)
{
	char modes[128] = "";
	FILE *file = fopen("/sys/kernel/security/lockdown", "r");

	if (file) {
		if (!fgets(modes, sizeof(modes), file))
			modes[0] = '\0';
		fclose(file);
	}
	return strstr(modes, "[confidentiality]") != NULL;
}

static int no_right(const struct facts *f)
{
	const char *missing = missing_rights();

	if (*missing)
		complain(
			"%s: %s: loading needs CAP_BPF and CAP_NET_ADMIN, or root; missing here:%s",
			f->object, strerror(EPERM), missing);
	else if (is_locked_down())
		complain("%s: %s: this kernel is locked down (confidentiality): not even root may "
			 "load programs that read its memory",
			 f->object, strerror(EPERM));
	else if (failed[0])
		complain("%s: program '%s': %s, and the verifier said nothing: this kernel forbids "
			 "programs of this type, or a container or security module does",
			 f->object, failed, strerror(EPERM));
	else
		complain(
			"%s: %s, even so: a container or a security module forbids bpf(), or the limit "
			"of locked memory is too small (kernels before 5.11; ulimit -l)",
			f->object, strerror(EPERM));
	return ENVIRONMENT;
}

/* What a section names was looked for in the kernel's BTF, then in that of its modules, which takes
 * CAP_SYS_ADMIN: who lacks that gets EPERM for a name that is misspelt.
 */
static bool no_such_target(void)
{
	return find(span_of(warnings), "failed to find kernel BTF type ID") && !*missing_rights();
}

static int report_without_log(struct facts *f, int err)
{
	if (err == EPERM && !no_such_target())
		return no_right(f);
	if (failed[0]) {
		complain(
			"%s: program '%s': %s, and the verifier said nothing: this kernel may not know "
			"the program's type or what it asks for",
			f->object, failed, strerror(err));
		return ENVIRONMENT;
	}
	f->stage = LIBBPF;
	f->err = err;
	keep(f->message, sizeof(f->message),
	     (struct span) { warnings, warnings + strcspn(warnings, "\n") });
	snprintf(f->errors, sizeof(f->errors), "%s", warnings);
	if (!f->message[0])
		snprintf(f->message, sizeof(f->message), "%s", strerror(err));
	report(f);
	return REFUSED;
}

/* --- an object --------------------------------------------------------------- */

static void take_log(struct facts *f, const struct log *log)
{
	f->log = log;
	f->stage = VERIFIER;
	f->at = log->at;
	f->at_line = log->message_line;
	memcpy(f->message, log->message, sizeof(f->message));
	memcpy(f->errors, log->errors, sizeof(f->errors));
	if (log->program[0])
		memcpy(f->program, log->program, sizeof(f->program));
}

/* The log with its instructions; returns the text's size, 0 if there is none. A log that is larger
 * than any room loses its end before 6.4, its beginning since.
 */
static size_t load_for_log(struct facts *f, char *log, bool endless)
{
	unsigned int level = endless ? 1 : instruction_level();
	int err = try_load(f->object, log, LONG_LOG, level);

	if (err == -ENOSPC && !endless)
		err = try_load(f->object, log, LAST_LOG, level);
	f->log_cut = err == -ENOSPC;
	return strlen(log);
}

/* Level 4 is short and tells the true errno, which a log that doesn't fit hides, and the stack of
 * the functions; then once more for the instructions.
 */
static int explain_with(struct facts *f, const char *log_path, char *text)
{
	struct log brief, log;
	struct span all;
	size_t line = 0;
	int err = try_load(f->object, text, SHORT_LOG, 4);

	if (!err)
		return LOADS;
	all = span_of(text);
	read_log(&brief, &all, &line);
	free_log(&brief);
	if (!failed[0] || !brief.message[0])
		return report_without_log(f, -err);
	f->err = -err;
	snprintf(f->program, sizeof(f->program), "%s", failed);

	load_for_log(f, text, err == -E2BIG);
	write_log(f, log_path, text);
	all = span_of(text);
	line = 0;
	read_log(&log, &all, &line);
	memcpy(log.stack, brief.stack, sizeof(log.stack));
	take_log(f, &log);
	if (!f->message[0]) { /* the end is missing */
		memcpy(f->message, brief.message, sizeof(f->message));
		memcpy(f->errors, brief.errors, sizeof(f->errors));
	}
	find_facts(f);
	find_source(f);
	report(f);
	free_log(&log);
	return REFUSED;
}

static char *default_log_path(const char *object)
{
	static const char *const ends[] = { ".bpf.o", ".o" };
	size_t n = strlen(object);
	char *path;

	for (int i = 0; i < 2; i++) {
		size_t end = strlen(ends[i]);

		if (n > end && !strcmp(object + n - end, ends[i])) {
			n -= end;
			break;
		}
	}
	return asprintf(&path, "%.*s.verifier.log", (int)n, object) < 0 ? NULL : path;
}

int explain_object(const char *object, const char *log_path)
{
	struct facts f = { .object = object };
	char *log, *path;
	int ret;

	if (access(object, R_OK)) {
		complain("%s: %s", object, strerror(errno));
		return BAD_USE;
	}
	libbpf_set_print(keep_warning);
	path = log_path ? strdup(log_path) : default_log_path(object);
	log = calloc(1, LAST_LOG);
	if (path && log) {
		ret = explain_with(&f, path, log);
	} else {
		complain("%s", strerror(ENOMEM));
		ret = ENVIRONMENT;
	}
	free(log);
	free(path);
	return ret;
}

/* --- standard input ------------------------------------------------------------ */

/* One byte more than size is there for clean(). */
static char *read_all(FILE *file, size_t *size)
{
	size_t room = 1 << 16, got;
	char *text = malloc(room), *larger;

	*size = 0;
	while (text && (got = fread(text + *size, 1, room - 1 - *size, file)) > 0) {
		*size += got;
		if (*size < room - 1)
			continue;
		room *= 2;
		larger = realloc(text, room);
		if (!larger)
			free(text);
		text = larger;
	}
	return text;
}

/* "prog.bpf.c:12:2: error: ..." */
static void find_message_place(struct facts *f)
{
	struct span s = span_of(f->message), file = s;
	const char *colon = find(s, ".c:");
	long line;

	if (f->stage == LIBBPF)
		keep_between(f->program, sizeof(f->program), s, "prog '", "'");
	if (f->stage != COMPILER || !colon)
		return;
	file.end = colon + 2;
	s.at = colon + 3;
	if (skip_number(&s, &line)) {
		keep(f->at.file, sizeof(f->at.file), file);
		f->at.line = line;
	}
}

/* What libbpf, a loader or the compiler said: the first line that a rule knows */
static bool explain_other(struct span text)
{
	static const enum stage stages[] = { LIBBPF, ATTACH, COMPILER };
	struct span line;

	while (next_line(&text, &line)) {
		for (int i = 0; i < 3; i++) {
			struct facts f = { .stage = stages[i], .at.insn = -1 };
			struct rule rule;

			keep(f.errors, sizeof(f.errors), line);
			if (!choose(&f, &rule))
				continue;
			find_message_place(&f);
			report(&f);
			return true;
		}
	}
	return false;
}

int explain_text(const char *object)
{
	struct span all;
	size_t size, line = 0;
	char *text;
	bool any = false;
	int ret = LOADS;

	if (object && access(object, R_OK)) {
		complain("%s: %s", object, strerror(errno));
		return BAD_USE;
	}
	libbpf_set_print(NULL);
	text = read_all(stdin, &size);
	if (!text) {
		complain("standard input: %s", strerror(ENOMEM));
		return ENVIRONMENT;
	}
	size = clean(text, size);
	all = (struct span) { text, text + size };
	while (all.at < all.end) {
		struct facts f = { .object = object };
		struct log log;

		read_log(&log, &all, &line);
		any = any || log.seen;
		if (log.seen && (log.message[0] || !log.whole)) {
			if (ret == REFUSED)
				putchar('\n');
			take_log(&f, &log);
			find_facts(&f);
			find_source(&f);
			report(&f);
			ret = REFUSED;
		}
		free_log(&log);
	}
	if (ret == LOADS && explain_other((struct span) { text, text + size })) {
		ret = REFUSED;
	} else if (!any) {
		complain(
			"standard input: not a verifier log (no instruction, no 'processed' line), "
			"nor a message that the catalogue knows");
		ret = BAD_USE;
	}
	free(text);
	return ret;
}

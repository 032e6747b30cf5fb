// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* explain: what the verifier said, in a few lines.
 *
 *   object ─> libbpf ─> kernel ─> log (up to megabytes)
 *                                  │ parse_log(): by pattern, never by position
 *                                  ▼
 *                              struct facts ─> report()
 *
 * A log is a walk through the program:
 *
 *   ; return *(char *)data; @ hello.bpf.c:21       the source line
 *   1: (71) r0 = *(u8 *)(r1 +0)                    the instruction
 *   invalid access to packet, off=0 size=1, ...    what is wrong: the decisive line
 *   R1 offset is outside of the packet             and what follows from it
 *   processed 2 insns (limit 1000000) ...
 *
 * Decisive is the first line after the last instruction that is no state dump.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <linux/bpf.h>

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>

enum { LOADS, BAD_USE, REFUSED, ENVIRONMENT };

#define LONG_LOG  (64u << 20) /* only what the kernel writes takes memory */
#define SHORT_LOG (64u << 10) /* log level 4: no instructions in it */

/* All that is known about a refusal; what explains further starts from here. */
struct facts {
	const char *object;   /* NULL: only a log, from standard input */
	const char *log_path; /* NULL: not written */
	size_t log_lines;
	bool log_cut; /* the log was larger than any buffer */

	char program[128];
	int err; /* 0: not loaded here, the log came from standard input */

	char message[512]; /* the decisive line */
	char kernel[256];  /* "Verification failed: ..." of 7.3 and newer */
	char file[512];
	unsigned int line;  /* 0: not known */
	char text[512];	    /* the source line */
	int insn;	    /* the instruction that was refused; -1: not known */
	char function[128]; /* that was being verified, when the log says so */
	bool log, whole;    /* this was a verifier log, and it had its last line */
};

static char warning[512]; /* what libbpf complained about first */
static char failed[128];  /* the program that the kernel did not take */

__attribute__((format(printf, 1, 2))) static void complain(const char *fmt, ...)
{
	va_list ap;

	fflush(stdout);
	fputs("explain: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
}

/* --- a piece of the log, not ended by a zero byte ---------------------- */

struct span {
	const char *at, *end;
};

static struct span trim(struct span s)
{
	while (s.at < s.end && isspace((unsigned char)s.at[0]))
		s.at++;
	while (s.at < s.end && isspace((unsigned char)s.end[-1]))
		s.end--;
	return s;
}

static bool skip(struct span *s, const char *prefix)
{
	size_t n = strlen(prefix);

	if ((size_t)(s->end - s->at) < n || memcmp(s->at, prefix, n))
		return false;
	s->at += n;
	return true;
}

static bool starts(struct span s, const char *prefix)
{
	return skip(&s, prefix);
}

static bool skip_number(struct span *s, unsigned int *n)
{
	const char *at = s->at;

	*n = 0;
	while (s->at < s->end && isdigit((unsigned char)s->at[0]))
		*n = *n * 10 + (*s->at++ - '0');
	return s->at > at;
}

static const char *find(struct span s, const char *needle)
{
	return memmem(s.at, s.end - s.at, needle, strlen(needle));
}

/* The text may hold what a program's author liked to put there: no escapes. */
static void keep(char *to, size_t size, struct span s)
{
	size_t n = 0;

	for (s = trim(s); s.at < s.end && n < size - 1; s.at++)
		to[n++] = iscntrl((unsigned char)*s.at) ? ' ' : *s.at;
	to[n] = '\0';
}

/* Keeps what stands between the two marks. */
static bool keep_between(char *to, size_t size, struct span s, const char *open, const char *close)
{
	const char *from = find(s, open);

	if (!from)
		return false;
	s.at = from + strlen(open);
	s.end = find(s, close);
	if (!s.end || s.end == s.at)
		return false;
	keep(to, size, s);
	return true;
}

/* --- the kinds of lines ------------------------------------------------ */

/* "R1=ctx()", "R0_w=inv2", "frame1: R6=1", " fp-8=00000000", "refs=2" */
static bool is_state(struct span s)
{
	unsigned int n;

	s = trim(s);
	if (skip(&s, "frame")) {
		if (!skip_number(&s, &n) || !skip(&s, ":"))
			return false;
		s = trim(s);
		if (s.at == s.end)
			return true;
	}
	if (starts(s, "fp-") || starts(s, "refs="))
		return true;
	if (!skip(&s, "R") || !skip_number(&s, &n))
		return false;
	if (skip(&s, "_"))
		while (s.at < s.end && islower((unsigned char)s.at[0]))
			s.at++;
	return starts(s, "=");
}

/* "7: (71) r1 = *(u8 *)(r1 +13)", "6: <invalid CO-RE relocation>"; leaves in
 * `after` what follows a jump on the same line.
 */
static bool is_instruction(struct span s, int *insn, struct span *after)
{
	unsigned int n, target;
	const char *jump;

	if (!skip_number(&s, &n) || !skip(&s, ": "))
		return false;
	if (!starts(s, "<invalid") && !(s.end - s.at > 4 && s.at[0] == '(' && s.at[3] == ')'))
		return false;
	*insn = n;
	*after = (struct span) { s.end, s.end };

	jump = find(s, "goto pc");
	if (!jump)
		return true;
	s.at = jump + strlen("goto pc") + 1; /* past the sign */
	if (s.at >= s.end || !skip_number(&s, &n))
		return true;
	s = trim(s);
	if (s.at == s.end || s.at[0] == ';')
		return true;
	*after = s;
	if (skip_number(&s, &target) && starts(s, ":")) /* the state at the target */
		after->at = after->end;
	return true;
}

/* "; if (x) @ prog.bpf.c:16", before 6.9 without file and line, and "16: if (x)"
 * where the kernel looks at the shape of the program.
 */
static bool is_source(struct span *s, int *insn)
{
	struct span rest = *s;
	unsigned int n;

	*insn = -1;
	if (skip(s, ";"))
		return true;
	if (!skip_number(&rest, &n) || !skip(&rest, ": "))
		return false;
	if (is_state(rest) || starts(rest, "safe"))
		return false;
	*s = rest;
	*insn = n;
	return true;
}

static bool is_chatter(struct span s)
{
	static const char *const starts_of[] = {
		"from ",	"caller:",
		"callee:",	"returning from callee:",
		"to caller at", "cur state:",
		"old state:",	"last_idx ",
		"first_idx ",	"regs=",
		"parent ",	"mark_precise:",
		"propagating",	"verification time",
		"stack depth",	"Func#",
		"func#",	"Validating ",
		"libbpf: ",	"live regs before insn:",
	};
	unsigned int n;

	s = trim(s);
	if (s.at == s.end || is_state(s))
		return true;
	for (size_t i = 0; i < sizeof(starts_of) / sizeof(starts_of[0]); i++)
		if (starts(s, starts_of[i]))
			return true;
	if (!skip_number(&s, &n))
		return false;
	return starts(s, ": ") || s.at == s.end; /* "12: R1=...", "12: safe", a cut "12" */
}

/* "-- BEGIN PROG LOAD LOG --" of libbpf, "--- log ---" and the like */
static bool is_mark(struct span s, bool *end)
{
	if (!starts(s, "--"))
		return false;
	*end = find(s, "END") != NULL;
	return find(s, "LOG") || find(s, "log");
}

/* --- the log ----------------------------------------------------------- */

struct parser {
	struct facts *f;
	struct span source; /* the last source line seen */
	int insn, source_insn;
	bool in_block, at_next; /* inside the kernel's own explanation */
};

static void forget_message(struct parser *p)
{
	struct facts *f = p->f;

	f->message[0] = f->kernel[0] = f->file[0] = f->text[0] = '\0';
	f->line = 0;
	p->in_block = false;
}

/* "text @ file:line" or text alone */
static void keep_source(struct facts *f, struct span s)
{
	struct span place = s;
	const char *at = NULL, *next = s.at;
	unsigned int line;

	while ((next = memmem(next, s.end - next, " @ ", 3)))
		at = next++;
	if (at) {
		place.at = at + 3;
		next = memrchr(place.at, ':', place.end - place.at);
		if (next) {
			struct span number = { next + 1, place.end };

			if (skip_number(&number, &line) && number.at == number.end) {
				place.end = next;
				keep(f->file, sizeof(f->file), place);
				f->line = line;
				s.end = at;
			}
		}
	}
	keep(f->text, sizeof(f->text), s);
}

static void keep_message(struct parser *p, struct span s)
{
	struct facts *f = p->f;
	const char *processed = find(s, "processed ");

	if (processed && find(s, " insns (limit")) /* some messages lack their newline */
		s.end = processed;
	if (is_chatter(s) || f->message[0])
		return;
	keep(f->message, sizeof(f->message), s);
	f->insn = p->insn;
	if (p->source.at)
		keep_source(f, p->source);
}

/* Since 7.3 the kernel explains itself, after the lines it always wrote:
 *
 *   Verification failed: Memory Safety: Access outside bounds
 *   At:
 *     drop_arp @ prog.bpf.c:17:11
 */
static bool in_kernel_block(struct parser *p, struct span s)
{
	struct facts *f = p->f;

	if (skip(&s, "Verification failed: ")) {
		keep(f->kernel, sizeof(f->kernel), s);
		p->in_block = true;
		return true;
	}
	if (!p->in_block)
		return false;
	if (p->at_next && !f->line) {
		const char *at = find(s, " @ ");
		const char *column = memrchr(s.at, ':', s.end - s.at);

		if (at && column && column > at) {
			s.end = column;
			keep_source(f, s);
			f->text[0] = '\0'; /* it was the function's name */
		}
	}
	p->at_next = starts(s, "At:");
	return true;
}

/* Returns false at the end of the log. */
static bool parse_line(struct parser *p, struct span s)
{
	struct facts *f = p->f;
	struct span after, source = s;
	bool end;
	int insn;

	if (is_mark(s, &end)) {
		if (!end)
			forget_message(p);
		return !end || !f->log;
	}
	if (skip(&source, "libbpf: prog '") && find(source, "BPF program load failed")) {
		keep_between(f->program, sizeof(f->program), s, "prog '", "'");
	} else if (is_instruction(s, &insn, &after)) {
		forget_message(p);
		p->insn = insn;
		f->log = true;
		keep_message(p, after);
	} else if (in_kernel_block(p, s)) {
		;
	} else if (source = s, is_source(&source, &insn)) {
		bool nowhere = find(source, " @ ") && source.end - source.at > 2 &&
			       !memcmp(source.end - 2, ":0", 2);

		/* of "16: a" and "8: b" before one message, the first is the place */
		if (!nowhere && (insn < 0 || p->source_insn < 0)) {
			p->source = source;
			p->source_insn = insn;
		}
	} else {
		if (starts(s, "Validating "))
			keep_between(f->function, sizeof(f->function), s, "Validating ", "()");
		keep_message(p, s);
	}
	if (find(s, "processed ") && find(s, " insns (limit")) {
		f->log = f->whole = true;
		return false;
	}
	return true;
}

/* "unreachable insn 4", "infinite loop detected at insn 13": without a source
 * line the number is all there is.
 */
static void read_instruction_number(struct facts *f)
{
	const char *at = strstr(f->message, "insn ");
	struct span s;
	unsigned int n;

	if (f->insn >= 0 || !at)
		return;
	s = (struct span) { at + 5, at + strlen(at) };
	if (skip_number(&s, &n))
		f->insn = n;
}

static void parse_log(struct facts *f, const char *log, size_t size)
{
	struct parser p = { .f = f, .insn = -1, .source_insn = -1 };
	struct span all = { log, log + size };

	f->insn = -1;
	while (all.at < all.end) {
		const char *newline = memchr(all.at, '\n', all.end - all.at);
		struct span line = { all.at, newline ? newline : all.end };

		if (!parse_line(&p, line) || !newline)
			break;
		all.at = newline + 1;
	}
	read_instruction_number(f);
}

static size_t count_lines(const char *log, size_t size)
{
	size_t n = 0;

	for (const char *at = log; at < log + size; n++) {
		at = memchr(at, '\n', log + size - at);
		if (!at)
			return n + 1;
		at++;
	}
	return n;
}

/* --- the source line, out of the object's .BTF.ext --------------------- */

/* The section's layout, which libbpf checks and does not publish. */
struct ext_header {
	__u16 magic;
	__u8 version, flags;
	__u32 hdr_len;
	__u32 func_info_off, func_info_len;
	__u32 line_info_off, line_info_len;
};

struct ext_section {
	__u32 name_off, records;
};

struct source {
	struct btf *btf;
	struct btf_ext *ext;
	const struct ext_header *hdr;
};

/* Calls f for each record of .BTF.ext's function or line information. */
static void each_record(const struct source *s, __u32 off, __u32 len,
			void (*f)(void *ctx, const char *sec, const void *rec), void *ctx)
{
	const char *at = (const char *)s->hdr + s->hdr->hdr_len + off, *end = at + len;
	__u32 size;

	if (len < sizeof(size))
		return;
	memcpy(&size, at, sizeof(size));
	at += sizeof(size);
	while (end - at >= (long)sizeof(struct ext_section)) {
		const struct ext_section *sec = (const void *)at;
		const char *name = btf__name_by_offset(s->btf, sec->name_off);

		at += sizeof(*sec);
		for (__u32 i = 0; i < sec->records && end - at >= (long)size; i++, at += size)
			f(ctx, name ? name : "", at);
	}
}

struct place {
	const struct source *s;
	const struct facts *f;
	const char *function; /* where this one starts: */
	char section[128];
	long from, upto; /* bytes; -1: not known */

	const struct bpf_line_info *best;
	unsigned int matches; /* different lines that match */
};

static void find_function(void *ctx, const char *sec, const void *rec)
{
	const struct bpf_func_info *info = rec;
	struct place *p = ctx;
	const struct btf_type *t = btf__type_by_id(p->s->btf, info->type_id);
	const char *name = t ? btf__name_by_offset(p->s->btf, t->name_off) : NULL;

	if (p->from >= 0 && p->upto < 0 && !strcmp(sec, p->section))
		p->upto = info->insn_off; /* the next function */
	if (p->from < 0 && name && !strcmp(name, p->function)) {
		p->from = info->insn_off;
		snprintf(p->section, sizeof(p->section), "%s", sec);
	}
}

static void take(struct place *p, const struct bpf_line_info *info)
{
	if (!p->best ||
	    BPF_LINE_INFO_LINE_NUM(p->best->line_col) != BPF_LINE_INFO_LINE_NUM(info->line_col))
		p->matches++;
	p->best = info;
}

/* The kernel names only the last part of the path: find the whole. */
static void match_line(void *ctx, const char *sec, const void *rec)
{
	const struct bpf_line_info *info = rec;
	struct place *p = ctx;
	const char *file = btf__name_by_offset(p->s->btf, info->file_name_off);

	(void)sec;
	if (file && BPF_LINE_INFO_LINE_NUM(info->line_col) == p->f->line &&
	    !strcmp(basename(file), p->f->file))
		p->best = info;
}

static void match_text(void *ctx, const char *sec, const void *rec)
{
	const struct bpf_line_info *info = rec;
	struct place *p = ctx;
	const char *text = btf__name_by_offset(p->s->btf, info->line_off);
	char clean[sizeof(p->f->text)];

	(void)sec;
	if (!text)
		return;
	keep(clean, sizeof(clean), (struct span) { text, text + strlen(text) });
	if (!strcmp(clean, p->f->text))
		take(p, info);
}

static void match_instruction(void *ctx, const char *sec, const void *rec)
{
	const struct bpf_line_info *info = rec;
	struct place *p = ctx;
	long at = p->from + p->f->insn * (long)sizeof(struct bpf_insn);

	if (strcmp(sec, p->section) || info->insn_off < p->from ||
	    !BPF_LINE_INFO_LINE_NUM(info->line_col))
		return;
	if (p->f->insn < 0) { /* only the function is known: its first line */
		if (!p->best)
			p->best = info;
	} else if (info->insn_off <= at && (p->upto < 0 || at < p->upto)) {
		p->best = info;
	}
}

/* Strips the working directory: paths in BTF are absolute. */
static const char *shorten(const char *path)
{
	char *cwd = getcwd(NULL, 0);
	size_t n = cwd ? strlen(cwd) : 0;

	if (n && !strncmp(path, cwd, n) && path[n] == '/')
		path += n + 1;
	free(cwd);
	return path;
}

static void look_up(struct facts *f, const struct source *s)
{
	const struct ext_header *h = s->hdr;
	struct place p = { .s = s, .f = f, .from = -1, .upto = -1 };
	const char *file, *text;

	if (f->line) {
		each_record(s, h->line_info_off, h->line_info_len, match_line, &p);
	} else if (f->text[0]) {
		each_record(s, h->line_info_off, h->line_info_len, match_text, &p);
		if (p.matches > 1)
			p.best = NULL;
	}
	if (!p.best && !f->line && (f->function[0] || f->insn >= 0)) {
		p.function = f->function[0] ? f->function : f->program;
		each_record(s, h->func_info_off, h->func_info_len, find_function, &p);
		if (p.from >= 0)
			each_record(s, h->line_info_off, h->line_info_len, match_instruction, &p);
	}
	if (!p.best)
		return;

	file = btf__name_by_offset(s->btf, p.best->file_name_off);
	text = btf__name_by_offset(s->btf, p.best->line_off);
	if (file)
		snprintf(f->file, sizeof(f->file), "%s", shorten(file));
	f->line = BPF_LINE_INFO_LINE_NUM(p.best->line_col);
	if (text && !f->text[0])
		keep(f->text, sizeof(f->text), (struct span) { text, text + strlen(text) });
}

static void find_source(struct facts *f)
{
	struct source s = {};
	__u32 size;

	s.btf = btf__parse(f->object, &s.ext);
	if (!s.btf)
		return;
	s.hdr = s.ext ? btf_ext__get_raw_data(s.ext, &size) : NULL;
	if (s.hdr)
		look_up(f, &s);
	btf_ext__free(s.ext);
	btf__free(s.btf);
}

/* --- what the student sees --------------------------------------------- */

static const char *meaning(int err)
{
	switch (err) {
	case EACCES:
		return "not a question of rights, the verifier found it unsafe";
	case EINVAL:
		return "the verifier found what no program may do";
	case E2BIG:
		return "too large, too deep or too complex for the verifier";
	case EPERM:
		return "a right is missing for what the program does";
	default:
		return "see below";
	}
}

/* The one place that turns facts into words. */
static void report(const struct facts *f)
{
	if (f->err) {
		const char *name = strerrorname_np(f->err);

		printf("refused   program '%s' of %s: %s (%s: %s)\n", f->program,
		       basename(f->object), strerror(f->err), name ? name : "unknown",
		       meaning(f->err));
	}
	if (f->line)
		printf("line      %s:%u%s%s\n", f->file, f->line, f->text[0] ? ": " : "", f->text);
	else if (f->text[0])
		printf("line      %s\n", f->text);
	printf("verifier  %s\n",
	       f->message[0] ? f->message : "(the log was cut before the verifier gave a reason)");
	if (f->kernel[0])
		printf("kernel    %s\n", f->kernel);
	if (f->log_path)
		printf("log       %s (%zu lines%s)\n", f->log_path, f->log_lines,
		       f->log_cut ? ", a part of it: the whole is longer than 64 MiB" : "");
}

/* --- loading ----------------------------------------------------------- */

static int keep_warning(enum libbpf_print_level level, const char *fmt, va_list ap)
{
	char line[sizeof(warning)];
	struct span s = { line, line };

	if (level != LIBBPF_WARN)
		return 0;
	vsnprintf(line, sizeof(line), fmt, ap);
	s.end = line + strcspn(line, "\n");
	skip(&s, "libbpf: ");
	if (starts(s, "prog '") && find(s, "BPF program load failed"))
		keep_between(failed, sizeof(failed), s, "prog '", "'");
	if (!warning[0] && !find(s, "optional, ignoring") && !find(s, "Retrying without BTF"))
		keep(warning, sizeof(warning), s);
	return 0;
}

/* Loads the object and lets it go. With log level 0 libbpf tries without a log
 * first, and once more with level 1 into the buffer when the kernel refuses.
 */
static int try_load(const char *path, char *log, size_t size, __u32 level)
{
	struct bpf_program *prog;
	struct bpf_object *obj;
	struct bpf_map *map;
	int err;

	log[0] = warning[0] = failed[0] = '\0';
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

/* The message and the true errno of a program whose log fits into no buffer
 * (ENOSPC hides it): level 4 tells them without the instructions.
 */
static int load_for_message(const char *path, struct facts *f)
{
	struct facts brief = {};
	char *log = calloc(1, SHORT_LOG);
	int err;

	if (!log)
		return -ENOSPC;
	err = try_load(path, log, SHORT_LOG, 4);
	parse_log(&brief, log, strlen(log));
	if (brief.message[0])
		memcpy(f->message, brief.message, sizeof(f->message));
	free(log);
	return err;
}

static void write_log(struct facts *f, const char *path, const char *log, size_t size)
{
	FILE *file = fopen(path, "w");
	bool ok = file && fwrite(log, 1, size, file) == size;

	if (file && fclose(file))
		ok = false;
	if (!ok) {
		complain("%s: %s", path, strerror(errno));
		return;
	}
	f->log_path = path;
	f->log_lines = count_lines(log, size);
}

/* Neither the verifier nor its log has to do with it. */
static int report_without_log(const struct facts *f, int err)
{
	if (failed[0]) {
		complain("%s: program '%s': %s, and the verifier said nothing: %s", f->object,
			 failed, strerror(err),
			 err == EPERM
				 ? "rights are missing (CAP_BPF, CAP_NET_ADMIN, CAP_PERFMON, or "
				   "root), or this kernel forbids programs of this type"
				 : "this kernel may not know the program's type or features");
		return ENVIRONMENT;
	}
	if (err == EPERM) {
		complain("%s: %s: loading needs CAP_BPF and CAP_NET_ADMIN, or root", f->object,
			 strerror(err));
		return ENVIRONMENT;
	}
	printf("refused   %s, before the verifier saw it: %s\n", basename(f->object),
	       warning[0] ? warning : strerror(err));
	return REFUSED;
}

static int explain_with(struct facts *f, const char *log_path, char *log)
{
	int err = try_load(f->object, log, LONG_LOG, 0);
	size_t size;

	if (!err)
		return LOADS;
	if (!failed[0] || !log[0])
		return report_without_log(f, -err);

	size = strlen(log);
	parse_log(f, log, size);
	snprintf(f->program, sizeof(f->program), "%s", failed);
	if (err == -ENOSPC) {
		f->log_cut = true;
		err = load_for_message(f->object, f);
	}
	f->err = -err;
	find_source(f);
	write_log(f, log_path, log, size);
	report(f);
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

static int explain_object(const char *object, const char *log_path)
{
	struct facts f = { .object = object };
	char *log, *path;
	int ret;

	if (access(object, R_OK)) {
		complain("%s: %s", object, strerror(errno));
		return BAD_USE;
	}
	path = log_path ? strdup(log_path) : default_log_path(object);
	log = calloc(1, LONG_LOG);
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

/* --- a log from standard input ----------------------------------------- */

static char *read_all(FILE *file, size_t *size)
{
	size_t room = 1 << 16, got;
	char *log = malloc(room), *larger;

	*size = 0;
	while (log && (got = fread(log + *size, 1, room - *size, file)) > 0) {
		*size += got;
		if (*size < room)
			continue;
		room *= 2;
		larger = realloc(log, room);
		if (!larger)
			free(log);
		log = larger;
	}
	return log;
}

static int explain_log(const char *object)
{
	struct facts f = { .object = object };
	size_t size;
	char *log;

	if (object && access(object, R_OK)) {
		complain("%s: %s", object, strerror(errno));
		return BAD_USE;
	}
	log = read_all(stdin, &size);
	if (!log) {
		complain("standard input: %s", strerror(ENOMEM));
		return ENVIRONMENT;
	}
	parse_log(&f, log, size);
	free(log);
	if (!f.log) {
		complain("standard input: not a verifier log: no instruction, no 'processed' line");
		return BAD_USE;
	}
	if (f.whole && !f.message[0])
		return LOADS;
	if (object)
		find_source(&f);
	report(&f);
	return REFUSED;
}

static void usage(FILE *to)
{
	fputs("Usage: explain [-l LOGFILE] OBJECT.bpf.o    load all programs of the object\n"
	      "       explain - [OBJECT.bpf.o]             read a verifier log from standard input\n"
	      "Says nothing when all load. Else: which program, which line, and the verifier's\n"
	      "decisive words; the whole log goes to LOGFILE (OBJECT.verifier.log). With - nothing\n"
	      "is loaded; an object then only helps to find the line.\n"
	      "\n"
	      "  -l, --log LOGFILE   where the log goes\n"
	      "  -h, --help          this text\n"
	      "\n"
	      "Exit status: 0 loads, 1 wrong use, 2 refused, 3 something is missing on this machine.\n",
	      to);
}

int main(int argc, char **argv)
{
	static const struct option longs[] = {
		{ "log", required_argument, NULL, 'l' },
		{ "help", no_argument, NULL, 'h' },
		{},
	};
	const char *log_path = NULL;
	bool from_log;
	int c, code;

	while ((c = getopt_long(argc, argv, "l:h", longs, NULL)) != -1) {
		switch (c) {
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
	libbpf_set_print(keep_warning);

	if (from_log)
		code = explain_log(argv[optind + 1]);
	else
		code = explain_object(argv[optind], log_path);

	if (fflush(stdout) || ferror(stdout)) {
		complain("standard output: %s", strerror(errno));
		return code ? code : ENVIRONMENT;
	}
	return code;
}

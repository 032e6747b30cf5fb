// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* A log's lines, by pattern and never by position: kernels since 5.10 write them differently. */
#define _GNU_SOURCE
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "explain.h"

/* While one log is read */
struct parser {
	struct log *log;
	struct span source; /* the last source line seen */
	int source_insn;    /* its number, where the kernel wrote one; else -1 */
	int frame;
	bool marking; /* 5.10 goes back over the path, and shows states of long ago */
	int *last;    /* for each instruction, the last step that was there; -1: none */
	int last_n;
	enum { OUTSIDE, BLOCK, REASON, AT, CAUSE } block; /* of the kernel's own report */
	struct place cause;
};

/* --- the kinds of lines ------------------------------------------------ */

/* "R1=ctx()", "R0_w=inv2", "frame1: R6=1", " fp-8=00000000", "refs=2" */
static bool is_state(struct span s)
{
	long n;

	s = trim(s);
	if (skip(&s, "frame")) {
		if (!skip_number(&s, &n) || !skip(&s, ":"))
			return false;
		s = trim(s);
		if (s.at == s.end)
			return true;
	}
	if (starts(s, "fp-") || starts(s, "refs=") || starts(s, "cb"))
		return true;
	if (!skip(&s, "R") || !skip_number(&s, &n))
		return false;
	if (skip(&s, "_"))
		while (s.at < s.end && islower((unsigned char)s.at[0]))
			s.at++;
	return starts(s, "=");
}

/* "7: (71) r1 = *(u8 *)(r1 +13)", "6: <invalid CO-RE relocation>" */
static bool is_instruction(struct span *s, int *insn)
{
	struct span rest = *s;
	long n;

	if (!skip_number(&rest, &n) || !skip(&rest, ": "))
		return false;
	if (!starts(rest, "<invalid") &&
	    !(rest.end - rest.at > 4 && rest.at[0] == '(' && rest.at[3] == ')'))
		return false;
	*insn = n;
	*s = rest;
	return true;
}

/* "; if (x) @ prog.bpf.c:16", before 6.9 without file and line, and "16: if (x)"
 * where the kernel looks at the shape of the program.
 */
static bool is_source(struct span *s, int *insn)
{
	struct span rest = *s;
	long n;

	*insn = -1;
	if (skip(s, ";"))
		return true;
	if (!skip_number(&rest, &n) || !skip(&rest, ": "))
		return false;
	if (starts(rest, "safe"))
		return false;
	*s = rest;
	*insn = n;
	return true;
}

static bool is_chatter(struct span s)
{
	static const char *const starts_of[] = {
		"from ",
		"caller:",
		"callee:",
		"returning from callee:",
		"to caller at",
		"cur state:",
		"old state:",
		"last_idx ",
		"first_idx ",
		"regs=",
		"parent ",
		"mark_precise:",
		"propagating",
		"verification time",
		"stack depth",
		"Func#",
		"func#",
		"Validating ",
		"libbpf: ",
		"Live regs before insn:",
		"live regs",
		"SCC ",
		"insn_idx ",
		"processed ",
		"BTF debug data section",
		"...",
	};
	long n;

	s = trim(s);
	if (s.at == s.end || is_state(s))
		return true;
	for (size_t i = 0; i < sizeof(starts_of) / sizeof(starts_of[0]); i++)
		if (starts(s, starts_of[i]))
			return true;
	if (s.at[0] != '-' && !isdigit((unsigned char)s.at[0]))
		return false;
	if (!skip_number(&s, &n))
		return false;
	/* "12: R1=...", "12: safe", a cut "12", "  1   4: .1234..... (b7) r0 = 1" */
	s = trim(s);
	return starts(s, ": ") || equal(s, ":") || s.at == s.end ||
	       (skip_number(&s, &n) && starts(s, ": "));
}

/* "-- BEGIN PROG LOAD LOG --" of libbpf, "--- log ---" and the like */
static bool is_mark(struct span s, bool *end)
{
	const char *dashes = find(s, "-- ");

	if (!dashes ||
	    (dashes > s.at && !starts(s, "libbpf: prog") && !starts(s, "-- ") && !starts(s, "---")))
		return false;
	*end = find(s, "END") != NULL;
	return find(s, "LOG") || find(s, "log");
}

/* --- steps --------------------------------------------------------------- */

static struct step *add_step(struct parser *p, int insn)
{
	struct log *log = p->log;
	struct step *steps = log->steps;
	int room = log->room;

	if (log->n == room) {
		room = room ? 2 * room : 256;
		steps = realloc(log->steps, room * sizeof(*steps));
		if (!steps)
			abort();
		log->steps = steps;
		log->room = room;
	}
	steps += log->n;
	*steps = (struct step) { .insn = insn, .before = log->n - 1, .frame = p->frame };
	log->n++;
	return steps;
}

/* Several ways lead from an instruction. The second is walked when the first is done, and begins
 * with "from 13 to 19:": its past is the last visit to 13 of which that hasn't been said yet.
 */
static void remember(struct parser *p, int insn)
{
	if (insn < 0 || insn > 1 << 24)
		return;
	if (insn >= p->last_n) {
		int n = insn + 1024, *last = realloc(p->last, n * sizeof(*last));

		if (!last)
			abort();
		memset(last + p->last_n, -1, (n - p->last_n) * sizeof(*last));
		p->last = last;
		p->last_n = n;
	}
	p->last[insn] = p->log->n - 1;
}

static int recall(struct parser *p, int insn)
{
	return insn >= 0 && insn < p->last_n ? p->last[insn] : -1;
}

/* "frame2: R0=1 ..." tells which function's registers these are; none is the program's. */
static struct span frame_of(struct parser *p, struct span s)
{
	long n;

	s = trim(s);
	p->frame = 0;
	if (skip(&s, "frame") && skip_number(&s, &n) && skip(&s, ":"))
		p->frame = n >= 0 && n < 64 ? n : 0;
	return trim(s);
}

/* "0: R1=ctx() R10=fp0", "from 13 to 19: R0=2 ...", " R0_w=inv2 ..." */
static bool read_state(struct parser *p, struct span s)
{
	struct step *step;
	long from, to;
	int before = p->log->n - 1, insn = -1;

	if (skip(&s, "from ")) {
		if (!skip_number(&s, &from) || !skip(&s, " to ") || !skip_number(&s, &to))
			return false;
		skip(&s, " (speculative execution)");
		if (!skip(&s, ":"))
			return false;
		before = recall(p, from);
		insn = to;
	} else if (skip_number(&s, &to)) {
		if (!skip(&s, ": "))
			return false;
		insn = to;
	}
	if (!is_state(s))
		return false;
	if (p->marking && insn < 0)
		return true;
	s = frame_of(p, s);
	step = add_step(p, insn);
	step->before = before;
	step->begins = true;
	step->states = s;
	step->frame = p->frame;
	step->source = p->source;
	return true;
}

static void read_instruction(struct parser *p, struct span s, int insn, struct span *message)
{
	struct step *step = add_step(p, insn);
	const char *semicolon = find(s, ";"), *jump = find(s, "goto pc");
	struct span after = { s.end, s.end };
	long n;

	step->source = p->source;
	remember(p, insn);
	if (semicolon) {
		after.at = semicolon + 1;
		s.end = semicolon;
	} else if (jump) {
		/* what follows on the line of a jump is a message, or the state at its target */
		struct span rest = { jump + strlen("goto pc"), s.end };

		skip(&rest, "+");
		if (skip_number(&rest, &n)) {
			s.end = rest.at;
			rest = trim(rest);
			if (skip_number(&rest, &n) && skip(&rest, ":"))
				after = trim(rest);
			else
				*message = rest;
		}
	}
	step->code = trim(s);
	if (is_state(after)) {
		step->states = frame_of(p, after);
		step->frame = p->frame;
	}
	if (starts(step->code, "(85) call pc"))
		p->frame++;
	else if (starts(step->code, "(95) exit") && p->frame > 0)
		p->frame--;
}

/* --- what is wrong -------------------------------------------------------- */

static void forget_message(struct parser *p)
{
	struct log *log = p->log;

	log->message[0] = log->errors[0] = log->kernel[0] = log->reason[0] = '\0';
	log->at = (struct place) { .insn = -1 };
	p->block = OUTSIDE;
}

void keep_place(struct place *p, struct span s, int insn)
{
	struct span file = s;
	const char *at = NULL, *next = s.at;
	long line;

	*p = (struct place) { .insn = insn };
	while (next && next < s.end && (next = memmem(next, s.end - next, " @ ", 3)))
		at = next++;
	if (at) {
		file.at = at + 3;
		next = memrchr(file.at, ':', file.end - file.at);
		if (next) {
			struct span number = { next + 1, file.end };

			if (skip_number(&number, &line) && number.at == number.end) {
				file.end = next;
				keep(p->file, sizeof(p->file), file);
				p->line = line;
				s.end = at;
			}
		}
	}
	keep(p->text, sizeof(p->text), s);
}

static void keep_message(struct parser *p, struct span s, size_t line)
{
	struct log *log = p->log;
	const char *processed = find(s, "processed ");
	size_t n = strlen(log->errors);

	if (processed && find(s, " insns (limit")) /* some messages lack their newline */
		s.end = processed;
	if (is_chatter(s))
		return;
	if (!log->message[0]) {
		struct step *step = log->n ? &log->steps[log->n - 1] : NULL;

		keep(log->message, sizeof(log->message), s);
		log->message_line = line;
		keep_place(&log->at, p->source, step && !step->begins ? step->insn : -1);
		if (!p->source.at)
			log->at.text[0] = '\0';
	}
	if (n && n < sizeof(log->errors) - 1)
		log->errors[n++] = '\n';
	keep(log->errors + n, sizeof(log->errors) - n, s);
}

/* "    drop_arp @ prog.bpf.c:17:11" of the kernel's report */
static void keep_report_place(struct place *p, struct span s)
{
	const char *at = find(s, " @ "), *column = memrchr(s.at, ':', s.end - s.at);

	if (!at || !column || column < at)
		return;
	s.end = column;
	keep_place(p, s, -1);
	p->text[0] = '\0'; /* it was the function's name */
}

/* Since 7.3 the kernel explains itself, after the lines that it always wrote:
 *
 *   Verification failed: Memory Safety: Access outside bounds
 *   Reason:
 *     ...
 *   At:
 *     drop_arp @ prog.bpf.c:17:11
 *   Causal path:
 *     drop_arp @ prog.bpf.c:16:6
 *     ...
 *            |         ^-- branch: took the false branch of this conditional
 */
static bool in_report(struct parser *p, struct span s)
{
	struct log *log = p->log;
	const char *arrow;
	size_t n;

	if (skip(&s, "Verification failed: ")) {
		keep(log->kernel, sizeof(log->kernel), s);
		p->block = BLOCK;
		return true;
	}
	if (p->block == OUTSIDE)
		return false;
	if (s.at < s.end && !isblank((unsigned char)*s.at)) {
		p->block = starts(s, "Reason:")	 ? REASON
			   : starts(s, "At:")	 ? AT
			   : starts(s, "Causal") ? CAUSE
						 : BLOCK;
		return true;
	}
	switch (p->block) {
	case REASON:
		n = strlen(log->reason);
		if (n && n < sizeof(log->reason) - 1)
			log->reason[n++] = ' ';
		keep(log->reason + n, sizeof(log->reason) - n, s);
		n = strlen(log->reason);
		while (n && log->reason[n - 1] == ' ')
			log->reason[--n] = '\0';
		break;
	case AT:
		if (!log->at.line)
			keep_report_place(&log->at, s);
		break;
	case CAUSE:
		keep_report_place(&p->cause, s);
		arrow = find(s, "^-- ");
		if (!arrow)
			break;
		s.at = arrow + strlen("^-- ");
		if (!starts(s, "branch") && !starts(s, "error")) {
			log->event = p->cause;
			keep(log->happened, sizeof(log->happened), s);
		}
		break;
	default:
		break;
	}
	return true;
}

/* Is this the beginning of another log? */
static bool begins_another(struct parser *p, struct span s)
{
	bool end;

	if (!p->log->seen)
		return false;
	if ((is_mark(s, &end) && !end) || find(s, "BPF program load failed"))
		return true;
	return p->log->message[0] && (starts(s, "func#0 @") || starts(s, "0: R1="));
}

/* Returns false at the end of the log. */
static bool read_line(struct parser *p, struct span s, size_t line)
{
	struct log *log = p->log;
	struct span message = { s.end, s.end }, rest = s;
	bool end;
	int insn;

	if (starts(s, "last_idx ") || starts(s, "regs=") || starts(s, "parent "))
		p->marking = true;
	if (is_mark(s, &end)) {
		if (!end)
			forget_message(p);
		return !end || !log->seen;
	}
	if (find(s, "prog '") && find(s, "BPF program load failed")) {
		keep_between(log->program, sizeof(log->program), s, "prog '", "'");
	} else if (is_instruction(&rest, &insn)) {
		forget_message(p);
		log->seen = true;
		p->marking = false;
		read_instruction(p, rest, insn, &message);
		keep_message(p, message, line);
	} else if (in_report(p, s) || read_state(p, s)) {
		;
	} else if (rest = s, is_source(&rest, &insn)) {
		bool nowhere = find(rest, " @ ") && rest.end - rest.at > 2 &&
			       !memcmp(rest.end - 2, ":0", 2);

		/* of "16: a" and "8: b" before one message, the first is the place */
		if (!nowhere && trim(rest).at < rest.end && (insn < 0 || p->source_insn < 0)) {
			p->source = rest;
			p->source_insn = insn;
		}
	} else {
		if (starts(s, "Validating "))
			keep_between(log->function, sizeof(log->function), s, "Validating ", "()");
		if (starts(s, "Func#") && find(s, "is global and") && log->n && p->frame > 0) {
			log->steps[log->n - 1].global = true;
			p->frame--;
		}
		if (skip(&rest, "stack depth "))
			keep(log->stack, sizeof(log->stack), rest);
		keep_message(p, s, line);
	}
	if (find(s, "processed ") && find(s, " insns (limit")) {
		log->seen = log->whole = true;
		return false;
	}
	return true;
}

/* "unreachable insn 4", "infinite loop detected at insn 13": without a source
 * line the number is all there is.
 */
static void read_instruction_number(struct log *log)
{
	const char *at = strstr(log->message, "insn ");
	struct span s;
	long n;

	if (log->at.insn >= 0 || !at)
		return;
	s = span_of(at + strlen("insn "));
	if (skip_number(&s, &n))
		log->at.insn = n;
}

void read_log(struct log *log, struct span *text, size_t *line)
{
	struct parser p = { .log = log, .source_insn = -1 };
	struct span s, before = *text;

	*log = (struct log) { .at.insn = -1 };
	while (next_line(text, &s)) {
		if (begins_another(&p, s)) {
			*text = before;
			break;
		}
		before = *text;
		if (!read_line(&p, s, ++*line))
			break;
	}
	read_instruction_number(log);
	free(p.last);
}

void free_log(struct log *log)
{
	free(log->steps);
	log->steps = NULL;
}

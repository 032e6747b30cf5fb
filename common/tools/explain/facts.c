// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What follows from a log for the message that ends it. The rules choose by these facts, and name
 * them in their texts as {have}. A fact is set only when the log shows it.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "explain.h"

/* A rule that asks for another one is a mistake that no log could show. */
static const char *const names[] = {
	/* of every message */
	"reg",	 /* the register that it names: R1 */
	"arg",	 /* its number */
	"value", /* what was in it, in the kernel's words */
	"by",	 /* the helper that was called where it was lost, or that gave the value */
	"to",	 /* the helper that is called at the refused instruction */
	"how",	 /* read, written, or handed to a helper */
	/* packets */
	"packet", "meta", /* the message has numbers for a packet; for what stands before it */
	"have", "need", "byte", "missing", /* bytes */
	"short",			   /* a check has proved some bytes, and too few */
	"runaway",			   /* more than 65535 */
	"before",			   /* a byte in front of the packet */
	"unchecked",			   /* nothing has compared this pointer with data_end */
	"lengths",			   /* numbers were compared instead of pointers */
	"nothing",			   /* the check proves 0 bytes */
	"inverted",			   /* this is the way on which the packet is too short */
	"recheck",			   /* the check was made before the packet may have moved */
	"stale-end", /* the check was made with a data_end that a call has made void */
	"moved",     /* a run-time amount was added, and no check has followed */
	"other",     /* a check has followed, of another pointer */
	"far",	     /* a check has followed, but the amount may be too large for any */
	"max", "min", "limit",
	/* a number where a pointer was meant */
	"number", "stale", /* it pointed into the packet until that call */
	"released",	   /* what it pointed to was given back there */
	"calculated",	   /* it was a pointer until something was calculated with it */
	"was",		   /* what it pointed to: pkt, map_value, ... */
	"from-memory",	   /* it was read from: */
	"holder",	   /* the packet, a map, the stack, ctx */
	"null",		   /* it is 0 here */
	"constant",	   /* it is another constant */
	"result",	   /* a helper gave it */
	"argument",	   /* the function got it as an argument */
	"maybe-null",	   /* a pointer that nobody has compared with NULL */
	"got",		   /* the kind of value that was handed over */
	/* map values and other memory */
	"variable",    /* the place depends on a run-time amount */
	"negative",    /* and may be before the beginning */
	"compared",    /* the amount was compared with a constant before */
	"copy",	       /* a copy of it was, as the compiler had it */
	"second-lock", /* the refused call locks once more */
	/* exits */
	"exit", "call", /* the refused instruction */
	"loop",		/* the lines of the loop */
	"functions",	/* depths of the stack */
	"function",	/* that the message is about */
	"field",	/* of struct xdp_md */
	"store",	/* it is written to */
};

bool fact_exists(const char *name)
{
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!strcmp(names[i], name))
			return true;
	return false;
}

const char *fact(const struct facts *f, const char *name)
{
	for (size_t i = 0; i < f->n; i++)
		if (!strcmp(f->facts[i].name, name))
			return f->facts[i].value;
	return NULL;
}

void set(struct facts *f, const char *name, const char *fmt, ...)
{
	struct fact *new = &f->facts[f->n];
	va_list ap;

	if (f->n == sizeof(f->facts) / sizeof(f->facts[0]) || fact(f, name))
		return;
	f->n++;
	snprintf(new->name, sizeof(new->name), "%s", name);
	va_start(ap, fmt);
	vsnprintf(new->value, sizeof(new->value), fmt, ap);
	va_end(ap);
}

static void set_span(struct facts *f, const char *name, struct span s)
{
	char value[sizeof(f->facts[0].value)];

	keep(value, sizeof(value), s);
	set(f, name, "%s", value);
}

struct place *place(struct facts *f, const char *name)
{
	for (size_t i = 0; i < f->places_n; i++)
		if (!strcmp(f->places[i].name, name))
			return &f->places[i].place;
	return NULL;
}

static struct place *new_place(struct facts *f, const char *name)
{
	if (place(f, name) || f->places_n == sizeof(f->places) / sizeof(f->places[0]))
		return NULL;
	snprintf(f->places[f->places_n].name, sizeof(f->places[0].name), "%s", name);
	f->places[f->places_n].place = (struct place) { .insn = -1 };
	return &f->places[f->places_n++].place;
}

/* Where a step of the log stands in the source */
static void set_place(struct facts *f, const char *name, int step)
{
	struct place *new = step < 0 ? NULL : new_place(f, name);
	const struct step *s;

	if (!new)
		return;
	s = &f->log->steps[step];
	if (s->source.at)
		keep_place(new, s->source, s->insn);
	new->insn = s->insn;
}

/* --- the log, seen from its end --------------------------------------------- */

static bool says(const struct facts *f, const char *words)
{
	return strstr(f->errors, words) != NULL;
}

/* The step that was refused; -1: the log doesn't tell */
static int refused(const struct facts *f)
{
	return f->log->n && !f->log->steps[f->log->n - 1].begins ? f->log->n - 1 : -1;
}

static const struct step *step_at(const struct facts *f, int k)
{
	return &f->log->steps[k];
}

static struct code code_at(const struct facts *f, int k)
{
	return decode(f->log->steps[k].code);
}

/* The kind of a register's value before a step, found out where the log doesn't tell */
static void kind_before(const struct facts *f, int k, int reg, char *kind, size_t size)
{
	struct origin o;

	kind_of(kind, size, value_before(f->log, k, reg));
	if (kind[0])
		return;
	o = trace(f->log, k, reg);
	snprintf(kind, size, "%s", o.call >= 0 || o.math >= 0 ? "scalar" : o.was);
}

static void set_by(struct facts *f, int k)
{
	struct code c;

	if (k < 0)
		return;
	c = code_at(f, k);
	if (c.kind == CALL)
		set(f, "by", "%s()", c.name);
	else if (c.kind == CALL_PROGRAM)
		set(f, "by", "a function of yours");
}

static void about_instruction(struct facts *f)
{
	int k = refused(f);
	struct code c;

	if (k < 0) {
		set(f, "how", "used");
		return;
	}
	c = code_at(f, k);
	switch (c.kind) {
	case CALL:
		set(f, "call", "%s", "");
		set(f, "to", "%s()", c.name);
		if (!strcmp(c.name, "bpf_spin_lock"))
			set(f, "second-lock", "%s", "");
		set(f, "how", "handed to %s()", c.name);
		break;
	case CALL_PROGRAM:
		set(f, "call", "%s", "");
		set(f, "to", "%s", "a function");
		set(f, "how", "%s", "handed to a function");
		break;
	case EXIT:
		set(f, "exit", "%s", "");
		break;
	case STORE:
		set(f, "store", "%s", "");
		set(f, "how", "%s", "written");
		break;
	default:
		set(f, "how", "%s", starts(step_at(f, k)->code, "(db)") ? "changed" : "read");
	}
}

/* Each step before k on the path, the last first */
#define each_before(f, i, k)                                                                       \
	for (int i = (f)->log->steps[k].before; i >= 0; i = (f)->log->steps[i].before)

/* The last branch before the end: the way that was forgotten */
static void about_branch(struct facts *f)
{
	int end = refused(f);

	if (end < 0)
		end = f->log->n - 1;
	if (end < 0)
		return;
	each_before (f, k, end) {
		if (code_at(f, k).kind == COMPARE) {
			set_place(f, "branch", k);
			return;
		}
	}
}

/* --- packets ------------------------------------------------------------------ */

struct check {
	int step;   /* -1: none */
	bool holds; /* on this path the pointer is not behind the packet's end */
	int stale;  /* the call that made the packet's end a number; -1: it is none */
	long id, off;
	long proved;
};

/* After a comparison of two registers, taken or not: "a < b"? */
static bool is_below(const char *op, bool swapped, bool taken)
{
	bool below = strchr(op, '<') != NULL;

	if (swapped)
		below = !below;
	return taken ? below : !below;
}

static bool starts_with(const char *s, const char *begin)
{
	return !strncmp(s, begin, strlen(begin));
}

/* The call since which data_end, that is kept in this register, is a number; -1: it is none */
static int stale_end(const struct facts *f, int k, int reg)
{
	struct origin o = trace(f->log, k, reg);

	return !strcmp(o.was, "pkt_end") && (o.math < 0 || o.math > o.call) ? o.call : -1;
}

/* Is step k the comparison of a pointer into the packet with its end? next: where it went on */
static bool is_check(const struct facts *f, int k, int next, struct check *check)
{
	struct code c = code_at(f, k);
	char left[48], right[48];
	bool swapped;
	struct span value;

	if (c.kind != COMPARE || c.from < 0 || !strpbrk(c.op, "<>"))
		return false;
	kind_before(f, k, c.to, left, sizeof(left));
	kind_before(f, k, c.from, right, sizeof(right));
	*check = (struct check) { .step = k, .stale = -1 };
	if (!strcmp(left, "pkt") && !strcmp(right, "scalar"))
		check->stale = stale_end(f, k, c.from);
	else if (!strcmp(right, "pkt") && !strcmp(left, "scalar"))
		check->stale = stale_end(f, k, c.to);
	if (check->stale >= 0)
		return true;
	if (!starts_with(left, "pkt") || !starts_with(right, "pkt"))
		return false;
	/* pkt against pkt_end, or pkt_meta against pkt */
	swapped = !strcmp(left, "pkt_end") || !strcmp(right, "pkt_meta");
	if (!strcmp(left, right))
		return false;
	value = value_after(f->log, k, swapped ? c.from : c.to);
	check->holds = is_below(c.op, swapped,
				next >= 0 && next != step_at(f, k)->insn + 1 &&
					next == step_at(f, k)->insn + 1 + c.number);
	field(value, "id", &check->id);
	if (!field(value, "off", &check->off))
		field(value, "imm", &check->off);
	field(value, "r", &check->proved);
	return true;
}

/* A comparison of numbers one of which is the packet's length: the difference of two pointers */
static bool compares_length(const struct facts *f, int k, int *difference)
{
	struct code c = code_at(f, k);
	int regs[] = { c.to, c.from };

	if (c.kind != COMPARE)
		return false;
	for (int i = 0; i < 2; i++) {
		struct origin o;

		if (regs[i] < 0)
			continue;
		o = trace(f->log, k, regs[i]);
		if (!starts_with(o.was, "pkt") || o.math < 0)
			continue;
		if (strcmp(code_at(f, o.math).op, "-") || code_at(f, o.math).from < 0)
			continue;
		*difference = o.math;
		return true;
	}
	return false;
}

struct checks {
	struct check same;  /* the last check of this very pointer (or one at a fixed distance) */
	struct check proof; /* the last one that proved as many bytes as are known */
	struct check other; /* the last check of another pointer */
	struct check stale; /* the last comparison with an end that is none any more */
	int lengths, difference;
	int move;		 /* the last call behind which no check counts; -1: none */
	struct check moved_away; /* the last check before that call */
	bool whole;		 /* the search came to the function's beginning */
};

/* Is a step the first of the function, or is the log's beginning missing? */
static bool begins(const struct facts *f, int k)
{
	const struct step *s = step_at(f, k);

	return s->before < 0 && (s->begins || s->insn == 0 || f->log->function[0]);
}

static struct checks find_checks(const struct facts *f, int end, long id, long have)
{
	struct checks all = { .lengths = -1, .difference = -1, .move = -1 };
	int next = step_at(f, end)->insn, left = 5000, first = end;
	struct check check;

	all.same.step = all.proof.step = all.other.step = all.stale.step = all.moved_away.step = -1;
	each_before (f, k, end) {
		struct code c = code_at(f, k);

		if (!left--)
			break;
		first = k;
		if (is_check(f, k, next, &check)) {
			if (check.stale >= 0) {
				if (all.stale.step < 0)
					all.stale = check;
			} else if (all.move >= 0) {
				if (all.moved_away.step < 0 && check.holds)
					all.moved_away = check;
			} else if (check.id == id) {
				if (all.same.step < 0)
					all.same = check;
				if (all.proof.step < 0 && check.holds && check.proved == have)
					all.proof = check;
			} else if (all.other.step < 0) {
				all.other = check;
			}
		} else if (all.move < 0 && all.lengths < 0 &&
			   compares_length(f, k, &all.difference)) {
			all.lengths = k;
		} else if (all.move < 0 && c.kind == CALL && moves_packet(span_of(c.name))) {
			all.move = k;
		}
		if (step_at(f, k)->insn >= 0)
			next = step_at(f, k)->insn;
	}
	all.whole = left >= 0 && !gave_up() && begins(f, first);
	return all;
}

/* The largest value of a register before a step; false: the log doesn't tell */
static bool largest(const struct facts *f, int k, int reg, long *max)
{
	struct span value = value_before(f->log, k, reg);

	return field(value, "umax", max) || field(value, "umax_value", max) ||
	       field(value, "smax", max);
}

/* A number that is too large, or may be negative: its range before a step, where it comes from, and
 * whether it was compared with a constant. The compiler may compare a copy, and go on with the
 * number itself: then the verifier has learnt nothing about that one.
 */
static void about_range(struct facts *f, int step, int reg, const char *made)
{
	struct origin o = trace(f->log, step, reg), compared;
	struct span value = value_before(f->log, step, reg);
	long min, max;

	if (field(value, "smin", &min) || field(value, "smin_value", &min))
		set(f, "min", "%ld", min);
	if (largest(f, step, reg, &max) && max >= 0 && max != LONG_MAX)
		set(f, "max", "%ld", max);
	set_place(f, made, o.pointer >= 0 && o.math >= 0 ? o.math : o.step);
	if (o.step < 0)
		return;
	each_before (f, k, step) {
		struct code c = code_at(f, k);

		if (c.kind != COMPARE || c.from >= 0)
			continue;
		compared = trace(f->log, k, c.to);
		if (compared.step != o.step)
			continue;
		set(f, compared.math >= 0 && compared.math != o.math ? "copy" : "compared", "%s",
		    "");
		set_place(f, "bound", k);
		return;
	}
}

/* The pointer of the refused instruction, to which something was added on the way */
static void about_amount(struct facts *f, const struct origin *o)
{
	if (o->added < 0)
		return;
	set(f, "variable", "%s", "");
	set_place(f, "added", o->added);
	about_range(f, o->added, o->amount, "amount");
}

static void about_packet(struct facts *f)
{
	struct span message = span_of(f->errors);
	long off, size, id = 0, have = 0, reg = -1, max;
	const char *r;
	struct origin o = { .added = -1 };
	struct checks checks;
	struct span name;
	char kind[48] = "";
	int end = refused(f);

	message.at = find(message, "invalid access to packet, ");
	if (!message.at || !field(message, "off", &off) || !field(message, "size", &size))
		return;
	message.end = strchrnul(message.at, '\n');
	set(f, "packet", "%s", "");
	field(message, "id", &id);
	if (!field(message, "r", &have) || message.end[-1] != ')')
		return; /* the line was cut */
	r = find(message, ", R");
	if (r) {
		name = span_of(r + 3);
		skip_number(&name, &reg);
	}
	set(f, "have", "%ld", have);
	set(f, "need", "%ld", off + size);
	set(f, "byte", "%ld", off + size - 1);
	set(f, "missing", "%ld", off + size - have);
	if (off < 0) {
		set(f, "before", "%s", "");
		return;
	}
	if (end < 0 || reg < 0 || reg > 10)
		return;
	kind_before(f, end, reg, kind, sizeof(kind));
	if (!strcmp(kind, "pkt_meta"))
		set(f, "meta", "%s", "");
	o = trace(f->log, end, reg);
	about_amount(f, &o);
	checks = find_checks(f, end, id, have);
	set_place(f, "other", checks.other.step);

	if (off + size > 65535 || have >= 65535) {
		set(f, "runaway", "%s", "");
		set_place(f, "check", checks.same.step);
	} else if (have > 0) {
		set(f, "short", "%s", "");
		set_place(f, "check",
			  checks.proof.step >= 0 ? checks.proof.step : checks.same.step);
	} else if (checks.same.step >= 0) {
		set_place(f, "check", checks.same.step);
		if (!checks.same.holds)
			set(f, "inverted", "%s", "");
		else if (id == 0 && checks.same.off <= 0)
			set(f, "nothing", "%s", "");
		else if (id && fact(f, "max") &&
			 (max = atol(fact(f, "max")), max + off + size >= 65535))
			set(f, "far", "%s", "");
	} else if (checks.stale.step >= 0) {
		set(f, "stale-end", "%s", "");
		set_place(f, "check", checks.stale.step);
		set_place(f, "call", checks.stale.stale);
		set_by(f, checks.stale.stale);
	} else if (checks.moved_away.step >= 0) {
		set(f, "recheck", "%s", "");
		set_place(f, "check", checks.moved_away.step);
		set_place(f, "call", checks.move);
		set_by(f, checks.move);
	} else if (id) {
		if (o.added < 0)
			return;
		set(f, "moved", "%s", "");
		if (checks.other.step > o.added) {
			set(f, "other", "%s", "");
			set_place(f, "check", checks.other.step);
		}
	} else if (checks.lengths >= 0) {
		set(f, "lengths", "%s", "");
		set_place(f, "check", checks.lengths);
		set_place(f, "length", checks.difference);
	} else if (checks.whole) {
		set(f, "unchecked", "%s", "");
	}
}

/* --- registers ------------------------------------------------------------------ */

/* The register that the message names; -1: none */
static int named_register(const struct facts *f)
{
	for (const char *at = f->errors; (at = strchr(at, 'R')); at++) {
		if ((at == f->errors || strchr(" \n,(", at[-1])) && isdigit((unsigned char)at[1])) {
			long n = strtol(at + 1, NULL, 10);

			return n <= 10 ? n : -1;
		}
	}
	return -1;
}

static const char *holder_of(const char *kind)
{
	return starts_with(kind, "pkt")		? "the packet"
	       : starts_with(kind, "map_value") ? "a map or a global variable"
	       : starts_with(kind, "fp")	? "the stack"
	       : starts_with(kind, "ctx")	? "ctx"
						: NULL;
}

/* A number stands where a pointer was meant: what has become of the pointer? */
static void about_number(struct facts *f, const struct origin *o)
{
	long value;
	struct code c;
	char base[48];
	struct span now = value_before(f->log, refused(f), named_register(f));

	set(f, "number", "%s", "");
	skip(&now, "P");
	skip(&now, "inv");
	skip(&now, "P");
	if (skip_number(&now, &value) && now.at == now.end) {
		set(f, value ? "constant" : "null", "%ld", value);
		if (value)
			set_place(f, "made", o->math >= 0 ? o->math : o->step);
		each_before (f, k, refused(f)) {
			c = code_at(f, k);
			if (!value && c.kind == COMPARE && c.from < 0 &&
			    trace(f->log, k, c.to).step == o->step) {
				set_place(f, "check", k);
				break;
			}
		}
		if (o->pointer >= 0)
			set(f, "was", "%s", o->was);
		return;
	}
	if (o->pointer >= 0) {
		set(f, "was", "%s", o->was);
		if (o->math >= 0 && (o->call < 0 || o->math < o->call)) {
			set(f, "calculated", "%s", "");
			set_place(f, "made", o->math);
		} else if (o->call >= 0) {
			set(f, starts_with(o->was, "pkt") ? "stale" : "released", "%s", "");
			set_place(f, "call", o->call);
			set_by(f, o->call);
		}
		return;
	}
	set_place(f, "made", o->step);
	switch (o->from) {
	case MEMORY:
		c = code_at(f, o->step);
		kind_before(f, o->step, c.from, base, sizeof(base));
		if (holder_of(base)) {
			set(f, "from-memory", "%s", "");
			set(f, "holder", "%s", holder_of(base));
		}
		break;
	case RESULT:
		if (code_at(f, o->step).kind == CALL)
			set(f, "result", "%s", "");
		set_by(f, o->step);
		break;
	case ARGUMENT:
		set(f, "argument", "%s", "");
		break;
	case NUMBER:
		value = code_at(f, o->step).number;
		if (o->math < 0)
			set(f, value ? "constant" : "null", "%ld", value);
		break;
	default:
		break;
	}
}

/* "math between pkt pointer and register ..." names none: it is the number that is added */
static void about_sum(struct facts *f)
{
	int end = refused(f);
	struct code c;
	char kind[48];

	if (end < 0)
		return;
	c = code_at(f, end);
	if (c.kind != MATH || c.from < 0)
		return;
	kind_before(f, end, c.from, kind, sizeof(kind));
	about_range(f, end, starts_with(kind, "scalar") || !kind[0] ? c.from : c.to, "amount");
}

static bool is_number(const char *kind)
{
	return !strcmp(kind, "scalar") || !strcmp(kind, "inv");
}

static void about_register(struct facts *f)
{
	int reg = named_register(f), end = refused(f);
	char kind[64] = "";
	struct origin o;
	struct span value;

	if (reg < 0) {
		about_sum(f);
		return;
	}
	set(f, "reg", "R%d", reg);
	if (reg >= 1 && reg <= 5)
		set(f, "arg", "%d", reg);
	if (end < 0)
		return;
	value = value_before(f->log, end, reg);
	if (value.at < value.end)
		set_span(f, "value", value);
	if (!keep_between(kind, sizeof(kind), span_of(f->errors), "type=", " expected"))
		keep_between(kind, sizeof(kind), span_of(f->errors), "mem access '", "'");
	if (!kind[0])
		kind_of(kind, sizeof(kind), value);
	set(f, "got", "%s", kind);
	o = trace(f->log, end, reg);
	if (strstr(kind, "_or_null")) {
		set(f, "maybe-null", "%s", "");
		if (o.from == RESULT) {
			set_place(f, "made", o.step);
			set_by(f, o.step);
		}
	} else if (is_number(kind) && (says(f, "invalid mem access") || says(f, "type="))) {
		about_number(f, &o);
	} else if (is_number(kind) || !kind[0] || says(f, "zero-sized")) {
		about_range(f, end, reg, "made");
	} else {
		about_amount(f, &o);
		if (o.from == RESULT)
			set_by(f, o.step);
	}
	if (says(f, "min value is negative"))
		set(f, "negative", "%s", "");
}

/* --- exits, locks, references ------------------------------------------------------ */

static void about_call_named(struct facts *f, const char *name, const char *as)
{
	int end = refused(f);

	if (end < 0)
		return;
	each_before (f, k, end) {
		struct code c = code_at(f, k);

		if (c.kind == CALL && starts_with(c.name, name)) {
			set_place(f, as, k);
			return;
		}
	}
}

static void about_exit(struct facts *f)
{
	const char *at = strstr(f->errors, "alloc_insn=");
	int end = refused(f);

	about_branch(f);
	about_call_named(f, "bpf_spin_lock", "lock");
	if (!at || end < 0)
		return;
	each_before (f, k, end) {
		if (step_at(f, k)->insn == atoi(at + strlen("alloc_insn=")) &&
		    !step_at(f, k)->begins) {
			set_place(f, "made", k);
			set_by(f, k);
			return;
		}
	}
}

/* --- loops, stack, ctx ----------------------------------------------------------------- */

/* The lines between the last jump back and where it leads to */
static void about_loop(struct facts *f)
{
	unsigned int first = 0, last = 0;
	int jump = -1, target = -1;

	for (int k = f->log->n - 1; k >= 0 && jump < 0; k = step_at(f, k)->before) {
		struct code c = code_at(f, k);

		if (c.kind == JUMP) {
			struct span s = step_at(f, k)->code;

			s.at = find(s, "goto pc");
			if (!s.at)
				continue;
			s.at += strlen("goto pc");
			skip(&s, "+");
			skip_number(&s, &c.number);
		} else if (c.kind != COMPARE) {
			continue;
		}
		if (c.number < 0) {
			jump = k;
			target = step_at(f, k)->insn + 1 + c.number;
		}
	}
	if (jump < 0)
		return;
	set_place(f, "loop", jump);
	each_before (f, k, jump) {
		struct place p;

		if (step_at(f, k)->insn < target)
			break;
		if (!step_at(f, k)->source.at)
			continue;
		keep_place(&p, step_at(f, k)->source, -1);
		if (p.line && (!first || p.line < first))
			first = p.line;
		if (p.line > last)
			last = p.line;
	}
	if (first && first < last)
		set(f, "loop", "%u-%u", first, last);
	else if (first)
		set(f, "loop", "%u", first);
}

static void about_context(struct facts *f)
{
	static const char *const fields[] = { "data",		"data_end",
					      "data_meta",	"ingress_ifindex",
					      "rx_queue_index", "egress_ifindex" };
	long off;

	if (says(f, "invalid bpf_context access") && field(span_of(f->errors), "off", &off) &&
	    off >= 0 && off % 4 == 0 && off / 4 < 6)
		set(f, "field", "%s", fields[off / 4]);
}

/* The function that the message is about. */
static void about_function(struct facts *f)
{
	struct span errors = span_of(f->errors);
	char name[128] = "";

	if (!keep_between(name, sizeof(name), errors, " ('", "')") || strchr(name, ' '))
		if (!keep_between(name, sizeof(name), errors, " in ", "() is not") &&
		    !keep_between(name, sizeof(name), errors, "Global function ", "()") &&
		    !keep_between(name, sizeof(name), errors, "recursive call from ", "()"))
			snprintf(name, sizeof(name), "%s", f->log->function);
	if (!name[0] || strchr(name, ' '))
		return;
	set(f, "function", "%s", name);
	new_place(f, "function") /* source.c finds it by its name */;
}

void find_facts(struct facts *f)
{
	if (!f->log)
		return;
	begin_traces();
	about_instruction(f);
	about_packet(f);
	if (!fact(f, "packet"))
		about_register(f);
	else if (named_register(f) >= 0)
		set(f, "reg", "R%d", named_register(f));
	if (says(f, "read_ok") || fact(f, "null") || says(f, "Unreleased") || says(f, "lock") ||
	    says(f, "EXIT") || says(f, "reference leak"))
		about_exit(f);
	if (says(f, "loop") || says(f, "too large") || says(f, "too complex") ||
	    says(f, "back-edge"))
		about_loop(f);
	about_context(f);
	about_function(f);
	if (f->log->stack[0])
		set(f, "functions", "%s", f->log->stack);
}

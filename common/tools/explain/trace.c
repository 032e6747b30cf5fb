// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Back along the path that the verifier walked: what was in a register, and where it came from. */
#define _GNU_SOURCE
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "explain.h"

enum { FP = 10 };

/* --- instructions --------------------------------------------------------- */

/* "r1", "w1"; -1: none */
static int skip_register(struct span *s, bool *half)
{
	struct span t = *s;
	long n;

	if (!skip(&t, "r") && !skip(&t, "w"))
		return -1;
	if (!skip_number(&t, &n) || n < 0 || n > 11)
		return -1;
	*half |= s->at[0] == 'w';
	*s = t;
	return n;
}

/* "*(u8 *)(r1 +13)" */
static bool skip_memory(struct span *s, int *reg, long *off)
{
	const char *open;
	struct span t = *s;
	bool half = false;

	skip(&t, "*");
	if (!starts(t, "(") || !(open = find(t, ")(")))
		return false;
	t.at = open + 2;
	*reg = skip_register(&t, &half);
	if (*reg < 0)
		return false;
	t = trim(t);
	skip(&t, "+");
	if (!skip_number(&t, off) || !skip(&t, ")"))
		return false;
	*s = t;
	return true;
}

/* "+= ", "s>>= ", "= " */
static bool skip_operator(struct span *s, char op[8])
{
	size_t n = 0;

	while (s->at < s->end && strchr("s+-*/%&|^<>=!", *s->at) && n < 7)
		op[n++] = *s->at++;
	op[n] = '\0';
	return n > 0 && skip(s, " ");
}

static void decode_jump(struct code *c, struct span s)
{
	c->kind = JUMP;
	c->to = skip_register(&s, &c->half);
	s = trim(s);
	if (c->to < 0 || !skip_operator(&s, c->op))
		return;
	c->kind = COMPARE;
	c->from = skip_register(&s, &c->half);
	s.at = find(s, "goto pc");
	if (!s.at)
		return;
	s.at += strlen("goto pc");
	skip(&s, "+");
	skip_number(&s, &c->number);
}

static void decode_call(struct code *c, struct span s)
{
	const char *hash;

	if (starts(s, "pc")) {
		c->kind = CALL_PROGRAM;
		return;
	}
	c->kind = CALL;
	hash = find(s, "#");
	if (hash)
		s.end = hash;
	keep(c->name, sizeof(c->name), s);
}

/* "r3 += 13", "r1 = *(u8 *)(r1 +13)", "*(u8 *)(r6 +13) = r1" */
static void decode_math(struct code *c, struct span s)
{
	bool half = false;

	if (skip_memory(&s, &c->to, &c->number)) {
		c->kind = STORE;
		s = trim(s);
		if (skip_operator(&s, c->op))
			c->from = skip_register(&s, &half);
		return;
	}
	c->to = skip_register(&s, &c->half);
	s = trim(s);
	if (c->to < 0 || !skip_operator(&s, c->op))
		return;
	if (strcmp(c->op, "=")) {
		c->kind = MATH;
		c->op[strlen(c->op) - 1] = '\0';
		c->from = skip_register(&s, &c->half);
		if (c->from < 0)
			skip_number(&s, &c->number);
		return;
	}
	if (starts(s, "*(")) {
		c->kind = LOAD;
		skip_memory(&s, &c->from, &c->number);
		return;
	}
	c->from = skip_register(&s, &c->half);
	s = trim(s);
	if (c->from >= 0 && s.at == s.end) {
		c->kind = COPY;
	} else if (skip_number(&s, &c->number) && s.at == s.end) {
		c->kind = SET;
	} else if (starts(s, "map") || starts(s, "subprog")) {
		c->kind = SET;
	} else { /* "r6 = -r6", "r1 = be16 r1", "r1 = atomic64_fetch_add(...)", "r1 = (s8)r2" */
		c->kind = MATH;
		snprintf(c->op, sizeof(c->op), "?");
	}
}

struct code decode(struct span s)
{
	struct code c = { .kind = OTHER, .to = -1, .from = -1 };

	if (s.end - s.at < 5 || s.at[0] != '(' || s.at[3] != ')')
		return c;
	s.at += 5;
	s = trim(s);
	if (skip(&s, "if "))
		decode_jump(&c, s);
	else if (starts(s, "goto") || starts(s, "may_goto"))
		c.kind = JUMP;
	else if (skip(&s, "call "))
		decode_call(&c, s);
	else if (equal(s, "exit"))
		c.kind = EXIT;
	else if (!starts(s, "lock"))
		decode_math(&c, s);
	return c;
}

static bool writes(const struct code *c, int reg)
{
	switch (c->kind) {
	case SET:
	case COPY:
	case LOAD:
	case MATH:
		return c->to == reg;
	case CALL:
	case CALL_PROGRAM:
		return reg <= 5;
	default:
		return false;
	}
}

/* Packet data may move in these, so that all pointers to it are void. */
bool moves_packet(struct span name)
{
	static const char *const begins[] = {
		"bpf_xdp_adjust", "bpf_skb_vlan",	"bpf_skb_change",
		"bpf_skb_adjust", "bpf_skb_pull",	"bpf_skb_store_bytes",
		"bpf_l3_csum",	  "bpf_l4_csum",	"bpf_clone_redirect",
		"bpf_lwt_",	  "bpf_skb_set_tunnel", "bpf_msg_",
		"bpf_sk_reset",	  "bpf_set_hash",
	};

	for (size_t i = 0; i < sizeof(begins) / sizeof(begins[0]); i++)
		if (starts(name, begins[i]))
			return true;
	return false;
}

/* --- values ---------------------------------------------------------------- */

/* "R1=ctx() R2_w=pkt(off=0,r=0) R10=fp0 fp-8=mmmm????" */
static struct span in_states(struct span s, int reg)
{
	struct span none = { s.at, s.at }, value;
	long n;

	while (s.at < s.end) {
		bool wanted = false;
		int depth = 0;

		s = trim(s);
		if (skip(&s, "R") && skip_number(&s, &n)) {
			if (skip(&s, "_"))
				while (s.at < s.end && islower((unsigned char)s.at[0]))
					s.at++;
			wanted = skip(&s, "=") && n == reg;
		}
		value = s;
		while (s.at < s.end && (depth || *s.at != ' ')) {
			depth += (*s.at == '(') - (*s.at == ')');
			s.at++;
		}
		value.end = s.at;
		if (wanted)
			return value;
	}
	return none;
}

/* A loop of many thousand turns is not worth seconds: what lies further back stays unknown. */
static long left;

void begin_traces(void)
{
	left = 2 << 20;
}

bool gave_up(void)
{
	return left <= 0;
}

/* From this step on, backwards */
static struct span value_at(const struct log *log, int k, int reg, int frame)
{
	struct span none = { log->message, log->message }, value;
	bool entered = false; /* going back, the function's beginning was just passed */
	bool moved = false;

	for (; k >= 0 && left-- > 0; k = log->steps[k].before) {
		const struct step *s = &log->steps[k];
		struct code c;

		if (s->frame > frame) {
			c = decode(s->code);
			moved = moved || (c.kind == CALL && moves_packet(span_of(c.name)));
			continue;
		}
		if (s->frame < frame) {
			if (reg < 1 || reg > 5)
				return none;
			frame = s->frame;
			entered = true;
		}
		value = in_states(s->states, reg);
		/* the kernel doesn't say which pointers a call has made void */
		if (value.at < value.end)
			return moved && starts(value, "pkt") ? none : value;
		if (s->begins)
			continue;
		c = decode(s->code);
		moved = moved || (c.kind == CALL && moves_packet(span_of(c.name)));
		if (entered && (c.kind == CALL_PROGRAM || c.kind == CALL)) {
			if (c.kind == CALL) /* a helper called back */
				return none;
			entered = false;
			continue;
		}
		if (!writes(&c, reg))
			continue;
		if (c.kind != COPY || c.half)
			return none;
		reg = c.from;
	}
	return none;
}

struct span value_before(const struct log *log, int step, int reg)
{
	return value_at(log, log->steps[step].before, reg, log->steps[step].frame);
}

struct span value_after(const struct log *log, int step, int reg)
{
	const struct step *next = &log->steps[step + 1];

	/* 5.10 writes the registers on the next line */
	if (step + 1 < log->n && next->begins && next->before == step)
		step++;
	return value_at(log, step, reg, log->steps[step].frame);
}

void kind_of(char *to, size_t size, struct span s)
{
	struct span word = s;

	if (s.at < s.end && *s.at == 'P') /* its exact value mattered */
		s.at++;
	if (starts(s, "scalar") || starts(s, "inv") || starts(s, "-") ||
	    (s.at < s.end && isdigit((unsigned char)*s.at))) {
		snprintf(to, size, "scalar");
		return;
	}
	s = word;
	while (s.at < s.end && *s.at != '(' && *s.at != '-' && !isdigit((unsigned char)*s.at))
		s.at++;
	word.end = s.at;
	keep(to, size, word);
}

/* In "scalar(smin=smin32=0,smax=umax=smax32=umax32=255)", umax is 255. */
bool field(struct span s, const char *name, long *n)
{
	size_t size = strlen(name);

	for (const char *at = s.at; (at = memmem(at, s.end - at, name, size)); at++) {
		struct span rest = { at + size, s.end };

		if (at > s.at && (isalnum((unsigned char)at[-1]) || at[-1] == '_'))
			continue;
		while (skip(&rest, "=")) {
			if (skip_number(&rest, n))
				return true;
			while (rest.at < rest.end &&
			       (isalnum((unsigned char)*rest.at) || *rest.at == '_'))
				rest.at++;
		}
	}
	return false;
}

/* --- origins ---------------------------------------------------------------- */

static bool is_pointer(const char *kind)
{
	return kind[0] && strcmp(kind, "scalar");
}

/* What ctx holds at these offsets, in an XDP program and in one for tc */
static const char *loaded_from_context(const struct code *c)
{
	switch (c->number) {
	case 0:
	case 76:
		return "pkt";
	case 4:
	case 80:
		return "pkt_end";
	case 8:
	case 140:
		return "pkt_meta";
	}
	return "";
}

struct trace {
	const struct log *log;
	struct origin o;
	int reg, frame;
	bool entered;		   /* the function's beginning was just passed */
	int moved, released, math; /* the earliest such instructions seen, while going back */
	bool spilled;		   /* the value is on the stack now: */
	long slot;
};

/* The value was a pointer after step k; what was seen before that, going back, came later. */
static void was_pointer(struct trace *t, int k, const char *kind)
{
	struct origin *o = &t->o;

	if (o->pointer >= 0)
		return;
	o->pointer = k;
	snprintf(o->was, sizeof(o->was), "%s", kind);
	o->call = starts(span_of(kind), "pkt") ? t->moved : t->released;
	o->math = t->math;
}

static bool ends(struct trace *t, int k, int from)
{
	t->o.from = from;
	t->o.step = k;
	t->o.reg = t->reg;
	if (t->o.pointer < 0)
		t->o.math = t->math;
	return true;
}

static bool releases(struct span name)
{
	return find(name, "submit") || find(name, "discard") || find(name, "release") ||
	       find(name, "_put") || find(name, "_drop") || find(name, "_delete");
}

static void saw_call(struct trace *t, int k, const struct code *c)
{
	if (c->kind == CALL && moves_packet(span_of(c->name)))
		t->moved = k;
	else if (c->kind == CALL_PROGRAM && t->log->steps[k].global && t->moved < 0)
		t->moved = k;
	else if (c->kind == CALL && releases(span_of(c->name)))
		t->released = k;
}

/* A pointer and a number are added: go on with the pointer. */
static void added(struct trace *t, int k, const struct code *c)
{
	char left[48], right[48];

	kind_of(left, sizeof(left), value_before(t->log, k, c->to));
	kind_of(right, sizeof(right), value_before(t->log, k, c->from));
	if (!is_pointer(left) && is_pointer(right))
		t->reg = c->from;
	else if (!is_pointer(left) && !is_pointer(right) && left[0])
		return; /* two numbers */
	if (t->o.added < 0) {
		t->o.added = k;
		t->o.amount = t->reg == c->to ? c->from : c->to;
	}
}

/* Returns true where the value was made. */
static bool trace_step(struct trace *t, int k, const struct code *c)
{
	char base[48];

	if (t->spilled) {
		saw_call(t, k, c);
		if (c->kind != STORE || c->to != FP || c->number != t->slot)
			return false;
		t->spilled = false;
		t->reg = c->from;
		return c->from < 0 ? ends(t, k, NUMBER) : false;
	}
	if (c->kind == CALL || c->kind == CALL_PROGRAM) {
		if (t->reg == 0)
			return ends(t, k, RESULT);
		if (t->reg <= 5)
			return ends(t, k, NOWHERE);
		saw_call(t, k, c);
		return false;
	}
	if (!writes(c, t->reg))
		return false;
	switch (c->kind) {
	case COPY:
		if (c->half)
			t->math = k;
		t->reg = c->from;
		return false;
	case MATH:
		if (!strcmp(c->op, "+") && c->from >= 0 && !c->half)
			added(t, k, c);
		else if (c->half || c->from >= 0 || (strcmp(c->op, "+") && strcmp(c->op, "-")))
			t->math = k;
		return false;
	case LOAD:
		if (c->from == FP) {
			t->spilled = true;
			t->slot = c->number;
			return false;
		}
		kind_of(base, sizeof(base), value_before(t->log, k, c->from));
		if ((!base[0] || !strcmp(base, "ctx")) && *loaded_from_context(c) &&
		    t->o.pointer < 0 && trace(t->log, k, c->from).from == ARGUMENT)
			was_pointer(t, k, loaded_from_context(c));
		return ends(t, k, MEMORY);
	case SET:
		return ends(t, k, starts(t->log->steps[k].code, "(18)") ? ADDRESS : NUMBER);
	default:
		return false;
	}
}

struct origin trace(const struct log *log, int step, int reg)
{
	struct trace t = {
		.log = log,
		.o = { NOWHERE, -1, -1, "", -1, -1, -1, -1, -1 },
		.reg = reg,
		.frame = log->steps[step].frame,
		.moved = -1,
		.released = -1,
		.math = -1,
	};
	char kind[48];

	for (int k = log->steps[step].before; k >= 0 && left-- > 0; k = log->steps[k].before) {
		const struct step *s = &log->steps[k];
		struct code c = decode(s->code);

		if (s->frame > t.frame) {
			/* a function that has returned: the result is its own R0 */
			saw_call(&t, k, &c);
			if (s->begins || c.kind != EXIT || t.reg != 0 || s->frame != t.frame + 1)
				continue;
			t.frame = s->frame;
		} else if (s->frame < t.frame) {
			/* here it was called: what it was given */
			if (t.reg < 1 || t.reg > 5 || t.spilled)
				break;
			t.frame = s->frame;
			t.entered = true;
		}
		if (t.entered && c.kind == CALL_PROGRAM) {
			t.entered = false;
			continue;
		}
		if (t.entered && c.kind == CALL) /* by a helper: bpf_loop() */
			break;
		if (!t.spilled) {
			kind_of(kind, sizeof(kind), in_states(s->states, t.reg));
			if (is_pointer(kind))
				was_pointer(&t, k, kind);
		}
		if (!s->begins && trace_step(&t, k, &c))
			return t.o;
	}
	if (gave_up())
		return t.o;
	ends(&t, -1, t.reg >= 1 && t.reg <= 5 ? ARGUMENT : NOWHERE);
	return t.o;
}

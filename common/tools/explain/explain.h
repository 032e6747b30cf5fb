/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* explain: what the verifier meant.
 *
 *   object ── load.c ──> kernel ──> log          a log, pasted
 *                                    │               │  text.c: off with colours and prefixes
 *                                    ▼               ▼
 *                       log.c: lines ──> steps: instruction, registers, source line
 *                                    │
 *                      trace.c: back along the path that was walked
 *                                    │
 *                      facts.c: what follows for this message: names with values, and places
 *                                    │
 *                      rules, rules.c: the first record whose message and facts fit
 *                                    ▼
 *                      report.c: a dozen lines        source.c: where a line stands (.BTF.ext)
 *
 * A log is a walk through the program:
 *
 *   ; return *(char *)data; @ hello.bpf.c:21       the source line
 *   1: (71) r0 = *(u8 *)(r1 +0)                    the instruction
 *   invalid access to packet, off=0 size=1, ...    what is wrong: the decisive line
 *   R1 offset is outside of the packet             and what follows from it
 *   processed 2 insns (limit 1000000) ...
 *
 * It says where a proof was needed. Where it was lost is for us to find.
 */
#ifndef EXPLAIN_H
#define EXPLAIN_H

#include <stdbool.h>
#include <stddef.h>

enum { LOADS, BAD_USE, REFUSED, ENVIRONMENT }; /* exit statuses */

/* --- text.c: a piece of text, not ended by a zero byte ------------------ */

struct span {
	const char *at, *end;
};

struct span span_of(const char *s);
struct span trim(struct span s);
/* Each moves the beginning of s past what it names, or returns false. */
bool skip(struct span *s, const char *prefix);
bool skip_number(struct span *s, long *n); /* with a sign, or 0x; saturates */
bool starts(struct span s, const char *prefix);
const char *find(struct span s, const char *needle); /* NULL: not in it */
bool equal(struct span s, const char *text);
/* Copies it as a string. What is no text becomes a blank: a program's author may have put escapes
 * for the terminal into a source line.
 */
void keep(char *to, size_t size, struct span s);
/* Copies what stands between the two marks; false: they are not there. */
bool keep_between(char *to, size_t size, struct span s, const char *open, const char *close);
/* The next line of a text, without its end; false: there is none. */
bool next_line(struct span *text, struct span *line);
/* Takes carriage returns, escapes of the terminal, and what a logger or a quotation put in front
 * of every line out of a pasted text, in place, where there is room for one byte more. Returns its
 * new size.
 */
size_t clean(char *text, size_t size);

__attribute__((format(printf, 1, 2))) void complain(const char *fmt, ...);

/* --- log.c: a log, line by line ----------------------------------------- */

/* A place in the source. line 0: not known; text empty: not known */
struct place {
	char file[256], text[256];
	unsigned int line;
	int insn; /* the instruction there; -1: not known */
};

/* One instruction that was walked through, or one state that was begun with. */
struct step {
	int insn;
	int before;	    /* the step before it on this path; -1: here a function begins */
	int frame;	    /* 0 the program, 1 a function that it calls, ... */
	bool begins;	    /* no instruction: a state, as at "from 13 to 19:" */
	bool global;	    /* the call of a function that is verified on its own */
	struct span code;   /* "(71) r1 = *(u8 *)(r1 +13)" */
	struct span states; /* the registers after it, as far as the log tells: R1=... */
	struct span source; /* the line of the source */
};

struct log {
	struct step *steps;
	int n, room;

	char program[128];   /* as libbpf names it */
	char function[128];  /* the one that is verified on its own, when the log says so */
	char message[512];   /* the decisive line, the first of: */
	char errors[2048];   /* all that stands behind the last instruction and is no state */
	size_t message_line; /* in the text, from 1 */
	struct place at;     /* of the refused instruction */
	char stack[64];	     /* "304+304", the depths of the functions, of log level 4 */

	/* the report of kernel 7.3 and later */
	char kernel[256]; /* "Memory Safety: Access outside bounds" */
	char reason[512];
	struct place event; /* the last thing on its path that was no branch */
	char happened[256]; /* and what it was */

	bool seen, whole; /* it was a verifier's log, and had its last line */
};

/* Reads the next log in *text, and moves *text behind it; line counts on. */
void read_log(struct log *log, struct span *text, size_t *line);
void free_log(struct log *log);
/* "text @ file:line", or text alone */
void keep_place(struct place *p, struct span source, int insn);

/* --- trace.c: back along the path --------------------------------------- */

/* What an instruction does, as far as a trace needs it; from its text in the log. */
struct code {
	enum { OTHER, SET, COPY, LOAD, STORE, MATH, COMPARE, JUMP, CALL, CALL_PROGRAM, EXIT } kind;
	int to;	       /* register that is written, or compared, or stored to; -1: none */
	int from;      /* register on the right; -1: a number */
	long number;   /* that number; the offset of LOAD and STORE; the jump's distance */
	char op[8];    /* "+", "s>>", ">=", ... */
	char name[64]; /* of the helper */
	bool half;     /* of 32 bits: w1 */
};

struct code decode(struct span code);

bool moves_packet(struct span name); /* a helper */

/* A register's value as the log words it: "pkt(off=14,r=14)", "scalar()", "map_value_or_null(...)";
 * an empty span: not told.
 */
struct span value_before(const struct log *log, int step, int reg);
struct span value_after(const struct log *log, int step, int reg);
/* What kind of value: the word before the bracket, "scalar" for numbers of whatever kernel. */
void kind_of(char *to, size_t size, struct span value);
/* The field's number, as off in "pkt(off=14,r=14)"; false: not there */
bool field(struct span value, const char *name, long *n);

/* Where a value comes from. */
struct origin {
	enum { NOWHERE, NUMBER, MEMORY, RESULT, ARGUMENT, ADDRESS } from;
	int step;     /* that made it; -1: none */
	int pointer;  /* the last step where it was still a pointer; -1: it never was */
	char was[48]; /* the kind of that pointer */
	int call;     /* the call behind that step that took it away; -1: none */
	int math;     /* the first instruction that calculated with the pointer; -1: none */
	int added;    /* the last step that added a register to it; -1: none */
	int amount;   /* that register */
	int reg;      /* where it was at the origin; -1: none */
};

struct origin trace(const struct log *log, int step, int reg);
void begin_traces(void);
bool gave_up(void); /* there was too much to trace: no conclusion from what was not found */

/* --- facts.c: what is known about a refusal ------------------------------ */

struct fact {
	char name[16];
	char value[224]; /* empty: it is so, there is nothing more to say */
};

struct facts {
	const char *object;	   /* NULL: only a log, from standard input */
	const char *log_path;	   /* NULL: not written */
	size_t log_lines, at_line; /* at_line 0: not known */
	bool log_cut;		   /* the whole log is longer than log_path */
	int err;		   /* 0: not loaded here */
	enum stage { VERIFIER, LIBBPF, ATTACH, COMPILER } stage;

	const struct log *log; /* NULL: it was no verifier who refused */
	char program[128];
	char message[512]; /* the decisive line */
	char errors[2048];
	struct place at;

	struct fact facts[48];
	size_t n;
	struct {
		char name[16];
		struct place place;
	} places[16];
	size_t places_n;
};

/* Fills in what follows from the log. */
void find_facts(struct facts *f);
const char *fact(const struct facts *f, const char *name); /* NULL: it is not so */
bool fact_exists(const char *name);			   /* is it one of ours? */
__attribute__((format(printf, 3, 4))) void set(struct facts *f, const char *name, const char *fmt,
					       ...);
struct place *place(struct facts *f, const char *name); /* NULL: not known */

/* --- source.c ----------------------------------------------------------- */

/* Completes the places by the line information in the object. */
void find_source(struct facts *f);

/* --- rules.c ------------------------------------------------------------ */

struct rule {
	char id[32];
	enum stage stage;
	struct span lines; /* the record */
};

/* The first rule that fits; false: not in the catalogue. */
bool choose(struct facts *f, struct rule *rule);
/* The text of a key, its {names} replaced by facts: of several lines with that key the first of
 * which all facts are known. Returns NULL when there is none, else a string to free. With where,
 * the text begins with the name of a place: a known one, "here" for that of the refused
 * instruction, or "-" for none (NULL).
 */
char *text_of(struct facts *f, const struct rule *rule, const char *key, struct place **where);

/* --- load.c, report.c --------------------------------------------------- */

int explain_object(const char *object, const char *log_path);
int explain_text(const char *object);
extern bool show_fix;
void report(struct facts *f);

#endif

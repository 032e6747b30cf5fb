// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The one place that turns facts into lines. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "explain.h"

enum { MARGIN = 10 };

bool show_fix;

/* How long a line may be: 100 columns, or the fewer that COLUMNS allows */
static size_t columns(void)
{
	const char *text = getenv("COLUMNS");
	size_t n = text ? strtoul(text, NULL, 10) : 0;

	return n >= 40 && n < 100 ? n : 100;
}

/* "known     13 bytes ...", broken into lines */
static void entry(const char *label, const char *text)
{
	bool colour = isatty(STDOUT_FILENO) && !getenv("NO_COLOR");
	size_t column = MARGIN;

	printf("%s%-*s%s", colour ? "\033[1m" : "", MARGIN, label, colour ? "\033[0m" : "");
	while (*text) {
		size_t word = strcspn(text, " ");

		if (column > MARGIN && column + 1 + word > columns()) {
			printf("\n%*s", MARGIN, "");
			column = MARGIN;
		} else if (column > MARGIN) {
			putchar(' ');
			column++;
		}
		printf("%.*s", (int)word, text);
		column += word;
		text += word + strspn(text + word, " ");
	}
	putchar('\n');
}

/* Lines that are quoted stay in one piece: they are looked for, and copied. */
static void quote(const char *label, const char *text)
{
	bool colour = isatty(STDOUT_FILENO) && !getenv("NO_COLOR");

	printf("%s%-*s%s%s\n", colour ? "\033[1m" : "", MARGIN, label, colour ? "\033[0m" : "",
	       text);
}

static bool is_known(const struct place *p)
{
	return p->line || p->text[0];
}

/* "prog.bpf.c:16: if (x)", or what of it is known */
static void quote_place(const char *label, const struct place *p)
{
	char line[sizeof(p->file) + sizeof(p->text) + 16];

	if (p->line)
		snprintf(line, sizeof(line), "%s:%u%s%s", p->file, p->line, p->text[0] ? ": " : "",
			 p->text);
	else
		snprintf(line, sizeof(line), "%s", p->text);
	quote(label, line);
}

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

static void report_refusal(const struct facts *f)
{
	const char *name = strerrorname_np(f->err);

	if (f->err && f->stage == VERIFIER)
		printf("%-*sprogram '%s' of %s: %s (%s: %s)\n", MARGIN, "refused", f->program,
		       basename(f->object), strerror(f->err), name ? name : "unknown",
		       meaning(f->err));
	else if (f->err)
		printf("%-*s%s, before the verifier saw it: %s\n", MARGIN, "refused",
		       basename(f->object), f->message);
	else if (f->program[0])
		printf("%-*sprogram '%s'\n", MARGIN, "refused", f->program);
}

static bool report_text(struct facts *f, const struct rule *rule, const char *key)
{
	char *text = text_of(f, rule, key, NULL);

	if (text)
		entry(key, text);
	free(text);
	return text != NULL;
}

static bool same_place(const struct place *a, const struct place *b)
{
	if (a->line && b->line)
		return a->line == b->line && !strcmp(a->file, b->file);
	return a->text[0] && !strcmp(a->text, b->text);
}

/* Where the proof was lost, which is where the mistake is */
static void report_place(struct facts *f, const struct rule *rule)
{
	struct place *where;
	char *text = text_of(f, rule, "lost", &where);

	if (!text)
		return;
	if (!where || !is_known(where)) {
		entry("lost", text);
	} else if (where == &f->at || same_place(where, &f->at)) {
		char *here;

		if (asprintf(&here, "in this line: %s", text) >= 0) {
			entry("lost", here);
			free(here);
		}
	} else {
		quote_place("lost", where);
		entry("", text);
	}
	free(text);
}

static void report_rule(struct facts *f, const struct rule *rule)
{
	char *lab = text_of(f, rule, "lab", NULL), *learn;

	report_text(f, rule, "what");
	report_text(f, rule, "known");
	report_text(f, rule, "needed");
	report_place(f, rule);
	report_text(f, rule, "hint");
	if (!show_fix)
		entry("fix", "explain --fix tells it");
	else
		report_text(f, rule, "fix");
	if (asprintf(&learn, "lab %s; %s in docs/verifier.md", lab ? lab : "", rule->id) >= 0) {
		quote("learn", learn);
		free(learn);
	}
	free(lab);
}

static void report_instruction(const struct facts *f)
{
	const struct step *s = f->log && f->log->n ? &f->log->steps[f->log->n - 1] : NULL;
	char code[256];

	if (!s || s->begins)
		return;
	keep(code, sizeof(code), s->code);
	printf("%-*s%d: %s\n", MARGIN, "insn", s->insn, code);
}

/* No explanation is better than a wrong one: what the log holds, and no more. */
static void report_unknown(struct facts *f)
{
	char text[256];
	const struct log *log = f->log;

	entry("what", "not in the catalogue: these are the facts, and no guess");
	if (fact(f, "reg") && fact(f, "value")) {
		snprintf(text, sizeof(text), "%s=%s", fact(f, "reg"), fact(f, "value"));
		quote("known", text);
	}
	if (log && !log->whole)
		entry("note",
		      "the log has no end (processed ... insns): the decisive line may be missing");
	if (log && log->reason[0])
		entry("reason", log->reason);
	if (log && log->happened[0]) {
		quote_place("before", &log->event);
		entry("", log->happened);
	}
}

void report(struct facts *f)
{
	struct rule rule;
	bool known = f->message[0] && choose(f, &rule);

	report_refusal(f);
	if (is_known(&f->at))
		quote_place("line", &f->at);
	if (f->message[0])
		report_instruction(f);
	if (known)
		report_rule(f, &rule);
	else if (f->message[0])
		report_unknown(f);
	if (f->stage == VERIFIER)
		quote("verifier", f->message[0]
					  ? f->message
					  : "(the log was cut before the verifier gave a reason)");
	else if (!f->err)
		quote("message", f->message);
	if (f->log && f->log->kernel[0])
		quote("kernel", f->log->kernel);
	if (f->log_path) {
		printf("%-*s%s (", MARGIN, "log", f->log_path);
		if (f->log_cut)
			printf("%zu lines, a part of it: the whole is longer)\n", f->log_lines);
		else if (f->at_line)
			printf("line %zu of %zu)\n", f->at_line, f->log_lines);
		else
			printf("%zu lines)\n", f->log_lines);
	}
}

// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The catalogue: which rule fits, and what it says. The file `rules` stands in the program itself,
 * so that a copy of the program is enough.
 */
#define _GNU_SOURCE
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "explain.h"

asm(".pushsection .rodata\n"
    "rules_begin:\n"
    ".incbin \"common/tools/explain/rules\"\n"
    "rules_end:\n"
    ".popsection\n");
extern const char rules_begin[], rules_end[];

/* "what     A byte is read ..." : the key, and what stands behind it */
static bool next_entry(struct span *text, struct span *key, struct span *value)
{
	struct span line;

	if (!next_line(text, &line))
		return false;
	*key = *value = line;
	while (key->at < key->end && value->at < value->end && *value->at != ' ')
		value->at++;
	key->end = value->at;
	*value = trim(*value);
	return true;
}

/* The records are parted by empty lines; those that begin with # are comments. */
static bool next_rule(struct span *text, struct rule *rule)
{
	struct span key, value, before = *text;
	bool in = false;

	*rule = (struct rule) { .stage = VERIFIER };
	for (; next_entry(text, &key, &value); before = *text) {
		if (equal(key, "rule")) {
			in = true;
			rule->lines.at = before.at;
			keep(rule->id, sizeof(rule->id), value);
		} else if (in && key.at == key.end) {
			break;
		} else if (equal(key, "from")) {
			rule->stage = equal(value, "libbpf")	 ? LIBBPF
				      : equal(value, "attach")	 ? ATTACH
				      : equal(value, "compiler") ? COMPILER
								 : VERIFIER;
		}
		rule->lines.end = text->at;
	}
	return in;
}

/* Fits a message, and are all facts so? Keeps what stands in its brackets as {1} to {9}. */
static bool matches(struct facts *f, const struct rule *rule, struct span pattern)
{
	char expression[512], name[4], value[sizeof(f->facts[0].value)];
	regmatch_t match[10];
	const char *line, *end;
	regex_t regex;
	int error;

	keep(expression, sizeof(expression), pattern);
	error = regcomp(&regex, expression, REG_EXTENDED | REG_NEWLINE);
	if (error) {
		complain("rule %s: message: not an expression: %s", rule->id, expression);
		return false;
	}
	error = regexec(&regex, f->errors, 10, match, 0);
	regfree(&regex);
	if (error)
		return false;
	for (int i = 1; i < 10; i++) {
		if (match[i].rm_so < 0)
			continue;
		snprintf(name, sizeof(name), "%d", i);
		keep(value, sizeof(value),
		     (struct span) { f->errors + match[i].rm_so, f->errors + match[i].rm_eo });
		set(f, name, "%s", value);
	}
	/* what was not known to be decisive before is so now */
	line = memrchr(f->errors, '\n', match[0].rm_so);
	line = line ? line + 1 : f->errors;
	end = strchrnul(line, '\n');
	keep(f->message, sizeof(f->message), (struct span) { line, end });
	return true;
}

static bool is_so(struct facts *f, const struct rule *rule, struct span words)
{
	bool so = true;

	while (words = trim(words), words.at < words.end) {
		struct span word = words;
		bool not = skip(&word, "!");
		char name[32];

		while (words.at < words.end && *words.at != ' ')
			words.at++;
		word.end = words.at;
		keep(name, sizeof(name), word);
		if (!fact_exists(name))
			complain("rule %s: when: there is no fact %s", rule->id, name);
		so = so && (fact(f, name) != NULL) != not ;
	}
	return so;
}

bool choose(struct facts *f, struct rule *rule)
{
	struct span all = { rules_begin, rules_end }, lines, key, value;

	while (next_rule(&all, rule)) {
		struct span message = { NULL, NULL };
		bool so = rule->stage == f->stage;

		for (lines = rule->lines; next_entry(&lines, &key, &value);) {
			if (equal(key, "message"))
				message = value;
			else if (equal(key, "when"))
				so = is_so(f, rule, value) && so;
		}
		if (so && message.at && matches(f, rule, message))
			return true;
	}
	return false;
}

/* "{have} bytes" with its facts; NULL: one is not known */
static char *fill_in(const struct facts *f, struct span text)
{
	char *out = NULL, name[32];
	const char *value;
	size_t size;
	FILE *to = open_memstream(&out, &size);
	bool known = to != NULL;

	for (; known && text.at < text.end; text.at++) {
		const char *close =
			*text.at == '{' ? memchr(text.at, '}', text.end - text.at) : NULL;

		if (!close) {
			fputc(*text.at, to);
			continue;
		}
		keep(name, sizeof(name), (struct span) { text.at + 1, close });
		value = fact(f, name);
		known = value != NULL;
		fputs(value ? value : "", to);
		text.at = close;
		if (known && !strcmp(value, "1") &&
		    starts((struct span) { close + 1, text.end }, " bytes")) {
			fputs(" byte", to);
			text.at = close + strlen(" bytes");
		}
	}
	if (to)
		fclose(to);
	if (known)
		return out;
	free(out);
	return NULL;
}

char *text_of(struct facts *f, const struct rule *rule, const char *wanted, struct place **where)
{
	struct span lines = rule->lines, key, value;
	char *text, name[32];

	while (next_entry(&lines, &key, &value)) {
		if (!equal(key, wanted))
			continue;
		if (where) {
			struct span word = value;

			while (value.at < value.end && *value.at != ' ')
				value.at++;
			word.end = value.at;
			value = trim(value);
			keep(name, sizeof(name), word);
			*where = equal(word, "here") ? &f->at : place(f, name);
			if (!*where && !equal(word, "-"))
				continue;
		}
		text = fill_in(f, value);
		if (text)
			return text;
	}
	return NULL;
}

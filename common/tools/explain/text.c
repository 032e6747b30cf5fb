// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Pieces of text, and a pasted text made clean. */
#define _GNU_SOURCE
#include <ctype.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "explain.h"

void complain(const char *fmt, ...)
{
	va_list ap;

	fflush(stdout);
	fputs("explain: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
}

struct span span_of(const char *s)
{
	return (struct span) { s, s + strlen(s) };
}

struct span trim(struct span s)
{
	while (s.at < s.end && isspace((unsigned char)s.at[0]))
		s.at++;
	while (s.at < s.end && isspace((unsigned char)s.end[-1]))
		s.end--;
	return s;
}

bool skip(struct span *s, const char *prefix)
{
	size_t n = strlen(prefix);

	if ((size_t)(s->end - s->at) < n || memcmp(s->at, prefix, n))
		return false;
	s->at += n;
	return true;
}

bool starts(struct span s, const char *prefix)
{
	return skip(&s, prefix);
}

bool skip_number(struct span *s, long *n)
{
	struct span t = *s;
	bool minus = skip(&t, "-"), hex = skip(&t, "0x");
	const char *at = t.at;
	unsigned long value = 0, base = hex ? 16 : 10;

	for (; t.at < t.end && (hex ? isxdigit : isdigit)((unsigned char)t.at[0]); t.at++) {
		int c = tolower((unsigned char)t.at[0]);

		if (__builtin_mul_overflow(value, base, &value) ||
		    __builtin_add_overflow(value, c <= '9' ? c - '0' : c - 'a' + 10, &value))
			value = ULONG_MAX;
	}
	if (t.at == at)
		return false;
	/* 0xffffffff80000000 is how the kernel writes a negative number */
	*n = hex ? (long)value : value > LONG_MAX ? LONG_MAX : (long)value;
	if (minus)
		*n = *n == LONG_MIN ? LONG_MAX : -*n;
	s->at = t.at;
	return true;
}

const char *find(struct span s, const char *needle)
{
	return s.at < s.end ? memmem(s.at, s.end - s.at, needle, strlen(needle)) : NULL;
}

bool equal(struct span s, const char *text)
{
	return skip(&s, text) && s.at == s.end;
}

void keep(char *to, size_t size, struct span s)
{
	size_t n = 0;

	for (s = trim(s); s.at < s.end && n < size - 1; s.at++)
		to[n++] = iscntrl((unsigned char)*s.at) ? ' ' : *s.at;
	to[n] = '\0';
}

bool keep_between(char *to, size_t size, struct span s, const char *open, const char *close)
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

bool next_line(struct span *text, struct span *line)
{
	const char *newline;

	if (text->at >= text->end)
		return false;
	newline = memchr(text->at, '\n', text->end - text->at);
	*line = (struct span) { text->at, newline ? newline : text->end };
	text->at = newline ? newline + 1 : text->end;
	return true;
}

/* --- a pasted text ------------------------------------------------------- */

/* Escape sequences, carriage returns, zero bytes; a "\n" of two characters, as in JSON, becomes
 * a line's end when the text has no other.
 */
static size_t strip(char *text, size_t size)
{
	bool quoted = !memchr(text, '\n', size > 0 ? size - 1 : 0);
	size_t n = 0;

	for (size_t i = 0; i < size; i++) {
		char next = i + 1 < size ? text[i + 1] : '\0';

		if (text[i] == '\033' && next == '[') {
			for (i += 2; i < size && !isalpha((unsigned char)text[i]); i++)
				;
		} else if (quoted && text[i] == '\\' && strchr("nt\"", next) && next) {
			text[n++] = next == 'n' ? '\n' : next == 't' ? '\t' : '"';
			i++;
		} else if (text[i] != '\r' && text[i] != '\0') {
			text[n++] = text[i];
		}
	}
	return n;
}

/* Where "7: (71) " stands in the line; NULL: it is no instruction */
static const char *instruction_in(struct span line)
{
	for (const char *at = line.at; (at = memmem(at, line.end - at, ": (", 3)); at++) {
		const char *number = at;

		if (line.end - at < 6 || !isxdigit((unsigned char)at[3]) ||
		    !isxdigit((unsigned char)at[4]) || at[5] != ')')
			continue;
		while (number > line.at && isdigit((unsigned char)number[-1]))
			number--;
		if (number < at)
			return number;
	}
	return NULL;
}

/* Moves line behind a prefix like this one: numbers and blanks may be longer or shorter. */
static bool skip_like(struct span *line, struct span prefix)
{
	struct span s = *line;

	while (prefix.at < prefix.end) {
		int (*class)(int) = isdigit((unsigned char)*prefix.at) ? isdigit : isblank;
		const char *at = s.at;

		if (!class((unsigned char)*prefix.at)) {
			if (s.at == s.end || *s.at++ != *prefix.at++)
				return false;
			continue;
		}
		while (prefix.at < prefix.end && class((unsigned char)*prefix.at))
			prefix.at++;
		while (s.at < s.end && class((unsigned char)*s.at))
			s.at++;
		if (class == isdigit && s.at == at)
			return false;
	}
	*line = s;
	return true;
}

/* What stands before the first instruction, or before "processed" where there is none */
static struct span prefix_of(struct span text)
{
	struct span line, prefix = { text.at, text.at };

	while (next_line(&text, &line)) {
		const char *at = instruction_in(line);

		if (at) {
			prefix = (struct span) { line.at, at };
			if (find(prefix, "before ") || find(prefix, "Live"))
				continue;
			break;
		}
		at = find(line, "processed ");
		if (at && at > line.at && find(line, " insns (limit")) {
			prefix = (struct span) { line.at, at };
			break;
		}
	}
	return prefix;
}

size_t clean(char *text, size_t size)
{
	struct span all, line, prefix;
	char *mark, *to = text;

	size = strip(text, size);
	all = (struct span) { text, text + size };
	prefix = prefix_of(all);
	mark = strndup(prefix.at, prefix.end - prefix.at);
	if (!mark || !*mark) {
		free(mark);
		return size;
	}
	while (next_line(&all, &line)) {
		if (!skip(&line, mark))
			skip_like(&line, span_of(mark));
		memmove(to, line.at, line.end - line.at);
		to += line.end - line.at;
		*to++ = '\n';
	}
	free(mark);
	return to - text;
}

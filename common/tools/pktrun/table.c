// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* pktrun: tables of frames and what shall become of them. README.md beside pktrun.c tells the
 * notation; here is how it is read:
 *
 *   name = WORD...                          bytes that later lines call $name
 *   WORD... -> VERDICT [WORD...]  # what    a row: the frame, its verdict, the frame that comes out
 *
 * Each WORD works on the bytes that the words before it have built: it adds some, overwrites some
 * (@), or sets their number (/).
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <linux/bpf.h>
#include <linux/if_ether.h>

#include "pktrun.h"

#define LONGEST 131072 /* bytes of a frame; more than any kernel runs by hand */
#define MOST	262144 /* rows, names: what is longer is no table that a person wrote */

struct bytes {
	__u8 *data;
	__u8 *matters; /* for each byte, 0: written as ??, it may be any */
	__u32 len, room;
};

struct name {
	char *text;
	struct bytes bytes;
};

struct reader {
	const char *path;
	__u32 line;
	struct table *table;
	struct name *names;
	__u32 name_count;
	/* the capture that was read last: a table takes one frame after another from it */
	char *capture;
	struct frames frames;
};

__attribute__((format(printf, 2, 3))) static bool bad(const struct reader *r, const char *fmt, ...)
{
	char text[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	for (char *c = text; *c; c++)
		if (!isprint((unsigned char)*c))
			*c = '?';
	complain("%s:%u: %s", r->path, r->line, text);
	return false;
}

/* --- bytes ------------------------------------------------------------- */

static bool resize(const struct reader *r, struct bytes *b, __u64 len)
{
	__u32 room = b->room;
	__u8 *data, *matters;

	if (len > LONGEST)
		return bad(r, "more than %d bytes", LONGEST);
	if (len > room) {
		room = 2 * len + 64;
		data = realloc(b->data, room);
		if (data)
			b->data = data;
		matters = realloc(b->matters, room);
		if (matters)
			b->matters = matters;
		if (!data || !matters)
			return bad(r, "%s", strerror(ENOMEM));
		b->room = room;
	}
	if (len > b->len) {
		memset(b->data + b->len, 0, len - b->len);
		memset(b->matters + b->len, 1, len - b->len);
	}
	b->len = len;
	return true;
}

static bool add(const struct reader *r, struct bytes *b, const void *data, const void *matters,
		__u32 len)
{
	__u32 at = b->len;

	if (!resize(r, b, (__u64)at + len))
		return false;
	if (!len)
		return true;
	memcpy(b->data + at, data, len);
	if (matters)
		memcpy(b->matters + at, matters, len);
	return true;
}

static void drop_bytes(struct bytes *b)
{
	free(b->data);
	free(b->matters);
	*b = (struct bytes) {};
}

/* --- words ------------------------------------------------------------- */

static bool decimal(const char *text, __u64 most, __u64 *value)
{
	__u64 n = 0;

	if (!*text)
		return false;
	for (; *text; text++) {
		if (!isdigit((unsigned char)*text))
			return false;
		n = n * 10 + (*text - '0');
		if (n > most)
			return false;
	}
	*value = n;
	return true;
}

static int digit(char c)
{
	return isdigit((unsigned char)c) ? c - '0' : tolower((unsigned char)c) - 'a' + 10;
}

/* 0800, ???? and 02:00:00:00:01:02: pairs, with a colon between all of them, or none. */
static bool is_pairs(const char *word)
{
	size_t n = strlen(word), step = n > 2 && word[2] == ':' ? 3 : 2;

	if (n % step != (step == 3 ? 2 : 0) || !n)
		return false;
	for (size_t i = 0; i < n; i++) {
		if (i % step == 2) {
			if (word[i] != ':')
				return false;
		} else if (!isxdigit((unsigned char)word[i]) && word[i] != '?') {
			return false;
		}
	}
	/* a byte is known, or it is not */
	for (size_t i = 0; i + 1 < n; i += step)
		if ((word[i] == '?') != (word[i + 1] == '?'))
			return false;
	return true;
}

static bool add_pairs(const struct reader *r, struct bytes *b, const char *word)
{
	size_t step = strlen(word) > 2 && word[2] == ':' ? 3 : 2;

	for (; word[0] && word[1]; word += word[2] ? step : 2) {
		__u8 matters = word[0] != '?';
		__u8 byte = matters ? digit(word[0]) << 4 | digit(word[1]) : 0;

		if (!add(r, b, &byte, &matters, 1))
			return false;
	}
	return true;
}

/* u8=17, u16=53, u32=7: in the order of the network */
static bool add_number(const struct reader *r, struct bytes *b, const char *word)
{
	const char *text = strchr(word, '=') + 1;
	int size = word[1] == '8' ? 1 : word[1] == '1' ? 2 : 4;
	__u64 most = (1ULL << size * 8) - 1, value;
	__u8 byte[4];

	if (!decimal(text, most, &value))
		return bad(r, "%s: not a number from 0 to %llu", word, (unsigned long long)most);
	for (int i = 0; i < size; i++)
		byte[i] = value >> 8 * (size - 1 - i);
	return add(r, b, byte, NULL, size);
}

static const struct bytes *find_name(const struct reader *r, const char *text)
{
	for (__u32 i = 0; i < r->name_count; i++)
		if (!strcmp(r->names[i].text, text))
			return &r->names[i].bytes;
	return NULL;
}

/* A path in a table is meant from the folder in which the table is. NULL: no memory. */
static char *beside(const char *table, const char *path, size_t len)
{
	const char *slash = *path == '/' ? NULL : strrchr(table, '/');
	char *whole;

	if (asprintf(&whole, "%.*s%.*s", slash ? (int)(slash + 1 - table) : 0, table, (int)len,
		     path) < 0)
		return NULL;
	return whole;
}

/* pcap=FILE:N, frame N of a capture */
static bool add_captured(struct reader *r, struct bytes *b, const char *word)
{
	const char *path = word + strlen("pcap="), *colon = strrchr(path, ':');
	const struct frame *f;
	char *whole;
	__u64 n;

	if (!colon || colon == path || !decimal(colon + 1, UINT32_MAX, &n) || !n)
		return bad(r, "%s: frame 3 of a capture is written pcap=FILE:3", word);
	whole = beside(r->path, path, colon - path);
	if (!whole)
		return bad(r, "%s", strerror(ENOMEM));
	if (!strcmp(whole, "-")) {
		free(whole);
		return bad(r, "%s: a capture in a table is a file", word);
	}
	if (!r->capture || strcmp(r->capture, whole)) {
		free(r->capture);
		frames_free(&r->frames);
		r->frames = (struct frames) {};
		r->capture = whole;
		if (frames_read(whole, &r->frames)) {
			free(r->capture);
			r->capture = NULL;
			return bad(r, "%s: can't be read", word);
		}
	} else {
		free(whole);
	}
	if (n > r->frames.count)
		return bad(r, "%s: that capture has %u frames", word, r->frames.count);
	f = &r->frames.list[n - 1];
	if (f->hdr.caplen < f->hdr.len)
		return bad(r, "%s: only %u bytes of it were captured", word, f->hdr.caplen);
	return add(r, b, f->data, NULL, f->hdr.caplen);
}

static bool add_word(struct reader *r, struct bytes *b, const char *word);

/* @12=86dd: other bytes at that offset */
static bool overwrite(struct reader *r, struct bytes *b, const char *word)
{
	const char *equals = strchr(word, '=');
	struct bytes other = {};
	char at[16] = "";
	__u64 offset;
	bool ok;

	if (equals && equals - word < (long)sizeof(at))
		memcpy(at, word + 1, equals - word - 1);
	if (!decimal(at, LONGEST, &offset))
		return bad(r, "%s: other bytes at offset 12 are written @12=BYTES", word);
	if (equals[1] == '@' || equals[1] == '/')
		return bad(r, "%s: behind the = belong bytes", word);
	ok = add_word(r, &other, equals + 1);
	if (ok && offset + other.len > b->len)
		ok = bad(r, "%s: there are only %u bytes before it", word, b->len);
	if (ok && other.len) {
		memcpy(b->data + offset, other.data, other.len);
		memcpy(b->matters + offset, other.matters, other.len);
	}
	drop_bytes(&other);
	return ok;
}

static bool add_word(struct reader *r, struct bytes *b, const char *word)
{
	__u8 address[16];
	__u64 len;

	if (is_pairs(word))
		return add_pairs(r, b, word);
	if (inet_pton(AF_INET, word, address) == 1)
		return add(r, b, address, NULL, 4);
	if (inet_pton(AF_INET6, word, address) == 1)
		return add(r, b, address, NULL, 16);
	if (!strncmp(word, "u8=", 3) || !strncmp(word, "u16=", 4) || !strncmp(word, "u32=", 4))
		return add_number(r, b, word);
	if (!strncmp(word, "pcap=", 5))
		return add_captured(r, b, word);
	if (*word == '@')
		return overwrite(r, b, word);
	if (*word == '/') {
		if (!decimal(word + 1, LONGEST, &len))
			return bad(r, "%s: a length is written /60", word);
		return resize(r, b, len);
	}
	if (*word == '$') {
		const struct bytes *named = find_name(r, word + 1);

		if (!named)
			return bad(r, "%s: no line above says %s = ...", word, word + 1);
		return add(r, b, named->data, named->matters, named->len);
	}
	return bad(r,
		   "%s: neither bytes in hex (two digits each), nor an address, u16=53, $name, "
		   "pcap=FILE:3, @12=BYTES, /60",
		   word);
}

/* --- lines ------------------------------------------------------------- */

static bool add_name(struct reader *r, const char *text, char **rest)
{
	struct name *names, name = {};
	char *word;

	for (const char *c = text; *c; c++)
		if (!isalnum((unsigned char)*c) && *c != '_' && *c != '-')
			return bad(r, "%s: a name is made of letters, digits, _ and -", text);
	if (find_name(r, text))
		return bad(r, "%s has a meaning already", text);
	if (r->name_count >= MOST)
		return bad(r, "more than %d names", MOST);
	while ((word = strtok_r(NULL, " \t\r\n", rest))) {
		if (!add_word(r, &name.bytes, word)) {
			drop_bytes(&name.bytes);
			return false;
		}
	}
	names = realloc(r->names, (r->name_count + 1) * sizeof(*names));
	if (names)
		r->names = names;
	name.text = strdup(text);
	if (!names || !name.text) {
		free(name.text);
		drop_bytes(&name.bytes);
		return bad(r, "%s", strerror(ENOMEM));
	}
	names[r->name_count++] = name;
	return true;
}

static bool read_verdict(const struct reader *r, const char *word, __u32 *verdict)
{
	static const char *const names[] = { "ABORTED", "DROP", "PASS", "TX", "REDIRECT" };
	const char *name = strncasecmp(word, "XDP_", 4) ? word : word + 4;
	__u64 n;

	for (__u32 i = 0; i < sizeof(names) / sizeof(*names); i++) {
		if (!strcasecmp(name, names[i])) {
			*verdict = i;
			return true;
		}
	}
	if (!decimal(word, UINT32_MAX, &n))
		return bad(r, "%s: no verdict: PASS, DROP, TX, REDIRECT, ABORTED, or a number",
			   word);
	*verdict = n;
	return true;
}

/* What is behind the verdict. Nothing: the frame leaves as it came, or it doesn't leave. */
static bool read_want(struct reader *r, struct row *row, struct bytes *want, char **rest)
{
	bool leaves =
		row->verdict == XDP_PASS || row->verdict == XDP_TX || row->verdict == XDP_REDIRECT;
	char *word = strtok_r(NULL, " \t\r\n", rest);

	if (word ? !strcmp(word, "any") : !leaves) {
		if (word && strtok_r(NULL, " \t\r\n", rest))
			return bad(r, "any: nothing stands behind it");
		return true;
	}
	if (!word || !strcmp(word, "same")) {
		if (!add(r, want, row->frame.data, NULL, row->frame.hdr.caplen))
			return false;
		word = strtok_r(NULL, " \t\r\n", rest);
	}
	for (; word; word = strtok_r(NULL, " \t\r\n", rest))
		if (!add_word(r, want, word))
			return false;
	row->want = want->data;
	row->matters = want->matters;
	row->want_len = want->len;
	*want = (struct bytes) {};
	return true;
}

/* The words from `word` on. `what` becomes the row's. */
static bool read_row(struct reader *r, char *word, char **rest, struct row *row)
{
	struct bytes frame = {}, want = {};
	bool ok = true;

	for (; ok && word && strcmp(word, "->"); word = strtok_r(NULL, " \t\r\n", rest))
		ok = add_word(r, &frame, word);
	row->frame.data = frame.data;
	row->frame.hdr.caplen = row->frame.hdr.len = frame.len;
	if (ok && !word)
		ok = bad(r, "neither NAME = BYTES nor FRAME -> VERDICT");
	for (__u32 i = 0; ok && i < frame.len; i++)
		if (!frame.matters[i])
			ok = bad(r, "byte %u of the frame is ??: only what comes out may be so", i);
	free(frame.matters);
	if (ok && frame.len < ETH_HLEN)
		ok = bad(r, "a frame of %u bytes: the kernel wants %d, an Ethernet header",
			 frame.len, ETH_HLEN);
	word = ok ? strtok_r(NULL, " \t\r\n", rest) : NULL;
	if (ok && !word)
		ok = bad(r, "no verdict behind ->");
	ok = ok && read_verdict(r, word, &row->verdict) && read_want(r, row, &want, rest);
	drop_bytes(&want);
	return ok;
}

static void free_row(struct row *row)
{
	free(row->what);
	free(row->frame.data);
	free(row->want);
	free(row->matters);
}

static char *trimmed(const char *text)
{
	size_t len;

	text += strspn(text, " \t\r\n");
	len = strlen(text);
	while (len && isspace((unsigned char)text[len - 1]))
		len--;
	return strndup(text, len);
}

static bool add_row(struct reader *r, char *word, char **rest, char *what)
{
	struct row row = { .line = r->line, .what = what };
	struct table *t = r->table;
	struct row *rows;

	if (!read_row(r, word, rest, &row)) {
		free_row(&row);
		return false;
	}
	rows = t->count < MOST ? realloc(t->rows, (t->count + 1) * sizeof(*rows)) : NULL;
	if (!rows) {
		free_row(&row);
		return bad(r, "too many rows");
	}
	t->rows = rows;
	rows[t->count++] = row;
	return true;
}

/* One line, without its end. It is cut to pieces. */
static bool read_line(struct reader *r, char *line)
{
	char *hash = strchr(line, '#'), *rest, *word, *what;

	if (hash)
		*hash++ = '\0';
	what = trimmed(hash && hash[strspn(hash, " \t\r\n")] ? hash : line);
	if (!what)
		return bad(r, "%s", strerror(ENOMEM));
	word = strtok_r(line, " \t\r\n", &rest);
	if (word && strcmp(word, "->") && rest && rest[strspn(rest, " \t")] == '=') {
		char *equals = rest + strspn(rest, " \t");

		if (equals[1] == ' ' || equals[1] == '\t' || !equals[1]) {
			free(what);
			strtok_r(NULL, " \t\r\n", &rest);
			return add_name(r, word, &rest);
		}
	}
	if (word)
		return add_row(r, word, &rest, what);
	free(what);
	return true;
}

static int read_file(struct reader *r, FILE *file)
{
	size_t room = 0;
	ssize_t len;
	char *line = NULL;
	bool ok = true;

	while (ok && (len = getline(&line, &room, file)) >= 0) {
		r->line++;
		ok = memchr(line, '\0', len) ? bad(r, "a byte of value 0: this is no text")
					     : read_line(r, line);
	}
	free(line);
	if (ok && ferror(file)) {
		complain("%s: %s", r->path, strerror(errno));
		ok = false;
	}
	return ok ? ALL_RAN : BAD_INPUT;
}

int table_read(const char *path, struct table *table)
{
	struct reader r = { .path = path, .table = table };
	FILE *file = strcmp(path, "-") ? fopen(path, "re") : stdin;
	int ret;

	if (!file) {
		complain("%s: %s", path, strerror(errno));
		return BAD_INPUT;
	}
	ret = read_file(&r, file);
	if (!ret && !table->count) {
		complain("%s: no row in it: FRAME -> VERDICT", path);
		ret = BAD_INPUT;
	}
	if (file != stdin)
		fclose(file);
	for (__u32 i = 0; i < r.name_count; i++) {
		free(r.names[i].text);
		drop_bytes(&r.names[i].bytes);
	}
	free(r.names);
	free(r.capture);
	frames_free(&r.frames);
	return ret;
}

void table_free(struct table *table)
{
	for (__u32 i = 0; i < table->count; i++)
		free_row(&table->rows[i]);
	free(table->rows);
}

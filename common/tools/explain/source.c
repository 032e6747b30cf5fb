// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Where a line stands in the source, out of the object's .BTF.ext. */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <linux/bpf.h>

#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "explain.h"

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
	char only[128]; /* the object's program, if it has one alone */
	int programs;
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

static const char *function_name(const struct source *s, const struct bpf_func_info *info)
{
	const struct btf_type *t = btf__type_by_id(s->btf, info->type_id);
	const char *name = t ? btf__name_by_offset(s->btf, t->name_off) : NULL;

	return name ? name : "";
}

struct search {
	const struct source *s;
	const struct place *p;
	const char *function; /* where this one starts: */
	char section[128];
	long from, upto; /* bytes; -1: not known */

	const struct bpf_line_info *best;
	unsigned int matches; /* different lines that match */
};

static unsigned int line_of(const struct bpf_line_info *info)
{
	return BPF_LINE_INFO_LINE_NUM(info->line_col);
}

static void count_programs(void *ctx, const char *sec, const void *rec)
{
	struct source *s = ctx;

	if (!strcmp(sec, ".text"))
		return;
	s->programs++;
	snprintf(s->only, sizeof(s->only), "%s", function_name(s, rec));
}

static void find_function(void *ctx, const char *sec, const void *rec)
{
	const struct bpf_func_info *info = rec;
	struct search *p = ctx;

	if (p->from >= 0 && p->upto < 0 && !strcmp(sec, p->section))
		p->upto = info->insn_off; /* the next function */
	if (p->from < 0 && !strcmp(function_name(p->s, info), p->function)) {
		p->from = info->insn_off;
		snprintf(p->section, sizeof(p->section), "%s", sec);
	}
}

/* The kernel names only the last part of the path: find the whole. */
static void match_line(void *ctx, const char *sec, const void *rec)
{
	const struct bpf_line_info *info = rec;
	struct search *p = ctx;
	const char *file = btf__name_by_offset(p->s->btf, info->file_name_off);

	(void)sec;
	if (file && line_of(info) == p->p->line && !strcmp(basename(file), p->p->file))
		p->best = info;
}

static bool same_text(const struct search *p, const struct bpf_line_info *info)
{
	const char *text = btf__name_by_offset(p->s->btf, info->line_off);
	char clean[sizeof(p->p->text)];

	if (!text)
		return false;
	keep(clean, sizeof(clean), span_of(text));
	return !strcmp(clean, p->p->text);
}

static void match_text(void *ctx, const char *sec, const void *rec)
{
	const struct bpf_line_info *info = rec;
	struct search *p = ctx;

	(void)sec;
	if (!line_of(info) || !same_text(p, info))
		return;
	if (!p->best || line_of(p->best) != line_of(info))
		p->matches++;
	p->best = info;
}

static void match_instruction(void *ctx, const char *sec, const void *rec)
{
	const struct bpf_line_info *info = rec;
	struct search *p = ctx;
	long at = p->from + p->p->insn * (long)sizeof(struct bpf_insn);

	if (strcmp(sec, p->section) || info->insn_off < p->from || !line_of(info))
		return;
	if (p->p->insn < 0) { /* only the function is known: its first line */
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

static void complete(const struct source *s, const char *function, struct place *place)
{
	const struct ext_header *h = s->hdr;
	struct search p = { .s = s, .p = place, .function = function, .from = -1, .upto = -1 };
	const char *file, *text;

	if (place->line) {
		each_record(s, h->line_info_off, h->line_info_len, match_line, &p);
	} else if (place->text[0]) {
		each_record(s, h->line_info_off, h->line_info_len, match_text, &p);
		if (p.matches > 1)
			p.best = NULL;
	}
	if (!p.best && !place->line && function[0]) {
		each_record(s, h->func_info_off, h->func_info_len, find_function, &p);
		if (p.from >= 0)
			each_record(s, h->line_info_off, h->line_info_len, match_instruction, &p);
		/* the log may be of another build of this source */
		if (p.best && place->text[0] && !same_text(&p, p.best))
			p.best = NULL;
	}
	if (!p.best)
		return;

	file = btf__name_by_offset(s->btf, p.best->file_name_off);
	text = btf__name_by_offset(s->btf, p.best->line_off);
	if (file)
		snprintf(place->file, sizeof(place->file), "%s", shorten(file));
	place->line = line_of(p.best);
	if (text && !place->text[0])
		keep(place->text, sizeof(place->text), span_of(text));
}

static void complete_all(struct facts *f, struct source *s)
{
	const char *function = f->log->function[0] ? f->log->function : f->program;

	each_record(s, s->hdr->func_info_off, s->hdr->func_info_len, count_programs, s);
	if (!function[0] && s->programs == 1)
		function = s->only;
	if (f->at.line || f->at.text[0] || f->at.insn >= 0 || f->log->function[0])
		complete(s, function, &f->at);
	for (size_t i = 0; i < f->places_n; i++) {
		struct place *p = &f->places[i].place;

		if (!strcmp(f->places[i].name, "function"))
			complete(s, fact(f, "function"), p);
		else
			complete(s, function, p);
	}
}

void find_source(struct facts *f)
{
	struct source s = {};
	__u32 size;

	if (!f->object || !f->log)
		return;
	s.btf = btf__parse(f->object, &s.ext);
	if (!s.btf)
		return;
	s.hdr = s.ext ? btf_ext__get_raw_data(s.ext, &size) : NULL;
	if (s.hdr)
		complete_all(f, &s);
	btf_ext__free(s.ext);
	btf__free(s.btf);
}

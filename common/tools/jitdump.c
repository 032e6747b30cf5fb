// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* jitdump: the machine code that the kernel made of a loaded program.
 *
 *   kernel ─> struct bpf_prog_info    bytes; address of each function; source line of each address
 *               │
 *               ▼
 *   objdump ─> one instruction a line, without any name
 *               │   names of the program's own functions: its BTF; of all else: /proc/kallsyms
 *               ▼
 *   offset, instruction, who is called; the source lines between them
 *
 * The kernel hands out the functions of a program one behind the other, as if they were one piece.
 * In memory each has an address of its own, so a distance that objdump finds from one into another,
 * or into the kernel, is moved by what the function itself was moved. Offsets that are shown count
 * from the beginning of the function, as those of bpftool do.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/bpf.h>

#include <bpf/bpf.h>
#include <bpf/btf.h>

#include "loaded.h"

enum { SHOWN, BAD_INPUT, ENVIRONMENT = 3 };

#define FAR (1 << 20) /* a symbol further before an address has nothing to do with it */

struct options {
	const char *pinned, *name, *write;
	__u32 id;
	bool opcodes;
};

struct function {
	char name[128];
	__u64 address;	  /* in the kernel */
	__u32 begin, end; /* in the image */
};

struct insn {
	__u32 begin, end, func; /* bytes of the image; index of the function */
	char text[160];		/* as objdump writes it */
	size_t operand; /* where in the text an address begins that it goes to; 0: nowhere */
	__u64 target;	/* that address, in the kernel; 0: none */
	__u64 symbol;	/* of the kernel's symbols, the nearest one before */
	char name[128]; /* what is there; empty: not known */
};

struct program {
	char what[PATH_MAX]; /* how it was named on the command line */
	struct bpf_prog_info info;
	struct btf *btf; /* NULL: none, or not for us */
	__u8 *image;
	struct function *funcs;
	struct bpf_line_info *lines;
	__u64 *line_at; /* the address of each line; then its place in the image */
	struct insn *insns;
	__u32 count; /* of insns */
};

__attribute__((format(printf, 1, 2))) static void complain(const char *fmt, ...)
{
	va_list ap;

	fflush(stdout);
	fputs("jitdump: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
}

/* What a program's author wrote may hold anything: no escapes for the terminal. */
static void print_clean(const char *text)
{
	for (; *text; text++)
		putchar(iscntrl((unsigned char)*text) ? ' ' : *text);
}

/* --- the kernel's answer ----------------------------------------------- */

/* The number in a file of /proc/sys, -1 where it can't be read. */
static int setting(const char *path)
{
	FILE *file = fopen(path, "r");
	int n = -1;

	if (file) {
		if (fscanf(file, "%d", &n) != 1)
			n = -1;
		fclose(file);
	}
	return n;
}

/* Why there is no machine code to be seen. */
static int complain_of_nothing(const struct program *p)
{
	if (p->info.jited_prog_len && setting("/proc/sys/kernel/kptr_restrict") == 2) {
		complain("%s: the kernel hides machine code from everybody: "
			 "sysctl kernel.kptr_restrict=1 would show it to root",
			 p->what);
	} else if (p->info.jited_prog_len) {
		complain("%s: the kernel hides machine code from us: "
			 "to see it takes root, or CAP_SYSLOG",
			 p->what);
	} else if (!p->info.xlated_prog_len) {
		complain("%s: the kernel shows nothing of it: that takes root, or CAP_BPF",
			 p->what);
	} else {
		complain("%s: there is no machine code, the program is interpreted: "
			 "sysctl net.core.bpf_jit_enable=1 has later ones compiled",
			 p->what);
	}
	return ENVIRONMENT;
}

static void *array(size_t n, size_t size)
{
	void *a = calloc(n ? n : 1, size);

	if (!a) {
		complain("%s", strerror(errno));
		exit(ENVIRONMENT);
	}
	return a;
}

/* The names of the functions: from BTF, else that of the program, else a number. */
static void name_functions(struct program *p, const struct bpf_func_info *infos)
{
	for (__u32 i = 0; i < p->info.nr_jited_ksyms; i++) {
		const struct btf_type *type = NULL;
		const char *name = NULL;

		if (p->btf && i < p->info.nr_func_info)
			type = btf__type_by_id(p->btf, infos[i].type_id);
		if (type)
			name = btf__name_by_offset(p->btf, type->name_off);
		if (!name && i == 0 && p->info.name[0])
			name = p->info.name;
		if (name)
			snprintf(p->funcs[i].name, sizeof(p->funcs[i].name), "%s", name);
		else
			snprintf(p->funcs[i].name, sizeof(p->funcs[i].name), "function %u", i + 1);
	}
}

/* Turns the addresses of lines into places in the image; of no function: behind its end. */
static void place_lines(struct program *p)
{
	for (__u32 k = 0; k < p->info.nr_jited_line_info; k++) {
		__u64 place = p->info.jited_prog_len;

		for (__u32 i = 0; i < p->info.nr_jited_ksyms; i++) {
			const struct function *f = &p->funcs[i];

			if (p->line_at[k] - f->address < f->end - f->begin)
				place = f->begin + (p->line_at[k] - f->address);
		}
		p->line_at[k] = place;
	}
}

/* Asks twice: how much there is of everything, then for it. */
static int read_program(struct program *p, int fd)
{
	struct bpf_prog_info *info = &p->info, size = {};
	struct bpf_func_info *infos;
	__u32 len = sizeof(size), *lens, at = 0;
	__u64 *ksyms;

	if (bpf_obj_get_info_by_fd(fd, &size, &len)) {
		complain("%s: %s", p->what, strerror(errno));
		return ENVIRONMENT;
	}
	*info = size;
	if (!size.jited_prog_len)
		return complain_of_nothing(p);

	p->image = array(size.jited_prog_len, 1);
	ksyms = array(size.nr_jited_ksyms, sizeof(*ksyms));
	lens = array(size.nr_jited_func_lens, sizeof(*lens));
	infos = array(size.nr_func_info, sizeof(*infos));
	p->lines = array(size.nr_line_info, sizeof(*p->lines));
	p->line_at = array(size.nr_jited_line_info, sizeof(*p->line_at));
	*info = (struct bpf_prog_info) {
		.jited_prog_insns = (unsigned long)p->image,
		.jited_prog_len = size.jited_prog_len,
		.jited_ksyms = (unsigned long)ksyms,
		.nr_jited_ksyms = size.nr_jited_ksyms,
		.jited_func_lens = (unsigned long)lens,
		.nr_jited_func_lens = size.nr_jited_func_lens,
		.func_info = (unsigned long)infos,
		.nr_func_info = size.nr_func_info,
		.func_info_rec_size = sizeof(*infos),
		.line_info = (unsigned long)p->lines,
		.nr_line_info = size.nr_line_info,
		.line_info_rec_size = sizeof(*p->lines),
		.jited_line_info = (unsigned long)p->line_at,
		.nr_jited_line_info = size.nr_jited_line_info,
		.jited_line_info_rec_size = sizeof(*p->line_at),
	};
	if (bpf_obj_get_info_by_fd(fd, info, &len)) {
		complain("%s: %s", p->what, strerror(errno));
		goto out;
	}
	/* the kernel takes back the pointers to what it does not show us */
	if (!info->jited_prog_insns || !info->jited_ksyms) {
		complain_of_nothing(p);
		goto out;
	}
	if (!info->jited_line_info || info->nr_jited_line_info != info->nr_line_info)
		info->nr_jited_line_info = 0;

	p->funcs = array(info->nr_jited_ksyms, sizeof(*p->funcs));
	for (__u32 i = 0; i < info->nr_jited_ksyms; i++) {
		p->funcs[i].address = ksyms[i];
		p->funcs[i].begin = at;
		at = i < info->nr_jited_func_lens ? at + lens[i] : info->jited_prog_len;
		p->funcs[i].end = at;
	}
	if (info->btf_id)
		p->btf = btf__load_from_kernel_by_id(info->btf_id);
	name_functions(p, infos);
	place_lines(p);
out:
	free(ksyms);
	free(lens);
	free(infos);
	return p->funcs ? SHOWN : ENVIRONMENT;
}

/* --- the disassembler -------------------------------------------------- */

/* What differs from processor to processor */
struct machine {
	const char *objdump; /* its name there */
	bool (*goes_to_operand)(const char *text, size_t operand);
	__u64 (*through_register)(const struct program *p, __u32 i);
};

/* "call 0x1c", "jne 0x40", "bnd jmp 0x40": the word before the address tells. */
static bool x86_goes(const char *text, size_t operand)
{
	while (operand && text[operand - 1] == ' ')
		operand--;
	while (operand && text[operand - 1] != ' ')
		operand--;
	return text[operand] == 'j' || !strncmp(text + operand, "call", 4);
}

/* Calls of fixed functions hold the distance. */
static __u64 x86_through_register(const struct program *p, __u32 i)
{
	(void)p, (void)i;
	return 0;
}

/* "b 0x40", "b.ne 0x40", "bl 0x40", "cbz x0, 0x40", "tbnz w0, #3, 0x40" */
static bool arm64_goes(const char *text, size_t operand)
{
	(void)operand;
	return text[0] == 'b' || !strncmp(text, "cb", 2) || !strncmp(text, "tb", 2);
}

/* "blr x10", right behind the moves that build an address in x10, 16 bits each: movn or movz, then
 * movk. The address that is called, or 0.
 */
static __u64 arm64_through_register(const struct program *p, __u32 i)
{
	__u32 word, reg, first = i;
	__u64 value = 0;

	memcpy(&word, p->image + p->insns[i].begin, sizeof(word));
	if ((word & 0xfffffc1f) != 0xd63f0000)
		return 0;
	reg = word >> 5 & 31;
	do {
		if (!first)
			return 0;
		memcpy(&word, p->image + p->insns[--first].begin, sizeof(word));
		if ((word & 31) != reg || (word & 0x9f800000) != 0x92800000)
			return 0;
	} while ((word >> 29 & 3) == 3);

	for (; first < i; first++) {
		__u32 shift;
		__u64 part;

		memcpy(&word, p->image + p->insns[first].begin, sizeof(word));
		shift = (word >> 21 & 3) * 16;
		part = (__u64)(word >> 5 & 0xffff) << shift;
		switch (word >> 29 & 3) {
		case 0: /* movn */
			value = ~part;
			break;
		case 2: /* movz */
			value = part;
			break;
		case 3: /* movk */
			value = (value & ~(0xffffULL << shift)) | part;
			break;
		}
	}
	return value;
}

static const struct machine machines[] = {
	{ "i386:x86-64", x86_goes, x86_through_register },
	{ "aarch64", arm64_goes, arm64_through_register },
};

#if defined(__x86_64__)
static const struct machine *const here = &machines[0];
#elif defined(__aarch64__)
static const struct machine *const here = &machines[1];
#else
static const struct machine *const here;
#endif

/* Starts objdump on the image; what it prints, or NULL. */
static FILE *start_objdump(const struct program *p, pid_t *pid)
{
	int image = memfd_create("image", 0), out[2];
	char path[64];

	if (image < 0 || write(image, p->image, p->info.jited_prog_len) != p->info.jited_prog_len ||
	    pipe(out)) {
		complain("%s", strerror(errno));
		return NULL;
	}
	snprintf(path, sizeof(path), "/proc/self/fd/%d", image);
	*pid = fork();
	if (*pid < 0) {
		complain("%s", strerror(errno));
		return NULL;
	}
	if (!*pid) {
		dup2(out[1], STDOUT_FILENO);
		setenv("LC_ALL", "C", 1);
		execlp("objdump", "objdump", "-D", "-z", "-w", "-b", "binary", "-m", here->objdump,
		       path, NULL);
		_exit(errno == ENOENT ? 127 : 126);
	}
	close(image);
	close(out[1]);
	return fdopen(out[0], "r");
}

/* 0, or what is wrong with objdump has been said. */
static int end_objdump(FILE *from, pid_t pid)
{
	int status = 0;

	fclose(from);
	if (waitpid(pid, &status, 0) == pid && WIFEXITED(status) && !WEXITSTATUS(status))
		return SHOWN;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 127)
		complain("there is no objdump here: it is in the package binutils");
	else
		complain("objdump failed");
	return ENVIRONMENT;
}

/* "  1c:\te8 34 12 00 00 \tcall   0x1255": -w keeps each on one line. */
static bool parse_insn(const char *line, struct insn *insn)
{
	const char *text;
	char *end;

	insn->begin = strtoul(line, &end, 16);
	if (end == line || end[0] != ':' || end[1] != '\t')
		return false;
	text = strchr(end + 2, '\t');
	snprintf(insn->text, sizeof(insn->text), "%s", text ? text + 1 : "(bad)");
	for (size_t n = strlen(insn->text); n && isspace((unsigned char)insn->text[n - 1]); n--)
		insn->text[n - 1] = '\0';
	for (char *tab = insn->text; (tab = strchr(tab, '\t')); tab++)
		*tab = ' ';
	return true;
}

static int disassemble(struct program *p)
{
	pid_t pid;
	FILE *from = start_objdump(p, &pid);
	char *line = NULL;
	size_t size = 0;
	__u32 func = 0;
	int err;

	if (!from)
		return ENVIRONMENT;
	/* no instruction is shorter than a byte */
	p->insns = array(p->info.jited_prog_len, sizeof(*p->insns));
	while (getline(&line, &size, from) > 0 && p->count < p->info.jited_prog_len) {
		struct insn *insn = &p->insns[p->count];

		if (!parse_insn(line, insn))
			continue;
		if (p->count)
			insn[-1].end = insn->begin;
		insn->end = p->info.jited_prog_len;
		while (func + 1 < p->info.nr_jited_ksyms && insn->begin >= p->funcs[func].end)
			func++;
		insn->func = func;
		p->count++;
	}
	free(line);
	err = end_objdump(from, pid);
	if (!err && !p->count) {
		complain("objdump printed no instruction");
		err = ENVIRONMENT;
	}
	return err;
}

/* --- where calls and jumps lead ---------------------------------------- */

/* Where objdump took the image for one piece that begins at 0, the kernel moved the function. */
static void find_target(struct program *p, __u32 i)
{
	struct insn *insn = &p->insns[i];
	const struct function *f = &p->funcs[insn->func];
	const char *word = strrchr(insn->text, ' ');
	char *end;

	insn->target = here->through_register(p, i);
	if (insn->target || !word || strncmp(++word, "0x", 2) ||
	    !here->goes_to_operand(insn->text, word - insn->text))
		return;
	insn->target = strtoull(word, &end, 16) - f->begin + f->address;
	insn->operand = word - insn->text;
	if (*end)
		insn->target = insn->operand = 0;
}

/* Into its own function: the place there. To the beginning of another one: its name. */
static bool is_ours(const struct program *p, struct insn *insn)
{
	for (__u32 i = 0; i < p->info.nr_jited_ksyms; i++) {
		const struct function *f = &p->funcs[i];
		__u64 place = insn->target - f->address;

		if (i == insn->func && place && place < f->end - f->begin) {
			snprintf(insn->name, sizeof(insn->name), "0x%llx", place);
			return true;
		}
		if (!place) {
			snprintf(insn->name, sizeof(insn->name), "%s", f->name);
			return true;
		}
	}
	return false;
}

/* The symbol at or before each target, in one walk through the kernel's 100000 of them. */
static void read_symbols(struct insn **foreign, __u32 count)
{
	FILE *file = fopen("/proc/kallsyms", "r");
	char *line = NULL;
	size_t size = 0;

	while (file && getline(&line, &size, file) > 0) {
		char *at;
		__u64 address = strtoull(line, &at, 16);

		/* "ffffffff81234567 T name", "... t name	[module]" */
		if (!address || at[0] != ' ' || !strchr("tTwW", at[1]))
			continue;
		at[3 + strcspn(at + 3, "\t\n")] = '\0';
		for (__u32 i = 0; i < count; i++) {
			struct insn *insn = foreign[i];
			__u64 far = insn->target - address;

			if (address <= insn->symbol || far >= FAR)
				continue;
			insn->symbol = address;
			snprintf(insn->name, sizeof(insn->name), far ? "%.100s+0x%llx" : "%.100s",
				 at + 3, far);
		}
	}
	free(line);
	if (file)
		fclose(file);
}

static void resolve(struct program *p)
{
	struct insn **foreign = array(p->count, sizeof(*foreign));
	__u32 count = 0;

	for (__u32 i = 0; i < p->count; i++) {
		find_target(p, i);
		if (p->insns[i].target && !is_ours(p, &p->insns[i]))
			foreign[count++] = &p->insns[i];
	}
	if (count)
		read_symbols(foreign, count);
	free(foreign);
}

/* --- what is shown ----------------------------------------------------- */

/* How far the source lines have been shown */
struct cursor {
	__u32 next;
	const struct bpf_line_info *shown; /* the last one of this function, or NULL */
};

static bool same_line(const struct bpf_line_info *a, const struct bpf_line_info *b)
{
	return a->file_name_off == b->file_name_off && a->line_off == b->line_off &&
	       BPF_LINE_INFO_LINE_NUM(a->line_col) == BPF_LINE_INFO_LINE_NUM(b->line_col);
}

/* "; counter++; @ hello.bpf.c:17" for the lines that begin here, each once in a row. */
static void show_lines(const struct program *p, struct cursor *c, const struct insn *insn)
{
	for (; c->next < p->info.nr_jited_line_info && p->line_at[c->next] <= insn->begin;
	     c->next++) {
		const struct bpf_line_info *line = &p->lines[c->next];
		const char *text = btf__name_by_offset(p->btf, line->line_off);
		const char *file = btf__name_by_offset(p->btf, line->file_name_off);

		if (!text || !text[0] || (c->shown && same_line(line, c->shown)))
			continue;
		c->shown = line;
		while (isspace((unsigned char)*text))
			text++;
		printf("; ");
		print_clean(text);
		printf(" @ ");
		print_clean(file ? basename(file) : "?");
		printf(":%u\n", BPF_LINE_INFO_LINE_NUM(line->line_col));
	}
}

static void show_insn(const struct program *p, const struct insn *insn, bool opcodes)
{
	printf("%6x:  ", insn->begin - p->funcs[insn->func].begin);
	if (opcodes) {
		for (__u32 at = insn->begin; at < insn->end; at++)
			printf("%02x ", p->image[at]);
		printf("%*s", (int)(3 * (10 - (insn->end - insn->begin)) + 1), "");
	}
	if (!insn->target)
		printf("%s\n", insn->text);
	else if (!insn->operand)
		printf("%s <%s>\n", insn->text, insn->name[0] ? insn->name : "?");
	else if (insn->name[0])
		printf("%.*s%s\n", (int)insn->operand, insn->text, insn->name);
	else
		printf("%.*s0x%llx\n", (int)insn->operand, insn->text, insn->target);
}

static void show(const struct program *p, bool opcodes)
{
	struct cursor cursor = {};
	__u32 func = UINT_MAX;

	for (__u32 i = 0; i < p->count; i++) {
		const struct insn *insn = &p->insns[i];
		const struct function *f = &p->funcs[insn->func];

		if (insn->func != func) {
			printf("%s%s: %u bytes at 0x%llx\n", i ? "\n" : "", f->name,
			       f->end - f->begin, f->address);
			func = insn->func;
			cursor.shown = NULL;
		}
		if (p->btf)
			show_lines(p, &cursor, insn);
		show_insn(p, insn, opcodes);
	}
}

/* The bytes, for other disassemblers. */
static int write_image(const struct program *p, const char *path)
{
	FILE *file = fopen(path, "w");
	bool ok =
		file && fwrite(p->image, 1, p->info.jited_prog_len, file) == p->info.jited_prog_len;

	if (file && fclose(file))
		ok = false;
	if (!ok)
		complain("%s: %s", path, strerror(errno));
	return ok ? SHOWN : BAD_INPUT;
}

static int jitdump(const struct options *opt, struct program *p)
{
	char why[512];
	int fd, ret;

	if (opt->pinned) {
		fd = loaded_by_pin(opt->pinned, why, sizeof(why));
		snprintf(p->what, sizeof(p->what), "%s", opt->pinned);
	} else if (opt->name) {
		fd = loaded_by_name(opt->name, why, sizeof(why));
		snprintf(p->what, sizeof(p->what), "%s", opt->name);
	} else {
		fd = loaded_by_id(opt->id, why, sizeof(why));
		snprintf(p->what, sizeof(p->what), "program id %u", opt->id);
	}
	if (fd < 0) {
		complain("%s", why);
		return fd == LOADED_NO_RIGHTS ? ENVIRONMENT : BAD_INPUT;
	}
	ret = read_program(p, fd);
	close(fd);
	if (ret || opt->write)
		return ret ? ret : write_image(p, opt->write);

	if (!here) {
		complain("of this processor it knows nothing, only of x86-64 and arm64; "
			 "--write gives the bytes");
		return ENVIRONMENT;
	}
	ret = disassemble(p);
	if (ret)
		return ret;
	resolve(p);
	show(p, opt->opcodes);
	return SHOWN;
}

/* --- from the arguments to the end ------------------------------------- */

static void usage(FILE *to)
{
	fputs("Usage: jitdump [options] --id N          a loaded program by its id\n"
	      "       jitdump [options] --pinned PATH   the same, by its pin\n"
	      "       jitdump [options] --name NAME     the same, by its name, if only one has it\n"
	      "Shows the machine code that the kernel runs for a BPF program: offsets from the\n"
	      "beginning of each function, the source lines, and who is called.\n"
	      "\n"
	      "  -o, --opcodes     show the bytes of each instruction, too\n"
	      "  -w, --write FILE  only write the bytes there, all functions one behind the other\n"
	      "  -h, --help        this text\n"
	      "\n"
	      "Exit status: 0 shown, 1 wrong use or no such program, 3 this machine or our rights\n"
	      "don't allow it.\n",
	      to);
}

static bool number(const char *text, __u32 *value)
{
	char *end;
	unsigned long n;

	errno = 0;
	n = strtoul(text, &end, 10);
	if (text[0] < '0' || text[0] > '9' || *end || errno || n < 1 || n > INT_MAX) {
		complain("--id %s: not a number from 1 to %d", text, INT_MAX);
		return false;
	}
	*value = n;
	return true;
}

/* Returns false when there is nothing to do but to exit with *code. */
static bool parse(int argc, char **argv, struct options *opt, int *code)
{
	static const struct option longs[] = {
		{ "id", required_argument, NULL, 'i' },
		{ "pinned", required_argument, NULL, 'P' },
		{ "name", required_argument, NULL, 'n' },
		{ "opcodes", no_argument, NULL, 'o' },
		{ "write", required_argument, NULL, 'w' },
		{ "help", no_argument, NULL, 'h' },
		{},
	};
	int c;

	*code = BAD_INPUT;
	while ((c = getopt_long(argc, argv, "ow:h", longs, NULL)) != -1) {
		switch (c) {
		case 'i':
			if (!number(optarg, &opt->id))
				return false;
			break;
		case 'P':
			opt->pinned = optarg;
			break;
		case 'n':
			opt->name = optarg;
			break;
		case 'o':
			opt->opcodes = true;
			break;
		case 'w':
			opt->write = optarg;
			break;
		case 'h':
			usage(stdout);
			*code = SHOWN;
			return false;
		default:
			usage(stderr);
			return false;
		}
	}
	if (optind < argc || !!opt->id + !!opt->pinned + !!opt->name != 1) {
		usage(stderr);
		return false;
	}
	return true;
}

int main(int argc, char **argv)
{
	struct program p = {};
	struct options opt = {};
	int code;

	if (!parse(argc, argv, &opt, &code))
		return code;
	code = jitdump(&opt, &p);

	btf__free(p.btf);
	free(p.image);
	free(p.funcs);
	free(p.lines);
	free(p.line_at);
	free(p.insns);
	if (fflush(stdout) || ferror(stdout)) {
		complain("standard output: %s", strerror(errno));
		return code ? code : ENVIRONMENT;
	}
	return code;
}

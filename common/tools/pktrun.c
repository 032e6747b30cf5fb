// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* pktrun: run each frame of a pcap file through an XDP program and show what
 * became of it.
 *
 *   frames.pcap ─> BPF_PROG_TEST_RUN ─> verdict, and the bytes that changed
 *
 * No device takes part: the kernel copies the frame into a buffer of its own,
 * calls the program once and copies the frame back. Redirected and transmitted
 * frames go nowhere.
 *
 * What the kernel wants, found by trying on 6.18 (x86, pages of 4096 bytes):
 *   length       at least ETH_HLEN. 3520 bytes fit into the linear part (a page
 *                less headroom and tailroom); what is longer goes into
 *                fragments, up to 73152 bytes in all, even for a program
 *                without xdp.frags, which no driver would do to it.
 *   struct xdp_md  data_meta and data 0, data_end the frame's length (less, and
 *                the rest becomes a fragment), rx_queue_index only together with
 *                ingress_ifindex and below the device's number of queues. The
 *                device has to exist in this network namespace; it may be down,
 *                and without XDP. Without one the program sees the namespace's
 *                lo. Older kernels take no struct xdp_md: then --dev fails.
 *   repeat > 1   runs on with the frame as the last run left it.
 *   program      not one for a devmap or cpumap (EINVAL).
 */
#define _GNU_SOURCE
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <net/if.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <linux/bpf.h>
#include <linux/if_ether.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <pcap/dlt.h>

#include "loaded.h"
#include "pktrun/pktrun.h"

#define ROUNDS		5  /* of --time; the smallest counts */
#define ROW		16 /* bytes in a row of hex */
#define LOG_SIZE	(1 << 20)
#define KERNEL_ENOTSUPP 524 /* not in errno.h: "no test run for this type" */

struct options {
	const char *object, *pinned, *pcap;
	const char *prog, *write, *dev;
	__u32 id, frame, repeat;
	bool cut, table;
};

struct runner {
	struct bpf_object *obj;
	int fd;		  /* the program */
	int empty_fd;	  /* one that only returns XDP_PASS, to ask the kernel */
	int ifindex;	  /* 0: none asked for */
	bool ctx;	  /* this kernel takes a struct xdp_md */
	bool linear_only; /* known to be loaded without xdp.frags */
	__u8 *out;
	size_t out_size;
};

struct result {
	__u32 verdict, ns;
	const __u8 *meta, *data; /* both point into runner.out */
	__u32 meta_len, len;
	__u32 linear; /* less than len: the rest is in fragments */
};

static char warning[512]; /* what libbpf complained about first */
static char failed[64];	  /* the program it could not load */
static bool slot_warning; /* a program array wants a program we left out */

void complain(const char *fmt, ...)
{
	va_list ap;

	fflush(stdout);
	fputs("pktrun: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
}

static int keep_warning(enum libbpf_print_level level, const char *fmt, va_list ap)
{
	char line[sizeof(warning)];
	const char *text = line;

	if (level != LIBBPF_WARN)
		return 0;
	vsnprintf(line, sizeof(line), fmt, ap);
	line[strcspn(line, "\n")] = '\0';
	if (!strncmp(line, "libbpf: ", 8))
		text += 8;
	if (strstr(text, "BPF program load failed"))
		sscanf(text, "prog '%63[^']", failed);
	if (strstr(text, "failed to initialize slot"))
		slot_warning = true;
	if (!warning[0] && !strstr(text, "optional, ignoring") &&
	    !strstr(text, "Retrying without BTF"))
		snprintf(warning, sizeof(warning), "%s", text);
	return 0;
}

static const char *why(int err)
{
	return warning[0] ? warning : strerror(err);
}

/* --- the program ------------------------------------------------------- */

static int no_rights(const char *what)
{
	complain("%s: Operation not permitted: this needs CAP_BPF and CAP_NET_ADMIN, or root",
		 what);
	return ENVIRONMENT;
}

static bool runnable(const struct bpf_program *prog)
{
	enum bpf_attach_type attach = bpf_program__expected_attach_type(prog);

	return bpf_program__type(prog) == BPF_PROG_TYPE_XDP && attach != BPF_XDP_DEVMAP &&
	       attach != BPF_XDP_CPUMAP;
}

/* Lists the object's programs after what is wrong with choosing one. */
static void complain_of_choice(const char *path, const struct bpf_object *obj, const char *what)
{
	struct bpf_program *prog;
	char names[1024] = "";
	size_t used = 0;

	bpf_object__for_each_program (prog, obj) {
		int n = snprintf(names + used, sizeof(names) - used, "%s%s (SEC \"%s\")",
				 used ? ", " : "", bpf_program__name(prog),
				 bpf_program__section_name(prog));

		if (n < 0 || (size_t)n >= sizeof(names) - used)
			break;
		used += n;
	}
	complain("%s: %s: it has %s", path, what, names[0] ? names : "no BPF program at all");
}

static struct bpf_program *choose(const char *path, const struct bpf_object *obj, const char *name)
{
	struct bpf_program *prog, *found = NULL;
	char what[256];

	if (name) {
		prog = bpf_object__find_program_by_name(obj, name);
		if (!prog)
			snprintf(what, sizeof(what), "no program '%s'", name);
		else if (bpf_program__type(prog) != BPF_PROG_TYPE_XDP)
			snprintf(what, sizeof(what), "'%s' is not an XDP program", name);
		else if (!runnable(prog))
			snprintf(what, sizeof(what),
				 "'%s' is for a map, the kernel does not run it by hand", name);
		else
			return prog;
		complain_of_choice(path, obj, what);
		return NULL;
	}

	bpf_object__for_each_program (prog, obj) {
		if (!runnable(prog))
			continue;
		if (found) {
			complain_of_choice(path, obj,
					   "more than one XDP program, choose with --prog");
			return NULL;
		}
		found = prog;
	}
	if (!found)
		complain_of_choice(path, obj, "no XDP program that the kernel can run by hand");
	return found;
}

static int complain_of_load(const char *path, const char *log, int err)
{
	if (failed[0] && log[0]) {
		complain("%s: the verifier refuses program '%s': %.*s (to know more: explain %s)",
			 path, failed, (int)strcspn(log, "\n"), log, path);
		return REFUSED;
	}
	if (err == EPERM)
		return no_rights(path);
	complain("%s: does not load: %s", path, why(err));
	return BAD_INPUT;
}

/* Opens and loads. With `all` every XDP program is loaded, not only the chosen
 * one: a program array that is filled in the source needs its programs.
 */
static int open_and_load(struct runner *r, const struct options *opt, char *log, bool all)
{
	struct bpf_program *chosen, *prog;
	struct bpf_map *map;
	int err;

	warning[0] = failed[0] = '\0';
	slot_warning = false;
	r->obj = bpf_object__open_file(opt->object, NULL);
	if (!r->obj) {
		complain("%s: not a BPF object: %s", opt->object, why(errno));
		return BAD_INPUT;
	}
	chosen = choose(opt->object, r->obj, opt->prog);
	if (!chosen)
		return BAD_INPUT;

	bpf_object__for_each_program (prog, r->obj) {
		bpf_program__set_autoload(prog, prog == chosen || (all && runnable(prog)));
		/* level 4: the verifier's words without the instructions */
		bpf_program__set_log_level(prog, 4);
		bpf_program__set_log_buf(prog, log, LOG_SIZE);
	}
	bpf_object__for_each_map (map, r->obj)
		bpf_map__set_pin_path(map, NULL); /* leave nothing behind */

	log[0] = '\0';
	err = bpf_object__load(r->obj);
	if (err && slot_warning && !all) {
		bpf_object__close(r->obj);
		return open_and_load(r, opt, log, true);
	}
	if (err)
		return complain_of_load(opt->object, log, -err);
	r->linear_only = strncmp(bpf_program__section_name(chosen), "xdp.frags", 9) != 0;
	r->fd = dup(bpf_program__fd(chosen));
	return ALL_RAN;
}

static int load_object(struct runner *r, const struct options *opt)
{
	char *log;
	int ret;

	if (access(opt->object, R_OK)) {
		complain("%s: %s", opt->object, strerror(errno));
		return BAD_INPUT;
	}
	log = calloc(1, LOG_SIZE);
	if (!log) {
		complain("%s: %s", opt->object, strerror(errno));
		return ENVIRONMENT;
	}
	ret = open_and_load(r, opt, log, false);
	free(log);
	return ret;
}

static int check_type(const char *what, int fd)
{
	struct bpf_prog_info info = {};
	__u32 len = sizeof(info);

	if (bpf_obj_get_info_by_fd(fd, &info, &len)) {
		complain("%s: %s", what, strerror(errno));
		return ENVIRONMENT;
	}
	if (info.type != BPF_PROG_TYPE_XDP) {
		const char *type = libbpf_bpf_prog_type_str(info.type);

		complain("%s: program '%s' is of type %s, not xdp", what, info.name,
			 type ? type : "unknown");
		return BAD_INPUT;
	}
	return ALL_RAN;
}

/* A program that somebody else has loaded */
static int get_loaded(struct runner *r, const struct options *opt)
{
	char why[256], what[32];

	r->fd = opt->pinned ? loaded_by_pin(opt->pinned, why, sizeof(why))
			    : loaded_by_id(opt->id, why, sizeof(why));
	if (r->fd < 0) {
		complain("%s", why);
		return r->fd == LOADED_NO_RIGHTS ? ENVIRONMENT : BAD_INPUT;
	}
	snprintf(what, sizeof(what), "program id %u", opt->id);
	return check_type(opt->pinned ?: what, r->fd);
}

/* --- one run ----------------------------------------------------------- */

static int run(struct runner *r, int fd, const __u8 *data, __u32 len, __u32 repeat,
	       struct result *res)
{
	struct xdp_md in = { .data_end = len, .ingress_ifindex = r->ifindex };
	struct xdp_md out = {};
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = data, .data_size_in = len,
		    .data_out = r->out, .data_size_out = r->out_size, .repeat = repeat);
	int err;

	if (r->ctx) {
		opts.ctx_in = &in;
		opts.ctx_size_in = sizeof(in);
		opts.ctx_out = &out;
		opts.ctx_size_out = sizeof(out);
	}
	err = bpf_prog_test_run_opts(fd, &opts);
	if (err)
		return err;

	/* The kernel hands back metadata and frame in one piece; out.data says
	 * where the frame starts, out.data_end where the linear part ends.
	 */
	*res = (struct result) {
		.verdict = opts.retval,
		.ns = opts.duration,
		.meta = r->out,
		.meta_len = out.data,
		.data = r->out + out.data,
		.len = opts.data_size_out - out.data,
		.linear = opts.data_size_out - out.data,
	};
	if (r->ctx)
		res->linear = out.data_end - out.data;
	return 0;
}

static bool same(const struct result *res, const __u8 *data, __u32 len)
{
	return res->len == len && !memcmp(res->data, data, len);
}

/* The longest frame that this kernel runs, asked of it with an empty program. */
static __u32 longest(struct runner *r)
{
	__u32 low = ETH_HLEN, high = r->out_size + 1;
	struct result res;
	__u8 *zeros = calloc(1, r->out_size);

	if (!zeros)
		return low;
	while (high - low > 1) {
		__u32 mid = low + (high - low) / 2;

		if (run(r, r->empty_fd, zeros, mid, 1, &res))
			high = mid;
		else
			low = mid;
	}
	free(zeros);
	return low;
}

/* Says in `why_not` why the kernel should not or would not run this frame. */
static bool fits(struct runner *r, const struct frame *f, char *why_not, size_t size)
{
	__u32 len = f->hdr.caplen;
	struct result res;
	int err;

	if (f->hdr.caplen < f->hdr.len) {
		snprintf(why_not, size, "only %u bytes of it were captured", len);
		return false;
	}
	if (len < ETH_HLEN) {
		snprintf(why_not, size,
			 "shorter than an Ethernet header, the kernel wants %d bytes", ETH_HLEN);
		return false;
	}
	err = run(r, r->empty_fd, f->data, len, 1, &res);
	if (err) {
		snprintf(why_not, size, "%s: the longest frame the kernel runs here has %u bytes",
			 strerror(-err), longest(r));
		return false;
	}
	if (r->linear_only && res.linear < len) {
		snprintf(why_not, size,
			 "longer than %u bytes, which only SEC(\"xdp.frags\") programs get to see",
			 res.linear);
		return false;
	}
	return true;
}

/* --- text -------------------------------------------------------------- */

static const char *verdict_text(__u32 verdict, char *buf, size_t size)
{
	static const char *const names[] = {
		[XDP_ABORTED] = "XDP_ABORTED",	 [XDP_DROP] = "XDP_DROP",
		[XDP_PASS] = "XDP_PASS",	 [XDP_TX] = "XDP_TX",
		[XDP_REDIRECT] = "XDP_REDIRECT",
	};

	if (verdict < sizeof(names) / sizeof(names[0]))
		return names[verdict];
	snprintf(buf, size, "%u (not an XDP verdict; the kernel treats it as XDP_ABORTED)",
		 verdict);
	return buf;
}

static void print_row(__u32 offset, const __u8 *bytes, __u32 n, const char *when)
{
	printf("     %04x ", offset);
	for (__u32 i = 0; i < ROW; i++) {
		if (i < n)
			printf(" %02x", bytes[i]);
		else
			printf("   ");
	}
	printf("   %s\n", when);
}

static void print_rows(const __u8 *bytes, __u32 from, __u32 to, const char *when)
{
	for (__u32 i = from; i < to; i += ROW)
		print_row(i, bytes + i, to - i < ROW ? to - i : ROW, when);
}

static __u32 smaller(__u32 a, __u32 b)
{
	return a < b ? a : b;
}

/* Same length: the rows that differ. Else what stands between the common
 * beginning and the common end, so that a pushed header shows as those bytes.
 */
static void print_difference(const __u8 *was, __u32 was_len, const char *before, const __u8 *now,
			     __u32 now_len, const char *after)
{
	__u32 shorter = smaller(was_len, now_len), head = 0, tail = 0;

	if (was_len == now_len) {
		for (__u32 i = 0; i < was_len; i += ROW) {
			__u32 n = smaller(was_len - i, ROW);

			if (!memcmp(was + i, now + i, n))
				continue;
			print_row(i, was + i, n, before);
			print_row(i, now + i, n, after);
		}
		return;
	}
	while (head < shorter && was[head] == now[head])
		head++;
	while (tail < shorter - head && was[was_len - 1 - tail] == now[now_len - 1 - tail])
		tail++;
	print_rows(was, head, was_len - tail, before);
	print_rows(now, head, now_len - tail, after);
}

static void print_metadata(const struct result *res)
{
	printf("     meta ");
	for (__u32 i = 0; i < res->meta_len; i++)
		printf(" %02x", res->meta[i]);
	printf("\n");
}

static void print_result(__u32 n, const struct frame *f, const struct result *res)
{
	bool changed = !same(res, f->data, f->hdr.caplen);
	char buf[96];

	printf("%u: %u bytes, %s", n, f->hdr.caplen, verdict_text(res->verdict, buf, sizeof(buf)));
	if (res->len != f->hdr.caplen)
		printf(", %u bytes out", res->len);
	printf(", %s", changed ? "changed" : "unchanged");
	if (res->linear < res->len)
		printf(", %u linear", res->linear);
	if (res->meta_len)
		printf(", %u bytes of metadata", res->meta_len);
	printf("\n");
	if (changed)
		print_difference(f->data, f->hdr.caplen, "was", res->data, res->len, "now");
	if (res->meta_len)
		print_metadata(res);
}

/* --- the three ways to run a frame: return 0 or -errno ----------------- */

static int run_once(struct runner *r, __u32 n, const struct frame *f, pcap_dumper_t *dump)
{
	struct pcap_pkthdr hdr = f->hdr;
	struct result res;
	int err = run(r, r->fd, f->data, f->hdr.caplen, 1, &res);

	if (err)
		return err;
	print_result(n, f, &res);
	if (dump) {
		hdr.caplen = hdr.len = res.len;
		pcap_dump((u_char *)dump, &hdr, res.data);
	}
	return 0;
}

static void print_span(__u32 n, __u32 from, __u32 to, __u32 verdict, bool changed)
{
	char buf[96];

	if (from == ETH_HLEN)
		printf("%u: ", n);
	else
		printf(", ");
	if (from == to)
		printf("%u", from);
	else
		printf("%u-%u", from, to);
	printf(" bytes %s%s", verdict_text(verdict, buf, sizeof(buf)), changed ? " changed" : "");
}

static int run_cut(struct runner *r, __u32 n, const struct frame *f)
{
	__u32 from = ETH_HLEN, verdict = 0;
	bool changed = false;

	for (__u32 len = ETH_HLEN; len <= f->hdr.caplen; len++) {
		struct result res;
		int err = run(r, r->fd, f->data, len, 1, &res);
		bool now_changed;

		if (err) {
			if (len > ETH_HLEN)
				printf("\n");
			return err;
		}
		now_changed = !same(&res, f->data, len);
		if (len > from && (res.verdict != verdict || now_changed != changed)) {
			print_span(n, from, len - 1, verdict, changed);
			from = len;
		}
		verdict = res.verdict;
		changed = now_changed;
	}
	print_span(n, from, f->hdr.caplen, verdict, changed);
	printf("\n");
	return 0;
}

static bool refuse_to_time(__u32 n, const struct frame *f, const struct result *res, bool once)
{
	if (same(res, f->data, f->hdr.caplen) && !res->meta_len)
		return false;
	printf("%u: %u bytes, not timed: %s changes the frame, and the kernel does not restore it "
	       "between runs, so the next run would see another frame\n",
	       n, f->hdr.caplen, once ? "a run" : "a later run");
	return true;
}

/* An empty program is timed in turns with the real one: both see the same
 * disturbances, and the reader gets something to compare with.
 */
static int run_timed(struct runner *r, __u32 n, const struct frame *f, __u32 repeat, bool *refused)
{
	__u32 best = UINT_MAX, best_empty = UINT_MAX;
	struct result res;
	char buf[96];
	int err = run(r, r->fd, f->data, f->hdr.caplen, 1, &res);

	if (err)
		return err;
	*refused = refuse_to_time(n, f, &res, true);
	for (int i = 0; i < ROUNDS && !*refused; i++) {
		err = run(r, r->empty_fd, f->data, f->hdr.caplen, repeat, &res);
		if (err)
			return err;
		best_empty = smaller(best_empty, res.ns);
		err = run(r, r->fd, f->data, f->hdr.caplen, repeat, &res);
		if (err)
			return err;
		best = smaller(best, res.ns);
		*refused = refuse_to_time(n, f, &res, false);
	}
	if (*refused)
		return 0;
	printf("%u: %u bytes, %s, %u ns a run, empty program %u ns (ns of this machine, smallest of "
	       "%d rounds of %u: only ratios travel)\n",
	       n, f->hdr.caplen, verdict_text(res.verdict, buf, sizeof(buf)), best, best_empty,
	       ROUNDS, repeat);
	return 0;
}

/* --- all frames -------------------------------------------------------- */

static bool run_frame(struct runner *r, const struct options *opt, __u32 n, const struct frame *f,
		      pcap_dumper_t *dump)
{
	bool refused = false;
	char why_not[160];
	int err;

	if (!fits(r, f, why_not, sizeof(why_not))) {
		printf("%u: %u bytes, not run: %s\n", n, f->hdr.len, why_not);
		return false;
	}
	if (opt->cut)
		err = run_cut(r, n, f);
	else if (opt->repeat)
		err = run_timed(r, n, f, opt->repeat, &refused);
	else
		err = run_once(r, n, f, dump);
	if (err) {
		/* the empty program took this very frame, so it is the program */
		printf("%u: %u bytes, not run: the kernel does not run this program by hand: %s%s\n",
		       n, f->hdr.len, strerror(-err),
		       err == -EINVAL ? " (is it for a devmap or cpumap, or bound to a device?)"
				      : "");
		return false;
	}
	return !refused;
}

static int run_all(struct runner *r, const struct options *opt, const struct frames *all,
		   pcap_dumper_t *dump)
{
	__u32 asked = 0, missed = 0;

	for (__u32 n = 1; n <= all->count; n++) {
		if (opt->frame && opt->frame != n)
			continue;
		asked++;
		if (!run_frame(r, opt, n, &all->list[n - 1], dump))
			missed++;
	}
	if (!missed)
		return ALL_RAN;
	complain("%s: %u of %u frames not %s", opt->pcap, missed, asked,
		 opt->repeat ? "timed" : "run");
	return BAD_INPUT;
}

static int write_all(struct runner *r, const struct options *opt, const struct frames *all)
{
	pcap_t *dead = pcap_open_dead(DLT_EN10MB, 262144);
	pcap_dumper_t *dump = dead ? pcap_dump_open(dead, opt->write) : NULL;
	int ret;

	if (!dump) {
		complain("%s", dead ? pcap_geterr(dead) : strerror(ENOMEM));
		if (dead)
			pcap_close(dead);
		return BAD_INPUT;
	}
	ret = run_all(r, opt, all, dump);
	if (pcap_dump_flush(dump) || ferror(pcap_dump_file(dump))) {
		complain("%s: %s", opt->write, strerror(errno));
		ret = BAD_INPUT;
	}
	pcap_dump_close(dump);
	pcap_close(dead);
	return ret;
}

/* --- a table ----------------------------------------------------------- */

/* Is it what the row wants? Bytes that may be any are copied from what came, so that only the
 * others are told apart when they are shown.
 */
static bool as_wanted(const struct row *row, const struct result *res)
{
	if (res->verdict != row->verdict)
		return false;
	if (!row->want)
		return true;
	for (__u32 i = 0; i < row->want_len && i < res->len; i++)
		if (!row->matters[i])
			row->want[i] = res->data[i];
	return same(res, row->want, row->want_len);
}

static void print_end(const char *when, __u32 verdict, __u32 len, const char *more)
{
	char buf[96];

	printf("     %-8s  %s, %u bytes%s\n", when, verdict_text(verdict, buf, sizeof(buf)), len,
	       more);
}

static void print_row_result(const struct row *row, const struct result *res)
{
	char buf[96];

	if (as_wanted(row, res)) {
		printf("%u: ok, %s: %s\n", row->line, verdict_text(res->verdict, buf, sizeof(buf)),
		       row->what);
		return;
	}
	printf("%u: NOT OK: %s\n", row->line, row->what);
	if (row->want)
		print_end("expected", row->verdict, row->want_len, "");
	else
		printf("     expected  %s\n", verdict_text(row->verdict, buf, sizeof(buf)));
	print_end("came", res->verdict, res->len,
		  same(res, row->frame.data, row->frame.hdr.caplen) ? ", unchanged" : ", changed");
	if (row->want && res->verdict == row->verdict)
		print_difference(row->want, row->want_len, "expected", res->data, res->len, "came");
}

static int run_table(struct runner *r, const struct options *opt, const struct table *table)
{
	__u32 good = 0, missed = 0;

	for (__u32 i = 0; i < table->count; i++) {
		const struct row *row = &table->rows[i];
		char why_not[160];
		struct result res;
		int err;

		if (!fits(r, &row->frame, why_not, sizeof(why_not))) {
			printf("%u: not run: %s\n", row->line, why_not);
			missed++;
			continue;
		}
		err = run(r, r->fd, row->frame.data, row->frame.hdr.caplen, 1, &res);
		if (err) {
			printf("%u: not run: the kernel does not run this program by hand: %s\n",
			       row->line, strerror(-err));
			missed++;
			continue;
		}
		print_row_result(row, &res);
		good += as_wanted(row, &res);
	}
	if (missed) {
		complain("%s: %u of %u rows not run", opt->pcap, missed, table->count);
		return BAD_INPUT;
	}
	printf("%u of %u rows are ok\n", good, table->count);
	return good == table->count ? ALL_RAN : NOT_OK;
}

/* The frames of a table become those of *all, to be run without being judged */
static int take_frames(struct table *table, struct frames *all)
{
	all->list = calloc(table->count, sizeof(*all->list));
	if (!all->list) {
		complain("%s", strerror(ENOMEM));
		return ENVIRONMENT;
	}
	for (; all->count < table->count; all->count++) {
		struct frame *frame = &table->rows[all->count].frame;

		all->list[all->count] = *frame;
		*frame = (struct frame) {};
	}
	return ALL_RAN;
}

/* --- from the arguments to the end ------------------------------------- */

/* Loads the empty program and learns with it what this kernel can do. */
static int prepare(struct runner *r, const struct frames *all, const struct table *table)
{
	struct bpf_insn pass[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = XDP_PASS },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	static const __u8 zeros[ETH_ZLEN];
	__u32 most = ETH_ZLEN;
	struct result res;
	int err;

	for (__u32 i = 0; i < all->count; i++)
		if (all->list[i].hdr.caplen > most)
			most = all->list[i].hdr.caplen;
	for (__u32 i = 0; i < table->count; i++)
		if (table->rows[i].frame.hdr.caplen > most)
			most = table->rows[i].frame.hdr.caplen;
	/* room to grow: a page before or after is more than the helpers give */
	r->out_size = most + 2 * sysconf(_SC_PAGESIZE);
	r->out = malloc(r->out_size);
	if (!r->out) {
		complain("%s", strerror(errno));
		return ENVIRONMENT;
	}

	r->empty_fd = bpf_prog_load(BPF_PROG_TYPE_XDP, "empty", "GPL", pass,
				    sizeof(pass) / sizeof(pass[0]), NULL);
	if (r->empty_fd == -EPERM)
		return no_rights("loading a program");
	if (r->empty_fd < 0) {
		complain("loading an empty program: %s", strerror(-r->empty_fd));
		return ENVIRONMENT;
	}

	r->ctx = true;
	err = run(r, r->empty_fd, zeros, sizeof(zeros), 1, &res);
	if (err == -EINVAL && !r->ifindex) { /* an older kernel: no struct xdp_md */
		r->ctx = false;
		err = run(r, r->empty_fd, zeros, sizeof(zeros), 1, &res);
	}
	if (err == -EPERM)
		return no_rights("running a program");
	if (err) {
		complain("this kernel does not run XDP programs by hand%s: %s",
			 r->ifindex ? " for a device" : "",
			 err == -KERNEL_ENOTSUPP ? "not supported" : strerror(-err));
		return ENVIRONMENT;
	}
	return ALL_RAN;
}

static int pktrun(const struct options *opt, struct runner *r, struct frames *all,
		  struct table *table)
{
	int ret = opt->table ? table_read(opt->pcap, table) : frames_read(opt->pcap, all);

	if (!ret && opt->table && opt->write)
		ret = take_frames(table, all);
	if (ret)
		return ret;
	if (opt->frame > all->count) {
		complain("%s: no frame %u, it has %u", opt->pcap, opt->frame, all->count);
		return BAD_INPUT;
	}
	if (opt->dev) {
		r->ifindex = if_nametoindex(opt->dev);
		if (!r->ifindex) {
			complain("%s: no such device in this network namespace", opt->dev);
			return BAD_INPUT;
		}
	}
	ret = prepare(r, all, table);
	if (ret)
		return ret;
	ret = opt->object ? load_object(r, opt) : get_loaded(r, opt);
	if (ret)
		return ret;
	if (opt->write)
		return write_all(r, opt, all);
	return opt->table ? run_table(r, opt, table) : run_all(r, opt, all, NULL);
}

static void usage(FILE *to)
{
	fputs("Usage: pktrun [options] OBJECT.bpf.o FRAMES.pcap    load the object, run, forget\n"
	      "       pktrun [options] --id N FRAMES.pcap          a program that is loaded already\n"
	      "       pktrun [options] --pinned PATH FRAMES.pcap   the same, by its pin\n"
	      "Runs each frame through an XDP program and shows verdict and changed bytes.\n"
	      "\n"
	      "  -p, --prog NAME   which XDP program of the object\n"
	      "  -w, --write OUT   write each frame as it left the program, whatever the verdict\n"
	      "  -c, --cut         run each frame cut to every length from 14 bytes to its own\n"
	      "  -f, --frame N     only frame number N, counted from 1\n"
	      "  -d, --dev NAME    the device the frame seems to come from (ctx->ingress_ifindex)\n"
	      "  -t, --time N      measure N runs; only for a program that leaves the frame as it is\n"
	      "  -T, --table       FRAMES.pcap is a table: frames, and what shall become of each;\n"
	      "                    with --write, only its frames count\n"
	      "  -h, --help        this text\n"
	      "\n"
	      "FRAMES.pcap may be - for standard input. Exit status: 0 all frames ran (and each row of\n"
	      "a table is ok), 1 wrong use or input, 2 refused by the verifier, 3 something is missing\n"
	      "on this machine, 4 a row is not ok.\n",
	      to);
}

static bool number(const char *what, const char *text, __u32 *value)
{
	char *end;
	unsigned long n;

	errno = 0;
	n = strtoul(text, &end, 10);
	if (text[0] < '0' || text[0] > '9' || *end || errno || n < 1 || n > INT_MAX) {
		complain("%s %s: not a number from 1 to %d", what, text, INT_MAX);
		return false;
	}
	*value = n;
	return true;
}

/* Returns false when there is nothing to do but to exit with *code. */
static bool parse(int argc, char **argv, struct options *opt, int *code)
{
	static const struct option longs[] = {
		{ "prog", required_argument, NULL, 'p' },
		{ "write", required_argument, NULL, 'w' },
		{ "cut", no_argument, NULL, 'c' },
		{ "frame", required_argument, NULL, 'f' },
		{ "dev", required_argument, NULL, 'd' },
		{ "time", required_argument, NULL, 't' },
		{ "id", required_argument, NULL, 'i' },
		{ "pinned", required_argument, NULL, 'P' },
		{ "table", no_argument, NULL, 'T' },
		{ "help", no_argument, NULL, 'h' },
		{},
	};
	int c;

	*code = BAD_INPUT;
	while ((c = getopt_long(argc, argv, "p:w:cf:d:t:Th", longs, NULL)) != -1) {
		switch (c) {
		case 'p':
			opt->prog = optarg;
			break;
		case 'w':
			opt->write = optarg;
			break;
		case 'c':
			opt->cut = true;
			break;
		case 'f':
			if (!number("--frame", optarg, &opt->frame))
				return false;
			break;
		case 'd':
			opt->dev = optarg;
			break;
		case 't':
			if (!number("--time", optarg, &opt->repeat))
				return false;
			break;
		case 'i':
			if (!number("--id", optarg, &opt->id))
				return false;
			break;
		case 'P':
			opt->pinned = optarg;
			break;
		case 'T':
			opt->table = true;
			break;
		case 'h':
			usage(stdout);
			*code = ALL_RAN;
			return false;
		default:
			usage(stderr);
			return false;
		}
	}
	return true;
}

static bool check(int argc, char **argv, struct options *opt)
{
	bool loaded = opt->id || opt->pinned;

	if (opt->id && opt->pinned) {
		complain("--id and --pinned: only one of them");
	} else if (loaded && opt->prog) {
		complain("--prog: only with an object, a loaded program is one already");
	} else if (opt->cut + !!opt->repeat + (opt->write || opt->table) > 1) {
		complain("--cut, --time, and --write or --table: only one of them");
	} else if (opt->table && opt->frame) {
		complain("--frame: not with --table, whose rows are known by their lines");
	} else if (argc - optind != (loaded ? 1 : 2)) {
		usage(stderr);
	} else {
		if (!loaded)
			opt->object = argv[optind];
		opt->pcap = argv[argc - 1];
		return true;
	}
	return false;
}

int main(int argc, char **argv)
{
	struct runner r = { .fd = -1, .empty_fd = -1 };
	struct options opt = {};
	struct frames all = {};
	struct table table = {};
	int code;

	if (!parse(argc, argv, &opt, &code))
		return code;
	if (!check(argc, argv, &opt))
		return BAD_INPUT;
	libbpf_set_print(keep_warning);

	code = pktrun(&opt, &r, &all, &table);

	if (r.fd >= 0)
		close(r.fd);
	if (r.empty_fd >= 0)
		close(r.empty_fd);
	bpf_object__close(r.obj);
	free(r.out);
	frames_free(&all);
	table_free(&table);
	if (fflush(stdout) || ferror(stdout)) {
		complain("standard output: %s", strerror(errno));
		return code ? code : ENVIRONMENT;
	}
	return code;
}

// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Lab 07: a loader that needs no compiler: it writes the program itself, instruction by instruction.
 *
 *   insns --dev veth0                       attach, until Ctrl-C: frames of 100 bytes or less are dropped
 *   insns --dev veth0 --longer-than 200     another limit: another program
 *   insns --tag                             which tag the kernel would give it; nothing is loaded
 *   insns --tag FILE                        the same for the instructions in a file
 */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <linux/bpf.h>
#include <bpf/bpf.h>

#include "digest.h"
#include "netdev.h"

#define MAX_INSNS 4096

/* The one value of the map */
struct counts {
	__u64 frames;
	__u64 bytes;
};

static volatile sig_atomic_t exiting;

static void on_signal(int sig)
{
	exiting = sig;
}

/* Writes the program into insns: PASS what is longer than limit bytes, DROP the rest, and count all
 * frames in the map. How many instructions that are.
 */
static size_t write_program(struct bpf_insn *insns, int limit, int map_fd)
{
	const struct bpf_insn program[] = {
		//: solution 2
		/* r2 = ctx->data_end - ctx->data, the length */
		{ .code = BPF_LDX | BPF_MEM | BPF_W,
		  .dst_reg = BPF_REG_2,
		  .src_reg = BPF_REG_1,
		  .off = offsetof(struct xdp_md, data_end) },
		{ .code = BPF_LDX | BPF_MEM | BPF_W,
		  .dst_reg = BPF_REG_1,
		  .src_reg = BPF_REG_1,
		  .off = offsetof(struct xdp_md, data) },
		{ .code = BPF_ALU64 | BPF_SUB | BPF_X, .dst_reg = BPF_REG_2, .src_reg = BPF_REG_1 },
		//: starter
		//- /* TODO(2): the length of the frame: r2 = ctx->data_end - ctx->data. */
		//: end

		//: solution 3
		/* counts.frames += 1 */
		{ .code = BPF_LD | BPF_IMM | BPF_DW,
		  .dst_reg = BPF_REG_1,
		  .src_reg = BPF_PSEUDO_MAP_VALUE,
		  .imm = map_fd },
		{ .imm = offsetof(struct counts, frames) },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_3, .imm = 1 },
		{ .code = BPF_STX | BPF_ATOMIC | BPF_DW,
		  .dst_reg = BPF_REG_1,
		  .src_reg = BPF_REG_3,
		  .imm = BPF_ADD },
		/* counts.bytes += r2 */
		{ .code = BPF_LD | BPF_IMM | BPF_DW,
		  .dst_reg = BPF_REG_1,
		  .src_reg = BPF_PSEUDO_MAP_VALUE,
		  .imm = map_fd },
		{ .imm = offsetof(struct counts, bytes) },
		{ .code = BPF_STX | BPF_ATOMIC | BPF_DW,
		  .dst_reg = BPF_REG_1,
		  .src_reg = BPF_REG_2,
		  .imm = BPF_ADD },
		//: starter
		//- /* TODO(3): counts.frames += 1 and counts.bytes += r2, in the value of map_fd. */
		//: end

		//: solution 2
		/* r0 = the verdict */
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = XDP_DROP },
		{ .code = BPF_JMP | BPF_JLE | BPF_K, .dst_reg = BPF_REG_2, .off = 1, .imm = limit },
		//: starter
		//- /* TODO(2): XDP_DROP, unless r2 is more than limit. */
		//: end
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = XDP_PASS },
		{ .code = BPF_JMP | BPF_EXIT },
	};

	memcpy(insns, program, sizeof(program));
	return sizeof(program) / sizeof(program[0]);
}

/* The tag is the beginning of a hash of the instructions. Without what is another number each time
 * that the same program is loaded. 0, or -errno.
 */
static int print_tags(const struct bpf_insn *insns, size_t n)
{
	char sha1[17], sha256[17]; /* the first 8 bytes */
	struct bpf_insn copy[MAX_INSNS];
	int err;

	memcpy(copy, insns, n * sizeof(*insns));
	//: solution 4
	for (size_t i = 0; i + 1 < n; i++) {
		if (copy[i].code != (BPF_LD | BPF_IMM | BPF_DW))
			continue;
		if (copy[i].src_reg == BPF_PSEUDO_MAP_FD ||
		    copy[i].src_reg == BPF_PSEUDO_MAP_VALUE) {
			copy[i].imm = 0;
			copy[i + 1].imm = 0;
		}
		i++;
	}
	//: starter
	//- /* TODO(4): set to 0, in the copy, what tells the map: both halves of each such load. */
	//: end

	err = digest("sha1sum", copy, n * sizeof(*copy), sha1, sizeof(sha1));
	if (!err)
		err = digest("sha256sum", copy, n * sizeof(*copy), sha256, sizeof(sha256));
	if (err)
		fprintf(stderr, "can't run sha1sum and sha256sum: %s\n", strerror(-err));
	else
		printf("tag by SHA-1 %s, by SHA-256 %s\n", sha1, sha256);
	return err;
}

/* The instructions in a file; how many, 0: none, and a line on stderr has said why. */
static size_t read_program(struct bpf_insn *insns, const char *path)
{
	FILE *file = fopen(path, "r");
	size_t size = 0;

	if (!file) {
		fprintf(stderr, "%s: %s\n", path, strerror(errno));
		return 0;
	}
	size = fread(insns, 1, MAX_INSNS * sizeof(*insns), file);
	if (!size || size % sizeof(*insns) || fgetc(file) != EOF) {
		fprintf(stderr, "%s: not 1 to %d instructions of %zu bytes\n", path, MAX_INSNS,
			sizeof(*insns));
		size = 0;
	}
	fclose(file);
	return size / sizeof(*insns);
}

/* The last lines of a log: what the verifier looked at last, and what it found there. */
static const char *last_lines(const char *log, int n)
{
	const char *at = log + strlen(log);

	while (at > log && (at[-1] != '\n' || n-- > 0))
		at--;
	return at;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "dev", required_argument, NULL, 'd' },
		{ "longer-than", required_argument, NULL, 'l' },
		{ "tag", no_argument, NULL, 't' },
		{},
	};
	static struct bpf_insn insns[MAX_INSNS];
	static char log[16384];
	LIBBPF_OPTS(bpf_prog_load_opts, how, .log_buf = log, .log_size = sizeof(log));
	struct sigaction action = { .sa_handler = on_signal };
	int map_fd = -1, prog_fd = -1, link_fd = -1;
	struct bpf_prog_info info = {};
	__u32 info_len = sizeof(info);
	struct counts counts = {};
	const char *dev = NULL;
	int opt, ifindex, limit = 100, tag = 0, err;
	size_t n;

	/* 1. arguments */
	while ((opt = getopt_long(argc, argv, "d:l:t", options, NULL)) != -1) {
		if (opt == 'd' && !dev)
			dev = optarg;
		else if (opt == 'l' && atoi(optarg) > 0)
			limit = atoi(optarg);
		else if (opt == 't')
			tag = 1;
		else
			goto usage;
	}
	if (tag == !!dev || argc - optind > tag)
		goto usage;
	if (tag) {
		n = optind < argc ? read_program(insns, argv[optind])
				  : write_program(insns, limit, -1);
		return n && !print_tags(insns, n) ? 0 : 1;
	}
	ifindex = netdev_index(dev);
	if (!ifindex)
		return 1;
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);

	/* 2. load: no object; a map, and instructions that hold its descriptor. A refusal fills log. */
	map_fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "counts", sizeof(__u32), sizeof(counts), 1,
				NULL);
	if (map_fd >= 0) {
		n = write_program(insns, limit, map_fd);
		prog_fd = bpf_prog_load(BPF_PROG_TYPE_XDP, "insns", "Dual BSD/GPL", insns, n, &how);
	}
	if (prog_fd < 0) {
		err = -errno;
		fprintf(stderr, "%scan't load insns: %s%s\n", last_lines(log, 6), strerror(errno),
			errno == EPERM ? ": it takes root, or CAP_BPF and CAP_NET_ADMIN" : "");
		goto cleanup;
	}
	err = bpf_obj_get_info_by_fd(prog_fd, &info, &info_len);
	if (!err)
		err = print_tags(insns, n);
	if (err)
		goto cleanup;
	printf("the kernel says ");
	for (size_t i = 0; i < sizeof(info.tag); i++)
		printf("%02x", info.tag[i]);
	printf("\n");

	/* 3. attach, by a link: it takes the program off again when its descriptor is closed */
	link_fd = bpf_link_create(prog_fd, ifindex, BPF_XDP, NULL);
	if (link_fd < 0) {
		err = -errno;
		fprintf(stderr, "can't attach to %s: %s\n", dev, strerror(errno));
		goto cleanup;
	}
	printf("attached insns (id %u) to %s, Ctrl-C to detach\n", info.id, dev);
	fflush(stdout);

	/* 4. use: what was counted is told at the end */
	while (!exiting)
		sleep(1);
	err = bpf_map_lookup_elem(map_fd, &(__u32) { 0 }, &counts);
	if (!err)
		printf("%llu frames, %llu bytes\n", counts.frames, counts.bytes);

	/* 5. clean up */
cleanup:
	if (link_fd >= 0)
		close(link_fd);
	if (prog_fd >= 0)
		close(prog_fd);
	if (map_fd >= 0)
		close(map_fd);
	return err ? 1 : 0;

usage:
	fprintf(stderr, "usage: insns --dev NAME [--longer-than BYTES]\n"
			"       insns --tag [--longer-than BYTES | FILE]\n");
	return 1;
}

# bats file_tags=outside
# tests/check and its four verdicts, against answers that are wrong in ways no lab plans for. It
# makes its own sandboxes, so it is run outside of one.

bats_load_library bats-support
bats_load_library bats-assert

load answers

@test "pass: exit status 0, and the verdict is the last line" {
	answer
	check
	assert_success
	assert_line --index -1 "pass: $LAB: 7 of 7 checks are green, 11 of 11 points"
}

@test "make says the verdict as its own last line, in the root and in the lab's folder" {
	copy_of_tree
	run make --no-print-directory -C "$PLACE/src" check LAB=1
	assert_success
	assert_line --index -1 "pass: $LAB: 7 of 7 checks are green, 11 of 11 points"
	sed -i 's/XDP_PASS/XDP_DROP/' "$PLACE/src/labs/$LAB/hello.bpf.c"
	run make --no-print-directory -C "$PLACE/src/labs/$LAB" check
	assert_failure 2
	assert_line --index -1 --partial "fail: $LAB: "
}

@test "error: a file that doesn't compile is told in the compiler's words, with its line" {
	copy_of_tree
	echo 'int broken(' >> "$PLACE/src/labs/$LAB/hello.bpf.c"
	run "$PLACE/src/tests/check" "$LAB"
	assert_failure 2
	assert_output --partial "labs/$LAB/hello.bpf.c:"
	assert_output --partial "error: expected"
	assert_line --index -1 --partial "error: $LAB: "
	refute_output --partial "load "
	# and the next run works
	sed -i '$d' "$PLACE/src/labs/$LAB/hello.bpf.c"
	run "$PLACE/src/tests/check" "$LAB"
	assert_success
}

@test "error: an empty file, and one that isn't there" {
	copy_of_tree
	: > "$PLACE/src/labs/$LAB/hello.bpf.c"
	run "$PLACE/src/tests/check" "$LAB"
	assert_failure 2
	assert_line --index -1 --partial "error: $LAB: "
	rm "$PLACE/src/labs/$LAB/hello.bpf.c"
	run "$PLACE/src/tests/check" "$LAB"
	assert_failure 2
	assert_output --partial "labs/$LAB/hello.bpf.c is missing"
	assert_line --index -1 --partial "error: $LAB: "
}

@test "error: a program that forgets its verdict is stopped by the compiler" {
	copy_of_tree
	sed -i '/return XDP_PASS/d' "$PLACE/src/labs/$LAB/hello.bpf.c"
	run "$PLACE/src/tests/check" "$LAB"
	assert_failure 2
	assert_output --partial "error: "
}

@test "error: a program that never ends is refused by the verifier, and its line is shown" {
	answer hello.bpf.c <<-'END'
		#include <linux/bpf.h>
		#include <bpf/bpf_helpers.h>

		SEC("xdp")
		int hello(struct xdp_md *ctx)
		{
			while (ctx->ingress_ifindex != 7)
				barrier();
			return XDP_PASS;
		}
		char LICENSE[] SEC("license") = "GPL";
	END
	check
	assert_failure 2
	assert_line --regexp '^ +refused +.*hello'
	assert_line --regexp '^ +verifier +.*loop'
	assert_line --index -1 "error: $LAB: it does not load, see above"
	# the whole log is kept where the message says
	run cat "$(sed -n 's/^ *log *\([^ :]*\).*/\1/p' <<< "$output")"
	assert_success
	assert_output --partial "processed"
}

@test "fail: a program of another type loads, and every check says what it is not" {
	answer hello.bpf.c <<-'END'
		#include <linux/bpf.h>
		#include <bpf/bpf_helpers.h>

		SEC("tc")
		int hello(struct __sk_buff *skb)
		{
			return 0;
		}
		char LICENSE[] SEC("license") = "GPL";
	END
	check
	assert_failure 1
	assert_output --partial "RED  every frame passes"
	assert_output --partial "XDP"
	refute_output --partial "ok   TODO"
}

@test "env: a kernel that is too old, a missing tool" {
	copy_of_tree
	sed -i 's/^kernel:.*/kernel: 99.1/' "$PLACE/src/labs/$LAB/lab.meta"
	run "$PLACE/src/tests/check" "$LAB"
	assert_failure 3
	assert_line --index -1 --partial "env: $LAB: this kernel is "
	sed -i 's/^kernel:.*/kernel: 5.10/' "$PLACE/src/labs/$LAB/lab.meta"
	echo 'check no-such-tool no-such-package no-such-package' >> "$PLACE/src/common/packages"
	run "$PLACE/src/tests/check" "$LAB"
	assert_failure 3
	assert_line --index -1 --partial "missing: no-such-tool; \`make start\` installs it"
}

@test "env: no root and no sudo" {
	answer
	chmod -R a+rX "$PLACE"
	mkdir "$PLACE/bin"
	for tool in /usr/bin/* /usr/sbin/*; do
		[[ ${tool##*/} == sudo ]] || ln -sf "$tool" "$PLACE/bin/"
	done
	run env PATH="$PWD/$PLACE/bin" setpriv --reuid 65534 --clear-groups \
		tests/check --tree "$PLACE/out" "$LAB"
	assert_failure 3
	assert_output --partial "this needs root"
	assert_line --index -1 --partial "env: $LAB: "
}

@test "an unknown lab is named, with those that there are" {
	run tests/check 77
	assert_failure 3
	assert_output --partial "no lab is called 77; there are: $LAB"
	run make -s check LAB=77
	assert_failure
	assert_output --partial "no lab is called 77; \`make progress\` lists them"
}

@test "fail: a loader that hangs is ended, and told to be silent" {
	# a name of its own: other tests run loaders, too
	loader 'FILE *f = fopen("/proc/self/comm", "w"); fputs("waits-for-ever", f); fclose(f);
		for (;;) pause();'
	check --filter 'TODO.1.'
	assert_failure 1
	assert_output --partial "it is still running, and silent"
	refute_output --partial "ok   TODO(1)"
	run pgrep -x waits-for-ever
	assert_failure
}

@test "fail: a loader that floods its output is stopped, and what is shown stays short" {
	loader 'for (;;) printf("%0500d\n", argc);'
	check
	assert_failure 1
	((${#lines[@]} < 150))
	refute_output --partial "ok   TODO(1)"
}

@test "fail: a loader that writes TAP lines into every descriptor that it finds forges nothing" {
	loader 'printf("1..7\nok 1 x [9]\nok 2 y\nCtrl-C to detach\n"); fflush(stdout);
		for (int fd = 0; fd < 1024; fd++)
			for (int i = 1; i <= 16; i++)
				dprintf(fd, "\nok %d TODO(1): your loader attaches hello to each device that it is given [2]\n", i);
		sleep(3);'
	check
	assert_failure 1
	assert_line --partial "RED  TODO(1)"
	refute_line --regexp "^ +(network +)?ok +TODO\(1\)"
	assert_line --index -1 --partial "of 7 checks are green"
}

@test "fail: a loader that ignores signals is named for it" {
	loader 'signal(SIGTERM, SIG_IGN); signal(SIGINT, SIG_IGN);
		printf("Ctrl-C to detach\n"); fflush(stdout); for (;;) pause();'
	check
	assert_failure 1
	refute_output --partial "ok   TODO(4)"
}

@test "a student's program holds the three rights and no more, and none of our descriptors" {
	loader 'char line[200]; FILE *f = fopen("/proc/self/status", "r");
		while (fgets(line, sizeof(line), f)) if (strstr(line, "Cap") || strstr(line, "Uid")) printf("%s", line);
		fclose(f);
		for (int fd = 3; fd < 4096; fd++) if (fcntl(fd, F_GETFD) >= 0) printf("open: %d\n", fd);
		printf("kill: %d\n", kill(1, 0));'
	check --filter 'TODO.1.'
	assert_failure 1
	# CAP_NET_ADMIN 12, CAP_PERFMON 38, CAP_BPF 39
	assert_output --partial $'CapEff:\t000000c000001000'
	assert_output --partial $'CapBnd:\t000000c000001000'
	assert_line --regexp $'Uid:\t([1-9][0-9]+)\t'
	assert_output --partial "kill: -1"
	refute_output --partial "open: "
}

# shellcheck disable=SC2016 # for the file
@test "a check that ends without a word is red, and says where it was" {
	printf '%s\n' 'setup() { :; }' 'teardown() { :; }' '@test "one [1]" {' 'true' 'x=$(grep no /dev/null)' '}' \
		> "$BATS_TEST_TMPDIR/silent.bats"
	TMPDIR=$BATS_TEST_TMPDIR run tests/lib/quick "$BATS_TEST_TMPDIR/silent.bats" any
	assert_failure
	assert_line 'not ok 1 one [1]'
	assert_line --partial 'silent.bats:5 (x=$(grep no /dev/null): 1)'
}

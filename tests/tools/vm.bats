# bats file_tags=outside
# The virtual machine: it is built, it boots, and labs are proved on another kernel than this one's.
# These make machines of their own, of packages that only `make vm` wants (the group vm). Most of what boots
# one is run with VM_TESTS=1.

load machine

setup() { machines; }

@test "a kernel or a lab that nobody knows is said to be so" {
	run -3 vm/image kernel 4.4
	assert_output --partial 'there is no kernel 4.4 in vm/kernels, but 6.1 5.10 6.12 newest'
	run -3 vm/test 77
	assert_output --partial 'no lab is called 77; there are: 01-hello-world'
}

@test "without a terminal there is no shell, and it says what there is instead" {
	run -3 vm/shell 01 < /dev/null
	assert_output --partial 'make vm-test'
}

@test "no space, and no right to write: it says so, and leaves nothing there" {
	local place=$BATS_TEST_TMPDIR/small
	mkdir "$place"
	# a mount that goes with the command
	run -3 unshare --mount bash -c "mount -t tmpfs -o size=9m t '$place' && VM_CACHE='$place' vm/image root; s=\$?
		ls -A '$place'; exit \$s"
	assert_output --partial "$place has 9 MB left, and 2500 MB are needed"
	refute_output --partial .run
	VM_CACHE=/proc/none run -3 vm/image root
	assert_output --partial "/proc/none can't be written"
}

@test "an image is made once: the second time it takes no second" {
	local first second began
	first=$(vm/image kernel 6.1)
	began=${EPOCHREALTIME/./}
	second=$(vm/image kernel 6.1)
	((${EPOCHREALTIME/./} - began < 1000000))
	assert_equal "$second" "$first"
	assert [ -s "$first/linux" ]
	assert [ -s "$first/initrd" ]
}

# A minute of an emulated processor, in a machine that has no compiler
# shellcheck disable=SC2016 # for the shell there
@test "Linux 6.1: labs 01 and 02, and what other kernels refuse: fexit, freplace behind xdp-loader, a kprobe" {
	# hello-map of lab 04 on a kprobe instead of a tracepoint
	mkdir "$BATS_TEST_TMPDIR/kprobe"
	sed -e 's|SEC("raw_tp/sys_enter")|SEC("ksyscall/execve")|' -e 's|struct bpf_raw_tracepoint_args|void|' \
		-e '/args\[/,/return 0;/d' labs/04-maps/solution/hello-map.bpf.c > "$BATS_TEST_TMPDIR/kprobe/hello-map.bpf.c"
	rm -rf build/tests/kprobe
	make -s tree LAB=04 SRC="$BATS_TEST_TMPDIR/kprobe" OUT=build/tests/kprobe
	ROOT_FOR=run LIMIT=900 RUN='
		for lab in 01-hello-world 02-verdicts; do
			tests/lib/sandbox --trace tests/lib/stages $lab all < <(printf "%s\nbuilt\n" build/solution/$lab)
			echo "$lab: $?"
		done
		tests/lib/sandbox --trace tests/lib/stages 10-watching-and-testing all "exits counts" \
			< <(printf "%s\nbuilt\n" build/solution/10-watching-and-testing)
		ip link add veth0 type veth peer name veth1 && xdp-loader load veth0 build/tools/pass.bpf.o &&
			xdp-loader load veth0 build/solution/01-hello-world/hello.bpf.o && xdp-loader status veth0
		build/tests/kprobe/hello-map > /tmp/said &
		timeout 60 sh -c "until grep Ctrl-C /tmp/said; do :; done"
		for i in 1 2 3; do setpriv --reuid 5005 /bin/true; done
		bpftool link
		kill $! && wait; cat /tmp/said' \
		run -0 vm/test 01 02 10
	assert_line '01-hello-world: 0'
	assert_line --regexp '^ok [0-9]+ TODO\(1\): your loader attaches hello'
	assert_line '02-verdicts: 0'
	assert_line --regexp '^ok [0-9]+ exits counts each verdict of a program that it doesn.t touch$'
	assert_line --regexp '^veth0 +xdp_dispatcher +native '
	assert_line --regexp '^ => +50 +hello .* XDP_PASS'
	assert_line --regexp '^ => +50 +pass .* XDP_PASS'
	assert_line --regexp 'perf_event +prog '
	assert_line 'ID 5005: 3'
}

@test "Linux 6.1: the solutions of labs 01 and 02 are green" {
	boots
	JOBS=solution LIMIT=500 run -0 vm/test 01 02
	assert_line --regexp '^kernel 6\.1\.'
	assert_line --partial 'ok 01-hello-world: TODO(1)'
	assert_line --partial 'ok 02-verdicts: TODO(1)'
	assert_line --regexp '^[0-9]+ passed, 0 failed, 0 skipped$'
}

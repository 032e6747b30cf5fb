# bats file_tags=outside
# tests/doctor on machines that lack something: PATH without a tool, a mount that fails, another
# user. It makes its own sandboxes, so it is run outside of one.

bats_require_minimum_version 1.5.0
bats_load_library bats-support
bats_load_library bats-assert

setup() {
	cd "$BATS_TEST_DIRNAME/../.." || return
	unset MAKEFLAGS MAKELEVEL
	PATH=$PATH:/usr/sbin:/sbin
}

doctor() {
	run timeout -k 1 60 "${FROM:-.}/tests/doctor" "$@" < /dev/null
}

# PATH as of a machine on which these were never installed
without() { # COMMAND...
	local links=$BATS_TEST_TMPDIR/bin command
	mkdir "$links"
	find -L /usr/local/sbin /usr/local/bin /usr/sbin /usr/bin /sbin /bin -maxdepth 1 -type f \
		-perm /111 -print0 2> /dev/null | xargs -0 ln -sf -t "$links"
	chmod 755 "$BATS_RUN_TMPDIR" "$BATS_TEST_TMPDIR/.." "$BATS_TEST_TMPDIR" "$links"
	for command; do rm -f "$links/$command"; done
	PATH=$links
	# Fedora has one folder for all programs, and that one is always looked through
	if type -P "$1" || PATH=$PATH:/usr/sbin:/sbin type -P "$1"; then
		skip "$1 can't be hidden here"
	fi
}

# A mount on which one type of file system can't be mounted
mount_without() { # TYPE
	mkdir "$BATS_TEST_TMPDIR/fake"
	cat > "$BATS_TEST_TMPDIR/fake/mount" <<- END
		#!/bin/sh
		case "\$*" in *"-t $1"*) echo "mount: unknown filesystem type '$1'." >&2; exit 32 ;; esac
		exec $(type -P mount) "\$@"
	END
	chmod +x "$BATS_TEST_TMPDIR/fake/mount"
	PATH=$BATS_TEST_TMPDIR/fake:$PATH
}

# A copy of the workbook, with its built tools, that a test may change
copy_of_tree() {
	FROM=$BATS_TEST_TMPDIR/tree
	mkdir -p "$FROM/build"
	cp -r Makefile common tests labs "$FROM/"
	cp -rp build/tools build/common "$FROM/build/"
	find "$FROM/common" -exec touch -d '1 hour ago' {} +
	cat >> "$FROM/tests/lib/features.bash" <<- 'END'
		feature_flying() { lacks "this machine has no wings" "grow wings"; }
	END
}

@test "where all is there: ready, proved by a packet, exit status 0; plain text for people" {
	local before
	before=$(ip -br link && find /sys/fs/bpf -name 'probe*')
	doctor
	assert_success
	# nothing is left behind
	assert_equal "$(ip -br link && find /sys/fs/bpf -name 'probe*')" "$before"
	assert_line --regexp '^  ok   kernel +Linux [0-9]'
	assert_line --regexp '^  ok   rights +root'
	assert_line --regexp 'libbpf [1-9]'
	assert_line --regexp '^  ok   packet +.*it saw 1 ping'
	assert_line --regexp '^  ok   native-xdp '
	assert_line --regexp '^  ok   01-hello-world '
	assert_regex "${lines[-1]}" '^ready: [0-9]+ of [0-9]+ labs will run here'
	# no escapes outside of a terminal, at most 100 columns
	refute_output --partial $'\e'
	run awk 'length > 100' <<< "$output"
	assert_output ""
}

@test "--short says nothing of what is well" {
	doctor --short
	assert_success
	refute_output --partial '  ok '
	assert_regex "${lines[-1]}" '^  ready: '
}

@test "without clang: the command that installs it, and make start as the first thing to do" {
	without clang
	doctor
	assert_failure 3
	assert_line --regexp '^  no   missing +clang$'
	assert_line --regexp '^ +cure: .* install .*clang'
	assert_regex "${lines[-1]}" '^not ready: 0 of [0-9]+ labs will run here; first: make start$'
}

@test "with a bpftool that has nothing for this kernel, as Ubuntu's script: named, with the cure" {
	mkdir "$BATS_TEST_TMPDIR/fake"
	printf '#!/bin/sh\nexit 2\n' > "$BATS_TEST_TMPDIR/fake/bpftool"
	chmod +x "$BATS_TEST_TMPDIR/fake/bpftool"
	PATH=$BATS_TEST_TMPDIR/fake:$PATH
	doctor
	assert_failure 3
	assert_line --regexp '^  no   bpftool '
	assert_line --regexp '^ +cure: .*(install|ln -sf) .*(bpftool|linux-tools-)'
}

@test "neither root nor sudo: all that can be said is said, and nothing is asked" {
	setpriv --reuid 65534 --clear-groups test -r tests/doctor ||
		skip "another user can't read this folder"
	without sudo
	run timeout -k 1 60 setpriv --reuid 65534 --clear-groups tests/doctor < /dev/null
	assert_failure 3
	assert_line --regexp '^  no   rights +neither root nor sudo'
	assert_line --partial "cure: su -c 'make doctor'"
	assert_line --regexp 'clang [0-9]'
	assert_line --regexp '^  no   packet +not tried: it takes root'
}

@test "root of a container without CAP_SYS_ADMIN: --privileged is the cure" {
	run timeout -k 1 60 setpriv --bounding-set -sys_admin tests/doctor < /dev/null
	assert_failure 3
	assert_line --regexp '^  no   rights +root, but of a container'
	assert_line --partial '--privileged'
}

@test "root in a user namespace only: it says so" {
	unshare -r true || skip "no user namespaces here"
	run timeout -k 1 60 unshare -r tests/doctor < /dev/null
	assert_failure 3
	assert_line --regexp '^  no   rights +root, but only inside a user namespace'
}

@test "a kernel without bpffs: no sandbox, no lab" {
	mount_without bpf
	doctor
	assert_failure 3
	assert_line --regexp '^  no   packet +not tried: there can be no sandbox'
	assert_regex "${lines[-1]}" '^not ready: 0 of '
}

@test "a kernel without tracefs: labs that need the trace don't run, and the packet does" {
	mount_without tracefs
	doctor
	assert_line --regexp '^  ok   packet '
	assert_line --regexp '^  --   trace +no trace of our own: (tracefs|the private trace) can.t be mounted'
	assert_line --regexp '^  no   01-hello-world +no trace of our own'
}

@test "a kernel that doesn't describe its types: the feature btf is missing" {
	run -1 unshare --mount bash -c '
		mount -t tmpfs none /sys/kernel/btf && . tests/lib/features.bash && feature btf'
	assert_line --index 0 --partial 'no /sys/kernel/btf/vmlinux'
}

@test "a lab that needs what is missing doesn't run; the others do" {
	copy_of_tree
	mkdir "$FROM/labs/77-wings"
	printf 'title: fly\nkernel: 5.10\nneeds: flying\n' > "$FROM/labs/77-wings/lab.meta"
	doctor
	assert_success
	assert_line --regexp '^  no   77-wings +this machine has no wings'
	assert_line --regexp '^  --   flying +this machine has no wings'
	assert_line --partial 'cure: grow wings'
	assert_line --regexp '^ready: ([0-9]+) of '
	refute_line --regexp '^  ok   77-wings'
}

@test "a lab for a newer kernel doesn't run" {
	copy_of_tree
	sed -i 's/^kernel:.*/kernel: 99.1/' "$FROM/labs/01-hello-world/lab.meta"
	doctor
	assert_line --regexp '^  no   01-hello-world +the kernel is .*, and it needs 99.1'
}

@test "a single check that needs what is missing is named, and the lab runs" {
	copy_of_tree
	printf '@test "TODO(9): it flies" {\n\tneeds flying\n}\n' >> "$FROM/tests/01-hello-world.bats"
	doctor
	assert_success
	assert_line --regexp '^  ok   01-hello-world'
	assert_line --partial 'skipped: TODO(9): it flies: this machine has no wings'
	assert_regex "${lines[-1]}" '^ready: .*, but for 1 of their checks$'
}

@test "needs: the check is skipped with the reason; an unknown name is red, not skipped" {
	# bats would take a line that begins with @test for its own
	sed 's/^check/@test/' > "$BATS_TEST_TMPDIR/needs.bats" <<- END
		. $PWD/tests/lib/features.bash
		feature_flying() { lacks "no wings" "grow some"; }
		feature_walking() { echo "it has legs"; }
		check "flies" { needs walking flying; false; }
		check "walks" { needs walking; }
		check "swims" { needs swimming; }
	END
	run -1 bats --tap "$BATS_TEST_TMPDIR/needs.bats"
	assert_line 'ok 1 flies # skip flying: no wings'
	assert_line 'ok 2 walks'
	assert_line 'not ok 3 swims'
	assert_line --partial 'no feature is called swimming'
}

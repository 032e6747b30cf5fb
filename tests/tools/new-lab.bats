# bats file_tags=outside
# make new-lab: what it makes is a whole lab, which `make test` proves; what it refuses leaves nothing.

bats_load_library bats-support
bats_load_library bats-assert

setup_file() {
	unset MAKEFLAGS MAKELEVEL LAB PROVE_INSIDE
	cd "$BATS_TEST_DIRNAME/../.." || return
	export TREE=$PWD/build/proof/new-lab
	rm -rf "$TREE"
	mkdir -p "$TREE/build"
	# two labs are enough
	git ls-files -z -co --exclude-standard -- ':!labs/0[13-9]*' ':!labs/1*' ':!tests/tools/*.bats' |
		xargs -0 cp --parents -t "$TREE"
	cp -a build/common build/tools "$TREE/build/"
	cd "$TREE" && git init -q . && git add -A && git -c user.name=x -c user.email=x@x commit -qm x
}

teardown_file() {
	rm -rf "$TREE"
}

setup() {
	cd "$TREE" || return
}

# Nothing was made, and nothing changed
assert_nothing() {
	run git status --short
	assert_output ''
	run find build -name '.new-lab*'
	assert_output ''
}

refused() { # NAME WHY
	run make new-lab NAME="$1"
	assert_failure
	assert_output --partial "$2"
	assert_nothing
}

@test "a name that is none, or too long, is refused" {
	refused '' 'say what it shall be called, as in: make new-lab NAME=01-parsing'
	local name
	for name in parsing 3-parsing 11_parsing 11-Parsing 11- 11-parsing- 11--parsing 00-zero ../11-x '11-a b' \
		11-2nd '11-x;id' 11-größe $'11-a\n11-b'; do
		refused "$name" 'is no name of a lab'
	done
	refused '11-abcdefghijklmnopqrstuvwxyz-abcdefghijklmnop' 'is too long'
}

@test "a number that is taken is refused, with the next free one" {
	refused 02-other 'number 02 is taken, by 02-verdicts; the next free one is 01'
}

@test "a name whose program would hide a command is refused" {
	refused 11-ping 'would be called ping'
	refused 11-traffic 'would be called traffic'
	refused 11-peer 'would be called peer'
}

@test "what is left of a lab is not written over" {
	touch tests/11-parsing.bats
	run make new-lab NAME=11-parsing
	assert_failure
	assert_output --partial 'tests/11-parsing.bats is there already'
	rm tests/11-parsing.bats
	assert_nothing
}

# (mounted in a namespace that ends with the command)
@test "where it can't be written, nothing is made" {
	run unshare --mount sh -c 'mount --bind tests tests && mount -o remount,ro,bind tests &&
		make new-lab NAME=11-parsing'
	assert_failure
	assert_output --partial "it can't be written, so nothing was made"
	assert_nothing
}

@test "a full disk: nothing is made" {
	run unshare --mount sh -c 'mount -t tmpfs -o size=8k tmpfs build && make new-lab NAME=11-parsing'
	assert_failure
	assert_output --partial "it can't be written, so nothing was made"
	assert_nothing
}

@test "the new lab is red, its solution passes, make test proves all of it, nothing is drift" {
	run make new-lab NAME=11-fast-path
	assert_success
	assert_line 'labs/11-fast-path is made. It builds, and is red: make check LAB=11'
	assert_line 'How: docs/writing-a-lab.md'
	assert_equal "$(printf '%s\n' "${lines[@]}" | awk 'length > 100')" ''
	run grep -rlE 'NN-name|new[-_]stem|LAB_' labs/11* tests/11* tests/mutants/11*
	assert_output ''
	grep -q '^after: 02$' labs/11-fast-path/lab.meta
	run make check LAB=11
	assert_failure
	assert_line --index -1 --partial 'fail: 11-fast-path: 1 of 3 checks are green'
	run make -C labs/11-fast-path check SOLUTION=1
	assert_success
	run make -s drift
	assert_success
	run tests/prove 11
	assert_success
	assert_line --regexp '^ok worksheet 11-fast-path : [0-9]+ commands, 0 of them'
	assert_line 'planted wrong answers of 11-fast-path caught: 6 of 6'
	assert_line --index -1 --regexp '^[0-9]+ passed, 0 failed, 0 skipped$'
}

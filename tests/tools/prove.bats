# bats file_tags=outside
# What proves the checks must itself be able to fail.

bats_load_library bats-support
bats_load_library bats-assert

LAB=01-hello-world

setup() {
	unset MAKEFLAGS MAKELEVEL
	cd "$BATS_TEST_DIRNAME/../.." || return
	TREE=$PWD/build/proof/prove/$BATS_SUITE_TEST_NUMBER
	rm -rf "$TREE"
	mkdir -p "$TREE/build"
	# one lab is enough
	git ls-files -z -co --exclude-standard -- ':!labs/0[2-9]*' ':!labs/[1-9]*' | xargs -0 cp --parents -t "$TREE"
	cp -r build/common build/tools build/student build/solution "$TREE/build/"
	cd "$TREE" || return
	git init -q . && git add -A
}

teardown() {
	rm -rf "$TREE"
}

@test "a planted wrong answer that nothing catches is reported" {
	cat >> tests/mutants/$LAB <<-'END'

		mutant  harmless: this is no mistake at all
		catch   TODO(2): the greeting
		file    hello.bpf.c
		sed     s/return XDP_PASS;/return 2;/
	END
	run tests/lib/proof wrong $LAB harmless
	assert_line --index 0 --partial "not ok mutant $LAB harmless: no check \"TODO(2): the greeting\" is red"
}

@test "a planted wrong answer that another check than the named one catches is reported" {
	sed -i 's/^catch   every frame passes/catch   TODO(2): the greeting/' tests/mutants/$LAB
	run tests/lib/proof wrong $LAB swallowed
	assert_line --index 0 --partial "not ok mutant $LAB swallowed"
}

@test "an edit that changes nothing, or doesn't build, is reported" {
	sed -i 's/^sed .*XDP_DROP.*/sed     s,nothing,else,/' tests/mutants/$LAB
	run tests/lib/proof wrong $LAB swallowed
	assert_line --index 0 "not ok mutant $LAB swallowed: it should build"
	assert_output --partial "the edit changes nothing in hello.bpf.c"
	sed -i 's/^sed .*nothing.*/sed     s,return XDP_PASS,retrun XDP_PASS,/' tests/mutants/$LAB
	run tests/lib/proof wrong $LAB swallowed
	assert_line --index 0 "not ok mutant $LAB swallowed: it should build"
}

@test "a starter that solves a TODO is reported, and so is a solution that is red" {
	cp build/solution/$LAB/hello.bpf.o build/student/$LAB/
	run tests/lib/proof starter $LAB
	assert_line --index 0 --partial "TODO(2) is green in the starter"
	cp build/student/$LAB/hello build/solution/$LAB/
	run tests/lib/proof solution $LAB
	assert_line --partial "not ok solution $LAB"
}

@test "a TODO that no check looks at is reported" {
	sed -i 's/TODO(3): --detach takes/--detach takes/' tests/$LAB.bats
	run tests/lib/proof wrong $LAB 3
	assert_line --index 0 --partial "not ok cut $LAB 3"
}

@test "a worksheet that shows what doesn't come is reported, with both" {
	cat > labs/$LAB/README.md <<-'END'
		```console
		$ echo one; echo two
		one
		…
		$ echo one; echo two
		one
		three
		```
	END
	run tests/lib/worksheet $LAB
	assert_failure
	assert_line "README.md:5: echo one; echo two"
	assert_line "    three"
	assert_line "2 commands, 1 of them print something else"
}

@test "a worksheet without a command, or with one that hangs, is reported" {
	echo "no command" > labs/$LAB/README.md
	run tests/lib/worksheet $LAB
	assert_failure
	assert_output --partial "there is no command in the worksheet"
	# shellcheck disable=SC2016
	printf '```console\n$ sleep 4711\n```\n' > labs/$LAB/README.md
	WORKSHEET_SECONDS=1 run tests/lib/worksheet $LAB
	assert_failure
	assert_output --partial "(and then nothing for 1 seconds)"
	run pgrep -f 'sleep 4711'
	assert_failure
}

@test "in a worksheet, what is shown is compared to the letter, but for …" {
	cat > labs/$LAB/README.md <<-'END'
		```console
		$ echo 'a * [b] ? \c $d'
		a * [b] ? \c $d
		$ echo 'id 4711 tag abc'
		id … tag …
		$ true
		$ echo 1; echo 2; echo 3
		1
		…
		3
		…
		$ (read -r -t 0.2 < <(sleep 5); echo late) &
		late
		$ echo 'r2 = 0xc, call 6'
		r2 = 12, call 0x6
		$ echo here
		elsewhere
		```
		1. Or, on another machine:
		```console or
		he…
		```
	END
	run tests/lib/worksheet $LAB
	assert_success
	assert_line --index -1 "7 commands, 0 of them print something else"
	sed 's/= 12/= 13/; s/^he…/thére/' labs/$LAB/README.md > README.new && mv README.new labs/$LAB/README.md
	run tests/lib/worksheet $LAB
	assert_failure
	assert_line --index -1 "7 commands, 2 of them print something else"
	sed -i 's/^a \* /a x /' labs/$LAB/README.md
	run tests/lib/worksheet $LAB
	assert_failure
}

@test "a starter that was edited by hand is drift, and make starters mends it" {
	sed -i 's/TODO(2)/TODO (2)/' labs/$LAB/hello.bpf.c
	run make -s drift
	assert_failure
	assert_output --partial "labs/$LAB/hello.bpf.c is not what"
	make -s starters
	run make -s drift
	assert_success
}

@test "a bats file whose tests don't all run is reported" {
	printf '@test "one" { true; }\n@test "two" { true; }\n' > x.bats
	# shellcheck disable=SC2016
	sed -i 's/bats --tap "$lab"/bats --tap --filter one "$lab"/' tests/lib/proof
	run tests/lib/proof bats x.bats
	assert_line --partial "only 1 of 2 tests were run"
}

@test "nothing proved is a failure" {
	rm -r labs/*
	run tests/prove
	assert_failure
	refute_line --regexp '^[1-9][0-9]* passed, 0 failed'
}

# bats file_tags=outside
# make grade: what counts as a pass, what becomes of a hand-in, what is written. The hostile class is
# `make grade-selftest`.

bats_load_library bats-support
bats_load_library bats-assert

setup() {
	cd "$BATS_TEST_DIRNAME/../.." || return
	unset MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES
	WORK=$BATS_TEST_TMPDIR
	# each in a machine: tests/tools/throwaway.bats
	export ISOLATION=sandbox
}

# Wait for a condition, half a minute at most
wait_until() { # WHAT CMD...
	local what=$1 quiet
	shift
	exec {quiet}<> <(:)
	for _ in {1..1500}; do
		"$@" > /dev/null 2>&1 && exec {quiet}>&- && return
		read -r -t 0.02 -u "$quiet" || true
	done
	fail "not within half a minute: $what"
}

no_grader() { # OUT
	! grep -zqsF -- "$1" /proc/[0-9]*/cmdline
}

# A verdict on standard input's stream, about a lab of three checks: "VERDICT POINTS: REASON"
judge() { # [DIED]
	jq -R -s -r -f tests/lib/grade/verdict.jq --argjson class '[{
		"labs": [{"lab": "01-a", "title": "t", "weight": 1}], "plan": [
		"01-a\tpublic\tpackets\tone [1]", "01-a\tpublic\tnetwork\tTODO(1): two [2]",
		"01-a\tpublic\tnetwork\tthree [4]"]}]' --argjson starter '[]' --argjson passed "${PASSED:-[]}" \
		--arg student x --arg entry x --arg digest '' --arg given '' --arg isolation sandbox \
		--arg died "${1-}" --arg started 0 --arg seconds 0.0 | tee "$WORK/judged" | tail -n +2 | tee "$WORK/result" |
		jq -r '"\(.verdict) \(.points): \(.labs[0].reason)"'
}

# What a hand-in that passes says, through sed
said() { # [SED...]
	printf '%s\n' '@graded 1' '@took 01-a x.c' 'd +x' '@built 01-a 0' 't # loaded' 't 1..1' 't ok 1 one [1]' \
		't # network' 't 1..2' 't ok 1 TODO(1): two [2]' 't ok 2 three [4]' '@run 01-a 0' '@end' | sed "$@"
}

is() { # VERDICT-AND-POINTS [WORDS]
	assert_output --partial "$1: "
	[[ -z ${2-} ]] || assert_output --partial "$2"
}

@test "a pass takes every planned line, once, in its order, and the exit status" {
	run judge < <(said '')
	is 'pass 7'
	run judge < <(said -e 's/ok 1 TODO/not &/' -e 's/@run 01-a 0/@run 01-a 1/')
	is 'fail 5'
}

@test "a missing, doubled, unknown or malformed line is never a pass" {
	for edit in '/ok 2 three/d' '/ok 1 one/d' '/t 1..2/d' 's/t 1..2/t 1..3/' 's/ok 2 three/ok 2 tree/' \
		's/ok 2 three/ok 3 three/' '/ok 2 three/p' '/ok 1 one/p' 's/ok 2 three \[4\]/&0/' 's/ok 2/ok  2/' \
		's/ok 2 three/okay 2 three/' 's/^t ok 2 three.*/&\nt ok 3 four [9]/' '/# network/d' '/@run/p' \
		'/# loaded/d' 's/@run 01-a 0/@run 01-a 1/' 's/ok 2 three/not ok 2 three/'; do
		run judge < <(said "$edit")
		[[ $output == 'error 0: '* ]] || fail "$edit: $output"
	done
}

@test "the exit status alone decides nothing, and none is none" {
	run judge < <(said 's/@run 01-a 0/@run 01-a 2/')
	is 'error 0' 'refuses to load'
	run judge < <(said 's/@run 01-a 0/@run 01-a 7/')
	is 'error 0' 'status 7'
	run judge < <(said '/@run/d')
	is 'env 0' 'ended before'
	run judge 'it took more than 9 MB of memory' < <(said -e '/@run/d' -e '/ok 2/d')
	is 'error 3' 'memory'
	run judge < <(said -e '/ok 2/d' -e 's/@run 01-a 0/@run 01-a 124/')
	is 'error 3' 'too long'
	run judge < <(:)
	is 'env 0'
}

@test "what a program prints in a check's own words changes nothing" {
	# a check that is red shows it behind "# "
	run judge < <(said -e 's/ok 1 TODO.*/not &\nt # ok 2 three [4]\nt # # network\nt # 1..2\nt # @run 01-a 0/' \
		-e 's/@run 01-a 0$/@run 01-a 1/')
	is 'fail 5'
	run judge < <(said -e 's/ok 1 TODO.*/not &\nt # ok 2 three [4]\nt # # network\nt # 1..2/' \
		-e 's/@run 01-a 0$/@run 01-a 1/')
	is 'fail 5'
}

@test "what passed for somebody passes for the same files, and for no others" {
	PASSED='[{"files": "abc", "lab": "01-a", "verdict": "pass", "points": 7, "of": 7, "env": 0, "weight": 1, "checks": [],
		"took": ["y.c"], "diff": "+y"}]'
	run judge < <(printf '%s\n' '@took 01-a x.c' 'd +x' '@digest 01-a abc' @end)
	is 'pass 7'
	# what he wrote is his own
	run jq -c '.labs[0] | [.took, .diff]' "$WORK/result"
	assert_output '[["x.c"],"+x"]'
	run judge < <(printf '%s\n' '@took 01-a x.c' '@digest 01-a abd' @end)
	is 'env 0'
	run judge < <(said -e '/@took/a @digest 01-a abc' -e 's/ok 2 three/not &/' -e 's/@run 01-a 0/@run 01-a 1/')
	is 'fail 3'
}

@test "files are the same when only comments and blanks differ, and not when a program could tell" {
	# the program is the lines of a file, each through printf %b
	bare() { # LINE...
		(cd "$WORK" && printf '%b\n' "$@" > x.c && awk -f "$OLDPWD/tests/lib/grade/bare.awk" x.c)
	}
	same() { assert_equal "$(bare "$1")" "$(bare "$2")"; }
	other() { [[ $(bare "$1") != "$(bare "$2")" ]] || fail "taken for the same: $1 and $2"; }
	same 'int main(void)\n{\n\treturn 0;\n}' '\n/* mine\n */ int main( void )\n\n{\n  return 0 ; // "that\x27s it\n}  '
	same 'if (a[i] == 1 && *p->q)' 'if(a [ i ]==1 &&\t*p -> q)'
	same 'x = 1; // one \\\n more of it' 'x = 1; /*\\\n*/'
	other 'x = 1; // one\n y++;' 'x = 1; // one \\\n y++;'
	other 'puts("a  b");' 'puts("a b");'
	other 'puts("/* a */");' 'puts("");'
	other 'puts("\\"); // a' 'puts("\\"); // b"\\"); // a'
	other "c = ' ';" "c = '\t';"
	same "c = '\"'; // \"" "c = '\"';"
	other 'a - -b' 'a --b'
	other 'a + +b' 'a ++ b'
	other 'int a;' 'inta;'
	other 'x = 1.5;' 'x = 1 .5;'
	other 'x = 0xe+1;' 'x = 0xe + 1;'
	other '#define f(x) 1' '#define f (x) 1'
	same '#define f(x) 1' '#define   f(x)\t1 // f'
	other 'a /*b*/ c' 'a /*b*/ d'
	same 'a/*b*/c' 'a c'
	other 'puts(R"(/*)"); a(); puts("*/");' 'puts(R"(/*)"); b(); puts("*/");'
	# a check counts lines of code; and where its line is a value
	other 'if (a)\n\tb();' 'if (a) b();'
	other 'a = __LINE__;' '\na = __LINE__;'
	# what no compiler reads is as it is
	printf 'a = 1\n' > "$WORK/answers.txt" && printf 'a  = 1\n' > "$WORK/answers2.txt"
	refute [ "$(awk -f tests/lib/grade/bare.awk "$WORK/answers.txt" | tail -n 1)" == \
		"$(awk -f tests/lib/grade/bare.awk "$WORK/answers2.txt" | tail -n 1)" ]
	# nor does a hostile one take long
	for name in '"' "/**/" 'a b ' '\\\n' '// \\\n'; do
		for _ in {1..2000}; do printf '%b' "$name$name$name$name$name$name$name$name"; done > "$WORK/x.c"
		timeout 2 awk -f tests/lib/grade/bare.awk "$WORK/x.c" > "$WORK/bare"
	done
}

@test "what was late or could not be checked is named for another try, and nothing else" {
	again() {
		judge "$@" > /dev/null
		head -n 1 "$WORK/judged"
	}
	run again < <(said '')
	assert_output 'pass 7/7 -'
	run again < <(said -e 's/ok 2 three/not &/' -e 's/@run 01-a 0/@run 01-a 1/')
	assert_output 'fail 3/7 -'
	run again < <(said -e '/ok 2/d' -e 's/@run 01-a 0/@run 01-a 124/')
	assert_output 'error 3/7 01-a'
	run again < <(said 's/@built 01-a 0/@built 01-a 124/')
	assert_output 'error 0/7 01-a'
	run again 'it took too long, and was ended' < <(said '/@run/d')
	assert_output 'error 7/7 01-a'
	run again 'it took more than 9 MB of memory' < <(said '/@run/d')
	assert_output 'error 7/7 -'
	run again < <(said 's/@run 01-a 0/@run 01-a 3/')
	assert_output 'env 0/7 01-a'
}

@test "env costs no points: a skipped check, and a lab that the machine can't check" {
	run judge < <(said 's/ok 2 three \[4\]/& # skip no such kernel/')
	is 'env 3'
	[[ $(jq '"\(.of) \(.env)"' "$WORK/result") == '"7 4"' ]]
	run judge < <(said -e 's/ok 1 TODO.*/not &\nt # env no network/' -e 's/@run 01-a 0/@run 01-a 3/')
	is 'env 0' 'no network'
}

@test "wrong options are named, and nothing is begun" {
	run env SUBMISSIONS= common/bin/grade
	assert_failure 3
	assert_output --partial 'make grade SUBMISSIONS=folder'
	run env SUBMISSIONS="$WORK/none" common/bin/grade
	assert_output --partial 'is no folder'
	run env SUBMISSIONS="$WORK" LABS=77 common/bin/grade
	assert_output --partial 'LABS=77: there are 01-'
	run env SUBMISSIONS="$WORK" JOBS=many common/bin/grade
	assert_output --partial 'JOBS=many is no number'
	run env SUBMISSIONS="$WORK" ISOLATION=none common/bin/grade
	assert_output --partial 'no isolation is called none'
	run env SUBMISSIONS="$WORK" LABS=01 OUT="$WORK/out" common/bin/grade
	assert_output --partial 'nothing is handed in'
	# what has no machine for each does not run strangers' programs instead
	mkdir "$WORK/bin" && ln -s "$(type -P env)" "$(type -P bash)" "$WORK/bin"
	for tool in dirname realpath nproc find sort cut sed awk xargs echo cat tr grep apt-get apt-cache jq git bsdtar parallel; do
		ln -sf "$(type -P $tool)" "$WORK/bin"
	done
	run env -u ISOLATION PATH="$WORK/bin" SUBMISSIONS="$WORK" LABS=01 OUT="$WORK/none" common/bin/grade
	assert_failure 3
	assert_line --partial 'grade: each hand-in gets a machine of its own, and for that this one lacks qemu-system-x86_64'
	assert_line --regexp '^apt-get install .* qemu-system-x86( |$)'
	assert_line --partial 'ISOLATION=sandbox'
	assert [ ! -e "$WORK/none" ]
	mkdir "$WORK/class" && touch "$WORK/class/x.zip" "$WORK/class/x.tar.gz"
	run env SUBMISSIONS="$WORK/class" LABS=01 OUT="$WORK/out" common/bin/grade
	assert_failure 3
	assert_output --partial 'two hand-ins of one student: x.tar.gz and x.zip'
}

@test "a class: results, every form of them, a second run, and a student who came late" {
	local lab=labs/01-hello-world name grader
	for name in perfect 'half <i>done'; do
		mkdir -p "$WORK/class/$name/01-hello-world"
		cp $lab/solution/hello.bpf.c "$WORK/class/$name/01-hello-world"
	done
	cp $lab/solution/hello.c "$WORK/class/perfect/01-hello-world"
	# shellcheck disable=SC2030
	export SUBMISSIONS=$WORK/class LABS=1 OUT=$WORK/out
	run common/bin/grade
	assert_success
	assert_line --partial 'pass 11/11 perfect'
	assert_line --partial 'fail 4/11 half <i>done'
	run cat "$OUT/grades.csv"
	assert_line '"half <i>done",4,11,0,"fail",4'
	assert_line '"perfect",11,11,0,"pass",11'
	# well formed, and nothing that a student wrote is markup
	run xmllint --noout "$OUT"/junit/*.xml
	assert_success
	for page in "$OUT"/students/*.html "$OUT/index.html"; do
		run xmllint --noout "$page"
		assert_success
		run grep -c '<i>done\|<script' "$page"
		assert_output 0
	done
	run jq -c '[([.tests[].score] | add), ([.tests[].max_score] | add)]' "$OUT"/gradescope/half*.json
	assert_output '[4,11]'
	run jq -c '[.version, .status, .max_score, ([.tests[].score] | add)]' "$OUT"/classroom/half*.json
	assert_output '[1,"fail",11,4]'

	# again, elsewhere, on two machines (the other one is reached by a program in ssh's place): the same
	# but for times
	# shellcheck disable=SC2016
	printf '#!/bin/sh\necho "$*" > "%s/far"\nshift\n[ "$1" != -- ] || shift\nexec sh -c "$*"\n' "$WORK" > "$WORK/ssh"
	chmod +x "$WORK/ssh" && printf '1/:\n1/%s far\n' "$WORK/ssh" > "$WORK/nodes"
	mkdir "$WORK/other" && cp "$OUT/.salt" "$WORK/other"
	run env -u SHELL OUT="$WORK/other" NODES="$WORK/nodes" common/bin/grade
	assert_success
	assert [ -s "$WORK/far" ]
	for name in "$OUT/results"/*; do
		diff <(jq 'del(.times)' "$name") <(jq 'del(.times)' "$WORK/other/results/${name##*/}") || fail "$name differs"
	done
	run diff -r -x '.*' -x results "$OUT" "$WORK/other"
	assert_output ''

	# one comes late, with what one wrote who passed, one hands in again: the others are kept. And all that
	# while it was killed in the middle
	cp -r "$WORK/class/perfect" "$WORK/class/late"
	sed -i 's/;$/; \/\/ mine/; s/\t/   /' "$WORK/class/late/01-hello-world"/*.c
	echo '/* */' >> "$WORK/class/half <i>done/01-hello-world/hello.bpf.c"
	rm "$OUT/results"/half*
	setsid common/bin/grade > "$WORK/said" 2>&1 3>&- &
	grader=$!
	wait_until 'half <i>done is being graded' compgen -G "$OUT/.work/*/stream"
	kill -KILL $grader
	wait_until 'its graders are gone' no_grader "$OUT"
	assert [ ! -e "$OUT/results/half <i>done.json" ]
	run common/bin/grade
	assert_line --partial 'kept 11/11 perfect'
	assert_line --partial ' 11/11 late'
	assert_line --partial 'fail 4/11 half'
	[[ $(grep -c . "$OUT/grades.csv") == 4 ]]
	# nobody who hands in the same is checked again, and his result is the same
	run find "$OUT/.passed" -type f
	assert_equal "${#lines[@]}" 1
	diff <(jq 'del(.labs[].diff).labs' "$OUT/results/perfect.json") <(jq 'del(.labs[].diff).labs' "$OUT/results/late.json")
	run jq -r '.labs[].diff' "$OUT/results/late.json"
	assert_output --partial '// mine'
	assert [ -z "$(ls -A "$OUT/.work")" ]

	# without starter's lines
	run env OUT="$WORK/similar" common/bin/similar
	assert_success
	run cat "$WORK/similar/01-hello-world/late/hello.bpf.c"
	assert_output --partial 'bpf_printk("Hello World: %ld bytes", data_end - data);'
	refute_output --partial 'SEC("xdp")'
}

@test "whose grader somebody kills, by SIGKILL or SIGTERM, is graded once more" {
	local signal grader
	mkdir -p "$WORK/class/x y/01-hello-world"
	cp labs/01-hello-world/solution/hello.bpf.c "$WORK/class/x y/01-hello-world"
	for signal in KILL TERM; do
		SUBMISSIONS=$WORK/class LABS=1 OUT=$WORK/$signal common/bin/grade > "$WORK/said" 2>&1 3>&- &
		grader=$!
		wait_until 'it is being graded' compgen -G "$WORK/$signal/.work/*/stream"
		pkill -$signal --full "^bash common/bin/grade-one $WORK/class/x y $WORK/$signal "
		wait $grader
		run cat "$WORK/said"
		assert_line 'grade: what graded these ended without a grade, so once more: x y'
		assert_line --regexp ' 1/1 +fail 4/11 x y '
		[[ $signal == KILL ]] || assert_line 'grade-one: ended by SIGTERM'
		assert [ -s "$WORK/$signal/results/x y.json" ]
		assert [ -z "$(ls -A "$WORK/$signal/.work")" ]
	done
}

@test "those who hand in the same files, and are checked at the same time, don't get into each other's way" {
	local name
	for name in a b c; do
		mkdir -p "$WORK/class/$name/01-hello-world"
		cp labs/01-hello-world/solution/hello.bpf.c "$WORK/class/$name/01-hello-world"
	done
	SUBMISSIONS=$WORK/class LABS=1 OUT=$WORK/out JOBS=3 run common/bin/grade
	assert_success
	assert_equal "$(grep -c ' fail 4/11 ' <<< "$output")" 3
	# nobody waits for it any more
	run env GRADE_FOR=$(($(< /proc/sys/kernel/pid_max) + 1)) common/bin/grade-one "$WORK/class/a" "$WORK/none" 01-hello-world
	assert_failure 4
	assert [ ! -e "$WORK/none" ]
}

@test "one hand-in by itself, as an array of jobs would do it, and a report of what there is" {
	mkdir -p "$WORK/out" "$WORK/class/x y/lab/01-hello-world"
	cp labs/01-hello-world/solution/* "$WORK/class/x y/lab/01-hello-world"
	run common/bin/grade-one "$WORK/class/x y" "$WORK/out" 01-hello-world
	assert_success
	assert_line 'pass 11/11 x y'
	run common/bin/grade-report "$WORK/out"
	assert_success
	assert [ -s "$WORK/out/students/x y.html" ]
}

@test "what one lab leaves behind is not there for the next one" {
	local lab=01-hello-world
	mkdir -p "$WORK/x/01-hello-world" "$WORK/x/02-verdicts" "$WORK/out"
	for lab in 01-hello-world 02-verdicts; do cp labs/$lab/solution/* "$WORK/x/$lab"; done
	sed -i 's/^int main(int argc, char \*\*argv)$/#include <stdlib.h>\n__attribute__((constructor)) static void leave(void)\n{\n\tif (system("ip link add left type veth peer name behind; ip addr add 10.0.2.1\/24 dev left; ip link set left up; echo 1 > \/proc\/sys\/net\/ipv4\/icmp_echo_ignore_all"))\n\t\treturn;\n}\n\n&/' \
		"$WORK/x/01-hello-world/hello.c"
	run common/bin/grade-one "$WORK/x" "$WORK/out" 01-hello-world 02-verdicts
	run jq -c '.labs[] | [.lab, .verdict, .points == .of, (.diff | contains("left behind") or contains("name behind"))]' "$WORK/out/results/x.json"
	assert_line '["02-verdicts","pass",true,false]'
	assert_line --regexp '^\["01-hello-world",".*,true\]$'
}

@test "some of the hostile class: contained, with the grades that they earned" {
	run env PARTS=class ONLY='@(fork-bomb|forged-tap|bomb|symlink|dot-dot|detach-checks)*' common/bin/grade-selftest
	assert_success
	assert_line --partial 'ok fork-bomb: '
	assert_output --partial '8 passed, 0 failed'
}

@test "the gradebook in a browser: wide and narrow, light and dark, nothing sticks out; and a picture of it" {
	type -P chromium > /dev/null || skip "not here: chromium"
	run env PARTS=page SHOTS="$WORK/shots" common/bin/grade-selftest
	assert_success
	assert_line --index -1 '8 passed, 0 failed'
	run file -b "$WORK"/shots/*.png
	assert_equal "$(grep -c '^PNG image data, \(1280\|390\) x ' <<< "$output")" 8
}

@test "docs/grading/actions.yml: each line that it runs does what it is there for" {
	local tree=$WORK/tree line
	mkdir "$tree" "$WORK/bin" && git ls-files -z | tar --null -T - -cf - | tar -xf - -C "$tree"
	cp -a --parents build/common build/tools build/student/01-hello-world "$tree" && cd "$tree"
	mkdir -p 'hand-ins/x y/01-hello-world' && cp labs/01-hello-world/solution/* 'hand-ins/x y/01-hello-world'
	printf '#!/bin/sh\nshift\nexec "$@"\n' > "$WORK/bin/sudo" && chmod +x "$WORK/bin/sudo"
	# shellcheck disable=SC2031
	export PATH=$WORK/bin:$PATH CI=true LABS=01-hello-world ENTRY='x y' GRADE_SALT=s GITHUB_OUTPUT=$WORK/output
	[[ $(grep -c ' run: ' docs/grading/actions.yml) == 5 ]]
	while IFS= read -r line; do
		run bash -e -c "$line"
		assert_success
	done < <(sed -n 's/^ *\(- \)\?run: //p' docs/grading/actions.yml)
	run cat "$WORK/output"
	assert_output 'entries=["x y"]'
	run cat grades/grades.csv
	assert_line '"x y",11,11,0,"pass",11'
}

# bats file_tags=outside
# What students read, in English and in the languages that there are catalogues for. It makes its own
# sandboxes, so it is run outside of one.
# shellcheck disable=SC2016 # a $name of a catalogue is no variable

bats_require_minimum_version 1.5.0
bats_load_library bats-support
bats_load_library bats-assert

load answers

shopt -s extglob

# The lines that are longer than 100 columns, by the counting of coreutils, of what `run` has seen. What
# is quoted stays whole, for it is looked for and copied: a command, a place, a number without a blank.
too_long() {
	local line own
	own=$(grep -vE '^ *(((command|命令|check|检查|line|lost|verifier|log|refused) .*|(sent|came|实际) +)?[^ ]+$|.*log )' \
		<<< "$output")
	(($(wc -L <<< "$own") <= 100)) || while IFS= read -r line; do
		(($(wc -L <<< "$line") <= 100)) || echo "$line"
	done <<< "$own"
}

# Run these lines of bash where the programs speak German, by a catalogue from standard input
in_german() { # BASH
	mkdir -p "$PLACE/po"
	cat > "$PLACE/po/de.po"
	run env WORKBOOK_LANG=en bash -c '
		. tests/lib/common.bash && . tests/lib/language.bash
		spoken=de
		catalogue "$1"
		eval "$2"' _ "$PWD/$PLACE/po" "$1"
}

# ---- which language -----------------------------------------------------------------------------

@test "WORKBOOK_LANG chooses the language, or else the locale, generated or not; unknown ones are English" {
	local line want variables
	while IFS='|' read -r want variables; do
		# shellcheck disable=SC2086
		run env -u LANGUAGE -u LC_ALL -u LC_MESSAGES -u LANG -u WORKBOOK_LANG $variables \
			bash -c '. tests/lib/common.bash && language'
		# (above it, bash may complain of a locale that isn't generated)
		assert_equal "$variables: ${output##*$'\n'}" "$variables: $want"
	done <<- 'END'
		|
		zh|WORKBOOK_LANG=zh
		zh|WORKBOOK_LANG=zh_CN.UTF-8 LANG=de_DE.UTF-8
		|WORKBOOK_LANG=en LANG=zh_CN.UTF-8
		|WORKBOOK_LANG=tlh LANG=zh_CN.UTF-8
		|WORKBOOK_LANG=../../etc/zh
		|WORKBOOK_LANG=*
		zh|LANG=zh_CN.UTF-8
		zh|LANG=zh_CN
		zh|LC_MESSAGES=zh_CN.UTF-8 LANG=en_US.UTF-8
		|LC_ALL=C LC_MESSAGES=zh_CN.UTF-8 LANG=zh_CN.UTF-8
		|LC_ALL=POSIX LANG=zh_CN.UTF-8
		zh|LANGUAGE=tlh:zh_CN:en LANG=en_US.UTF-8
		|LANGUAGE=en:zh LANG=zh_CN.UTF-8
		|LANG=C.UTF-8
	END
}

# ---- catalogues ---------------------------------------------------------------------------------

@test "a text is found as a whole, by its pattern, and piece by piece; what is missing stays English" {
	in_german 'for text in "it works" "it isn'"'"'t there" "3 of 7 frames: 3 of 7 bytes" \
			"fail: 01-x: it works; next: TODO(1)" "x says \"no\" \\ yes" "it came" "it came late" \
			"what: it came" "next: next" "" "100% \$(id) *"; do
		translate "$text"; echo "[$REPLY]"
	done' <<- 'END'
		msgid ""
		msgstr "Content-Type: text/plain; charset=UTF-8\n"

		msgid "it works"
		msgstr "es geht"

		#, sh-format
		msgid "$n of $all frames"
		msgstr "von $all Rahmen $n"

		msgid "next"
		msgstr "weiter"

		#, sh-format
		msgid ""
		"$who says "
		"\"no\" \\ yes"
		msgstr "$who sagt \"nein\" \\ ja"

		#, sh-format
		msgid "it $what"
		msgstr "es $what"

		#, sh-format
		msgid "it came $when"
		msgstr "es kam $when"

		#, fuzzy
		msgid "it came"
		msgstr "falsch"

		msgid "what"
		msgstr ""
	END
	assert_success
	assert_line --index 0 '[es geht]'
	assert_line --index 1 "[es isn't there]"
	assert_line --index 2 '[von 7 Rahmen 3：3 of 7 bytes]'
	assert_line --index 3 '[fail: 01-x: es geht；weiter：TODO(1)]'
	assert_line --index 4 '[x sagt "nein" \ ja]'
	assert_line --index 5 '[es came]'
	assert_line --index 6 '[es kam late]'
	assert_line --index 7 '[what: es came]'
	assert_line --index 8 '[weiter：next]'
	assert_line --index 9 '[]'
	assert_line --index 10 '[100% $(id) *]'
}

@test "lines are broken by their width: at blanks, beside a Chinese character, never before a comma" {
	local at line
	run bash -c '. tests/lib/common.bash && . tests/lib/language.bash
		for at in 5 12 20 40; do
			wrap $at "编译器不接受它，先看 first message 和 veth0，然后继续：（好）。"
			printf "$at|%s\n" "${WRAPPED[@]}"
		done
		wrap 10 abcdefghijklmnop; echo "${WRAPPED[@]}"
		wrap 10 "a bc def ghij klmnop"; printf "%s|" "${WRAPPED[@]}"'
	assert_success
	assert_line 'abcdefghijklmnop'
	assert_line --index -1 'a bc def|ghij|klmnop|'
	refute_line --regexp '\|[，。：）]'
	refute_line --regexp '（$'
	for line in "${lines[@]}"; do
		at=${line%%|*}
		[[ $at != [124]* ]] || (($(wc -L <<< "${line#*|}") <= at))
	done
}

@test "what the catalogues translate stands in the sources: no text is stale" {
	local file msgid stale=''
	for file in common/*.po labs/*/*.po; do
		if [[ $file == common/* ]]; then
			cat tests/{check,start,doctor,shell} tests/lib/* Makefile common/lab.mk \
				common/tools/explain/{report.c,rules} common/bin/*
		else
			cat "tests/$(basename "$(dirname "$file")").bats" "$(dirname "$file")/lab.meta"
		fi | sed 's,\\,,g' > "$PLACE/sources"
		# each as an expression, with something for each $name
		while IFS= read -r msgid; do
			grep -qE "(^|[^a-z])$msgid([^a-z]|$)" "$PLACE/sources" || stale+="$file: $msgid"$'\n'
		done < <(msgattrib --translated --no-wrap "$file" | sed -nE -e 's/^msgid "(.+)"$/\1/' -e T \
			-e 's/\\(.)/\1/g' -e 's,\\,,g' -e 's/[][\\.*^()+?{}|]/\\&/g' -e 's/\$[a-z][a-z0-9_]*/.+/g' -e p)
	done
	assert_equal "$stale" ""
}

@test "a lab with a catalogue is translated whole: its title, its checks, what they send and expect" {
	local po lab missing=''
	for po in labs/*/*.po; do
		lab=$(basename "$(dirname "$po")")
		run env WORKBOOK_LANG="$(basename "$po" .po)" bash -c '
			. tests/lib/common.bash && . tests/lib/language.bash
			catalogue common
			catalogue "labs/$1"
			{
				meta "$1" title
				checks "$1" | sed -n "/^author/!s/^[^\t]*\t//p"
				sed "/^# What follows concerns the given parts/q" "tests/$1.bats" |
					sed -nE "s/^\t*(sent|expect|refuse|equal|no_less|red) \"(([^\"\\\\]|\\\\.)*).*/\2/p"
			} | sed "s/\\\\\"/\"/g" | while IFS= read -r text; do
				whole "$text" || echo "$1: $text"
			done' _ "$lab"
		assert_success
		missing+=$output
	done
	assert_equal "$missing" ""
}

@test "a translated worksheet has the same headings, TODOs, rungs, tables and links" {
	local file
	# what is left of a worksheet when its words are taken out
	shape() { # FILE
		sed -E -e '/^\[[^]]*\]\(README[.a-z]*md\)$/d' -e '/^```/,/^```$/d' "$1" |
			grep -oE '^#+|TODO\([0-9]+\)|^<details>|^</details>|^<!-- .*|\]\([^)]*\)|^\|( `[^`]*`)?' |
			awk '/^TODO/ { todos[$0]; next } { print }
				END { for (todo in todos) print todo | "sort" }'
	}
	rungs() { # FILE
		grep '^<details>' "$1" | grep -o 'TODO([0-9]*)'
	}
	for file in labs/*/README.??.md; do
		assert_equal "$(shape "$file")" "$(shape "${file%.??.md}.md")"
		assert_equal "$(rungs "$file")" "$(rungs "${file%.??.md}.md")"
	done
}

@test "a translated worksheet with other commands, or that shows what doesn't come, is reported" {
	copy_of_tree
	cd "$PLACE/src"
	git init -q . && git add -A
	cat > "labs/$LAB/README.md" <<- 'END'
		```console
		$ echo one
		one
		$ echo $WORKBOOK_LANG
		en
		$ echo three
		three
		```
	END
	sed 's/^en$/zh/' "labs/$LAB/README.md" > "labs/$LAB/README.zh.md"
	run tests/lib/worksheet "$LAB" zh
	assert_success
	assert_line --index -1 "3 commands as in README.md, 1 of them typed, 0 print something else"
	sed -i 's/^three$/four/' "labs/$LAB/README.zh.md"
	run tests/lib/worksheet "$LAB" zh
	assert_failure
	assert_line "README.zh.md:6: echo three"
	sed -i -e '/three/d' -e 's/^\$ echo one$/$ echo 1/' "labs/$LAB/README.zh.md"
	run tests/lib/worksheet "$LAB" zh
	assert_failure
	assert_line "README.zh.md:2: echo 1"
	assert_line "README.md has 3 commands"
}

@test "a catalogue that is broken is reported by lint" {
	mkdir -p "$PLACE/src/bin"
	copy_of_tree
	cd "$PLACE/src"
	git init -q . && git add -A
	ln -s /bin/true bin/shellcheck
	ln -s /bin/true bin/clang-format
	PATH=$PWD/bin:$PATH run tests/lib/proof lint
	assert_line 'ok lint msgfmt'
	sed -i 's/\$b 字节/\$c 字节/' "labs/$LAB/zh.po"
	PATH=$PWD/bin:$PATH run tests/lib/proof lint
	assert_line --partial 'not ok lint msgfmt'
	assert_output --partial "labs/$LAB/zh.po:"
}

# ---- what is said -------------------------------------------------------------------------------

@test "make check in Chinese: names, labels, columns; the same status and verdict as in English" {
	local tree want line before
	while read -r tree want; do
		run env WORKBOOK_LANG=zh tests/check --tree "build/$tree/$LAB" 01
		assert_equal "$status ${lines[-1]%%:*}" "$want"
		assert_line --regexp '^  单包     ok   每一帧都原样通过，并且只问候一次 \[1\]$'
		refute_line --regexp ' (ok|RED) +[^:]*: '
		assert_equal "$(too_long)" ""
		for line in "${lines[@]}"; do
			[[ $line == *' '@(ok|RED)' '* ]] || continue
			before=${line%%@(ok|RED) *}
			[[ $before != *[^\ ]* ]] || before=$(printf '%*s' "$(wc -L <<< "$before")" '')
			assert_equal "$line: ${#before}" "$line: 11"
		done
	done <<< $'student 1 fail\nsolution 0 pass'
	assert_line --index -1 "pass: $LAB: 7 项检查中 7 项为绿，得 11 分，满分 11 分"
}

@test "make check in Chinese, where a check's name is not translated, says that one in English" {
	copy_of_tree
	cd "$PLACE/src"
	sed -i '/^msgid "TODO(2): the greeting/,/^$/d' "labs/$LAB/zh.po"
	run env -u WORKBOOK_LANG LC_ALL=zh_CN.UTF-8 make -s check LAB=01
	assert_success
	assert_line --regexp '  单包     ok   每一帧都原样通过'
	assert_line '           ok   TODO(2): the greeting says how long the frame is [2]'
	# and without any catalogue, all of it is English again
	rm common/zh.po labs/*/zh.po
	WORKBOOK_LANG=zh run make -s check LAB=01
	assert_success
	assert_line --index -1 "pass: $LAB: 7 of 7 checks are green, 11 of 11 points"
}

@test "LANGUAGE and a locale in another language change no verdict: what programs say is compared in English" {
	run env -u WORKBOOK_LANG LANGUAGE=zh_CN LC_ALL=zh_CN.UTF-8 tests/check --solution 01
	assert_success
	assert_line --index -1 --partial "pass: $LAB: "
}

@test "start, doctor, shell and help speak Chinese, in 100 columns" {
	export WORKBOOK_LANG=zh CI=1
	run tests/doctor
	assert_success
	assert_line --regexp '^  ok   内核             Linux '
	assert_line --index -1 --regexp '^就绪：[0-9]+ 个实验中有 [0-9]+ 个能在这里运行'
	assert_equal "$(too_long)" ""
	run timeout -k 1 120 tests/start < /dev/null
	assert_success
	assert_line '两台主机，一根网线：'
	assert_line --regexp '^  (pass|fail): 01-hello-world: '
	assert_line '  less README.zh.md   实验手册：要做什么，怎样看到它'
	assert_equal "$(too_long)" ""
	run make -s shell LAB=01 <<< 'language'
	assert_line --partial '你是主机 lab 上的 root'
	assert_equal "$(too_long)" ""
	run make -s help
	assert_success
	assert_line '  make help       本列表'
	assert_equal "$(too_long)" ""
	run tests/check 77
	assert_failure 3
	assert_output --partial '没有名为 77 的实验；现有：01-hello-world '
}

@test "what check, doctor, help and explain say fits 100 columns, in English, too" {
	local object
	run tests/check --stage packets
	assert_equal "$(too_long)" ""
	for command in tests/check\ 1 tests/check\ 2 tests/doctor "make -s help" "make -s shell LAB=01"; do
		run $command <<< exit
		assert_equal "$(too_long)" ""
	done
	for object in build/tests/verifier/0*.o build/tests/strangers/[a-d]*.o; do
		run build/tools/explain -l /dev/null "$object"
		assert_equal "$object: $(too_long)" "$object: "
	done
}

@test "the name of a check fits beside its mark, in every language" {
	local long names
	names=$(sed -nE 's/^@test ["\x27](.*)["\x27] \{$/\1/p' tests/[0-9]*.bats
		sed -nE 's/^msgstr "(.*\[[0-9]+\])"$/\1/p' labs/*/*.po)
	long=$(wc -L <<< "$names")
	((long <= 84)) || fail "one of them takes $long columns: $(awk 'length > 84' <<< "$names")"
}

@test "NO_COLOR: on a terminal, none of the programs prints a colour" {
	local command
	for command in "tests/check --stage packets 1" tests/doctor "make -s help"; do
		NO_COLOR=1 TERM=xterm run script -qec "$command" /dev/null
		refute_output --partial $'\e['
	done
	NO_COLOR='' TERM=xterm run script -qec tests/doctor /dev/null
	assert_output --partial $'\e[32m'
}

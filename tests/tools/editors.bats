# bats file_tags=outside
# What editors get: clangd finds every file's commands, sees no error where there is none, and completes
# the names of both sides. (build.bats proves lab 01 with all that clangd tries.)

bats_load_library bats-support
bats_load_library bats-assert

setup_file() {
	unset MAKEFLAGS MAKELEVEL LAB
	cd "$BATS_TEST_DIRNAME/../.." && make -s
}

setup() {
	cd "$BATS_TEST_DIRNAME/../.." || return
}

# What clangd complains about in these files, as FILE: COMPLAINT. Its tries at refactoring every word are
# left out: they take a second a file, and their failure is no complaint.
complaints() { # FILE...
	# shellcheck disable=SC2016
	printf '%s\n' "$@" | xargs -P "$(nproc)" -I{} sh -c '
		clangd --check="$1" --check-lines=1-1 > "$2/${1##*/}.$$" 2>&1
		grep -q "All checks completed" "$2/${1##*/}.$$" || echo "$1: clangd ended"
		sed -nE "s|^E\[[0-9:.]*\] +\[|$1: [|p" "$2/${1##*/}.$$"' _ {} "$BATS_TEST_TMPDIR"
}

# EDITORS=all for all files of labs/ and common/: 100 seconds of a processor
@test "clangd has no complaint about starters, solutions, loaders, headers and tools" {
	local files=(common/*.h common/netdev.c common/tools/{pass.bpf,pktrun}.c common/tools/pktrun/{table.c,pktrun.h}
		labs/*/*.h labs/{02,04}*/*.c labs/{03,10}*/solution/*.c labs/09*/case0[1-3].bpf.c)
	[[ ${EDITORS-} != all ]] ||
		mapfile -t files < <(git ls-files 'labs/*.[ch]' 'common/*.[ch]' | grep -v ^common/new-lab/)
	run complaints "${files[@]}"
	assert_output ''
}

# What clangd offers behind TEXT, which is typed at the end of the line that FILE has it in
offered() { # FILE TEXT
	local uri=file://$PWD/$1 line column message
	line=$(grep -nF "$2" "$1" | tail -n 1)
	column=${line%%"$2"*}$2
	column=${column#*:}
	for message in '{"id":1,"method":"initialize","params":{"processId":null,"rootUri":null,"capabilities":{}}' \
		'{"method":"textDocument/didOpen","params":{"textDocument":{"uri":"'"$uri"'","languageId":"c","version":1,"text":'"$(jq -Rs . < "$1")"'}}' \
		'{"id":2,"method":"textDocument/completion","params":{"textDocument":{"uri":"'"$uri"'"},"position":{"line":'$((${line%%:*} - 1))',"character":'${#column}'}}' \
		'{"id":3,"method":"shutdown"' '{"method":"exit"'; do
		message="$message,\"jsonrpc\":\"2.0\"}"
		printf 'Content-Length: %d\r\n\r\n%s' "$(printf %s "$message" | wc -c)" "$message"
	done | clangd --sync --log=error 2> /dev/null | grep -ao '"filterText":"[a-z_A-Z0-9]*"' | cut -d '"' -f 4
}

@test "clangd completes helpers of the kernel in a program, and the skeleton's members in its loader" {
	run offered labs/04-maps/counters.bpf.c 'bpf_h'
	assert_line bpf_htons
	run offered labs/03-globals/globals.c 'skel->'
	assert_line progs
	assert_line links
	assert_line rodata
}

# Cut a starter out of a marked solution.
#
#	awk -v keep="1 3" -f common/blocks.awk solution/x.bpf.c
#
# keep: the TODO numbers whose solution stays; "all" keeps every one, "" none (the starter).
# drop: the numbers that are cut even so ("all" but one: -v keep=all -v drop=2).
#
# A block, in C (other files use # in place of //):
#
#	//: solution 2
#	the answer
#	//: starter
#	//- /* TODO(2): what the student finds instead; this part may be missing */
#	//: end

function fatal(why)
{
	printf "%s:%d: %s\n", FILENAME, FNR, why > "/dev/stderr"
	failed = 1
	exit 1
}

BEGIN {
	n = split(keep, list, " ")
	for (i = 1; i <= n; i++)
		kept[list[i]] = 1
	n = split(drop, list, " ")
	for (i = 1; i <= n; i++)
		dropped[list[i]] = 1
}

/^[ \t]*(\/\/|#):/ {
	word = $0
	sub(/^[ \t]*(\/\/|#):[ \t]*/, "", word)
	split(word, part, /[ \t]+/)
	if (part[1] == "solution" && part[2] ~ /^[0-9]+$/) {
		if (state)
			fatal("a solution block inside another")
		state = "solution"
		show = (kept["all"] || kept[part[2]]) && !dropped[part[2]]
	} else if (part[1] == "starter" && state == "solution") {
		state = "starter"
	} else if (part[1] == "end" && state) {
		state = ""
	} else {
		fatal("not a marker here: " word)
	}
	next
}

state == "solution" {
	if (show)
		print
	next
}

state == "starter" {
	if (!sub(/(\/\/|#)- ?/, ""))
		fatal("a starter line begins with //- or #-")
	if (!show) {
		sub(/^[ \t]+$/, "")
		print
	}
	next
}

{ print }

END {
	if (!failed && state)
		fatal("the last block has no end")
}

# The rungs of one TODO's ladder, from a worksheet; each ends with a form feed. A rung is
#
#	<details><summary>TODO(2), TODO(3), first hint</summary>
#	what it says
#	</details>
#
#	awk -v todo=2 -f common/bin/rungs.awk labs/01-hello-world/README.md
#
# Which rung it is tells the order: the words of the summary may be of any language.

/^<details><summary>TODO\([0-9]+\)/ {
	summary = substr($0, length("<details><summary>") + 1)
	on = blank = 0
	started = ""
	while (match(summary, /^TODO\([0-9]+\)/)) {
		on = on || substr(summary, 6, RLENGTH - 6) == todo
		summary = substr(summary, RLENGTH + 1)
		sub(/^(,|，|、| )+/, "", summary)
	}
	next
}

/^<\/details>/ {
	if (on)
		printf "\f"
	on = 0
}

# without the empty lines at both ends
on && /^[ \t]*$/ { blank++ }

on && !/^[ \t]*$/ {
	while (started && blank-- > 0)
		print ""
	started = 1
	blank = 0
	print
}

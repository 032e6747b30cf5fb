# Does each row of docs/seeds.md lead to where its words stand? awk -f seeds.awk docs/seeds.md
#
# The last cell of a row holds links: [NN, Heading](../labs/NN-name/README.md#heading), where TODO(n)
# in place of the heading's words means that paragraph alone; or [Heading](FILE#heading). What stands
# in backticks in the other cells must stand there, with anything for …; and what stands so in the
# first cell below "Commands", in a command of a console block: `make test` types these.
#
# "comes with lab NN" or "checked in the VM" may stand beside links or in place of them; the lab is
# one that isn't there yet.
#
# Prints what is wrong, a line each, then how many rows and links there are. Exit status 1 if any is.

function wrong(why) {
	print FILENAME ":" FNR ": " why
	bad++
}

# GitHub's anchor of a heading (of ASCII; the worksheets have no other)
function slug(words) {
	words = tolower(words)
	gsub(/[^a-z0-9 _-]/, "", words)
	gsub(/ /, "-", words)
	return words
}

# Read a file once: count[], line[], heading[] by anchor, its level[] and title[]; typed[] commands
function read(file,    n, s, fence, name) {
	if (file in count)
		return count[file]
	fence = ""
	while ((getline s < file) > 0) {
		line[file, ++n] = s
		if (s ~ /^ *```/) {
			fence = fence ? "" : s
		} else if (fence) {
			if (fence ~ /^```console$/ && sub(/^(\$|lab#) /, "", s))
				typed[file, n] = s
		} else if (match(s, /^#+ /)) {
			level[file, n] = RLENGTH - 1
			title[file, n] = substr(s, RLENGTH + 1)
			name = slug(title[file, n])
			gsub(/`/, "", title[file, n])
			if (seen[file, name]++)
				name = name "-" seen[file, name] - 1
			heading[file, name] = n
		}
	}
	close(file)
	return count[file] = n + 0
}

# Do these words stand in the text, one piece behind the other?
function stand(words, text,    n, i, at, piece) {
	n = split(words, piece, "…")
	for (i = 1; i <= n; i++) {
		if (piece[i] == "")
			continue
		if (!(at = index(text, piece[i])))
			return 0
		text = substr(text, at + length(piece[i]))
	}
	return 1
}

# In the lines FROM to TO of a file?
function find(words, command, file, from, to,    i, all) {
	if (!command) {
		if (!((file, from, to) in section)) {
			for (i = from; i <= to; i++)
				all = all " " line[file, i]
			gsub(/[ \t]+/, " ", all)
			section[file, from, to] = all
		}
		return stand(words, section[file, from, to])
	}
	for (i = from; i <= to; i++)
		if ((file, i) in typed && stand(words, typed[file, i]))
			return 1
	return 0
}

# Follow a link: [WORDS](TARGET)
function follow(words, target,    file, name, from, to, i, command) {
	links++
	file = target
	name = sub(/#.*/, "", file) ? substr(target, length(file) + 2) : ""
	if (target ~ /^\.\.\/labs\// && !sub("^" substr(target, 9, 2) ", ", "", words))
		wrong("\"" words "\" should begin with the number of the lab in " target)
	file = folder file
	if (!read(file)) {
		wrong("there is no " file)
		return
	}
	if (!(from = heading[file, name])) {
		wrong(file " has no heading #" name)
		return
	}
	# it ends above the next heading of its level, a TODO above the next TODO
	for (to = from; to < count[file]; to++)
		if ((file, to + 1) in level && level[file, to + 1] <= level[file, from])
			break
	if (words ~ /^TODO\([0-9]+\)$/) {
		while (from <= to && index(line[file, from], "**" words) != 1)
			from++
		for (i = from; i < to && index(line[file, i + 1], "**TODO(") != 1; i++)
			;
		if (from <= to)
			to = i
		else
			wrong(file " has no " words " below #" name)
	} else if (words != title[file, from]) {
		wrong("\"" words "\" should be the heading's words, " title[file, from])
	}
	if (!q)
		wrong("nothing in backticks tells what to look for")
	for (i = 1; i <= q && from <= to; i++) {
		command = commands && i <= first
		if (!find(quoted[i], command, file, from, to))
			wrong("\"" quoted[i] "\" is not " (command ? "typed " : "") "in " target ", " words)
	}
}

BEGIN {
	folder = ARGV[1]
	sub(/[^\/]*$/, "", folder)
	while ((("ls " folder "../labs") | getline) > 0)
		there[substr($0, 1, 2)] = 1
}

/^## / { commands = /^## Commands/ }
!/^\|/ { row = 0 }
# the first two lines of a table are its head
row == 1 && !/^\|[-|]*\|$/ { wrong("a table needs a head") }
/^\|/ && ++row > 2 {
	rows++
	n = split($0, cell, "|") # before the first "|" and behind the last one is nothing
	where = cell[n - 1]
	split("", quoted)
	q = first = 0
	for (c = 2; c < n - 1; c++) {
		for (k = split(cell[c], part, "`"); k > 1; k--)
			if (k % 2 == 0)
				quoted[++q] = part[k]
		if (c == 2)
			first = q
	}
	if (commands && !first)
		wrong("no command stands in the first cell")
	found = 0
	while (match(where, /\[[^]]*\]\([^)]*\)/)) {
		one = substr(where, RSTART, RLENGTH)
		where = substr(where, 1, RSTART - 1) substr(where, RSTART + RLENGTH)
		at = index(one, "](")
		follow(substr(one, 2, at - 2), substr(one, at + 2, length(one) - at - 2))
		found++
	}
	while (match(where, /comes with lab [0-9][0-9]/)) {
		lab = substr(where, RSTART + RLENGTH - 2, 2)
		where = substr(where, 1, RSTART - 1) substr(where, RSTART + RLENGTH)
		if (there[lab])
			wrong("lab " lab " is there: link to it")
		found++
	}
	found += gsub(/checked in the VM/, "", where)
	gsub(/[ ,]/, "", where)
	if (!found || where != "")
		wrong("the last cell should hold links, \"comes with lab NN\" or \"checked in the VM\"")
}

END {
	if (!rows)
		wrong("there is no row")
	print rows + 0 " rows, " links + 0 " links"
	exit bad > 0
}

# Does a bundle give answers away? First the solutions, with their marked blocks, then the bundle's
# files; prints FILE:LINE: why, for each leak.
#
#	awk -f leaks.awk answers=1 labs/*/solution/* answers=0 FILE...
#
# A secret is a line that stands in a solution block and in no starter, blanks aside. (What a student
# writes in one lab is often given in the next: that is no secret.) What is a leak:
#
#  1. A block's mark, "//: solution 2".
#  2. A secret of 16 characters or more, anywhere in a file that is no page: a whole line, in a comment,
#     or in an edit of sed. Shorter ones, as "if (ret)" or "__u64 packets;", come about by themselves.
#  3. Three secrets in a row of one block, or all of a block of two, in any file, also short ones. Lines
#     of less than 6 characters, as a brace, neither count nor end a row.
#
# Pages, *.md, may quote one or two lines: the last rung of a ladder of hints does, and names a call
# with its arguments. More than that is the answer.

function bare(line)
{
	gsub(/[ \t\r]/, "", line)
	return line
}

# as a page may show it: quoted, an item of a list, code
function plain(line)
{
	sub(/^([ \t]*([>*-]|[0-9]+\.))*[ \t]*/, "", line)
	gsub(/`/, "", line)
	return bare(line)
}

function leak(line, why)
{
	print file ":" line ": " why
}

# the end of a file: is a secret somewhere in its text?
function look_through(	s, line, n)
{
	if (!file || page)
		return
	for (s in long)
		if (index(text, s)) {
			n = split(text, lines, "\n")
			for (line = 1; line < n && !index(lines[line], s); line++)
				;
			leak(line, "a line of " long[s])
		}
}

# all solutions were read: what is secret?
function sum_up(	s, n, i, b)
{
	for (i = 1; i <= candidates; i++) {
		s = candidate[i]
		b = from[i]
		if (length(s) < 6 || (s in given))
			continue
		if (index(blocks[s] " ", " " b " "))
			continue
		blocks[s] = blocks[s] " " b
		size[b]++
		if (length(s) >= 16 && !index(starters, s))
			long[s] = b
	}
}

answers {
	if (FNR == 1) {
		state = ""
		source = FILENAME
		sub(/^.*\/labs\//, "labs/", source)
	}
	if ($0 ~ /^[ \t]*(\/\/|#):/) {
		word = $0
		sub(/^[ \t]*(\/\/|#):[ \t]*/, "", word)
		split(word, part, /[ \t]+/)
		state = part[1] == "end" ? "" : part[1]
		if (state == "solution")
			block = source ":" FNR
	} else if (state == "solution") {
		candidate[++candidates] = bare($0)
		from[candidates] = block
	} else {
		line = $0
		if (state == "starter")
			sub(/(\/\/|#)- ?/, "", line)
		given[bare(line)]
		starters = starters bare(line) "\n"
	}
	next
}

FNR == 1 {
	if (!summed++)
		sum_up()
	look_through()
	file = FILENAME
	page = file ~ /\.md$/
	text = ""
	delete row
	serial = 0
}

/^[ \t]*(\/\/|#):[ \t]*solution [0-9]/ {
	leak(FNR, "the mark of a solution")
}

{
	s = page ? plain($0) : bare($0)
	text = text s "\n"
	if (length(s) < 6)
		next
	serial++
	if (!(s in blocks))
		next
	n = split(blocks[s], of, " ")
	for (i = 1; i <= n; i++) {
		b = of[i]
		row[b] = last[b] == file SUBSEP (serial - 1) ? row[b] + 1 : 1
		last[b] = file SUBSEP serial
		if (row[b] >= 2 && row[b] == (size[b] < 3 ? size[b] : 3))
			leak(FNR, row[b] " lines in a row of " b)
	}
}

END { look_through() }

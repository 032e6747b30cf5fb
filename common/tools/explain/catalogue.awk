# The catalogue for readers, docs/verifier.md, from the rules of `explain`:
#
#	awk -f common/tools/explain/catalogue.awk common/tools/explain/rules
#
# What the verifier says comes first, so that a message can be searched for.

BEGIN {
	print "# What the verifier says, and what it means\n"
	print "`make starters` writes this page from common/tools/explain/rules. Search it for your message, without"
	print "its numbers: those here are an example. One message can have many causes; `explain` looks at the"
	print "registers in the log to tell which is yours, and so can you: a name in **bold** is one cause.\n"
	print "The line that a message names is where a proof was *needed*. Where it was *lost* is often another."
	print "Lab 09-verifier-clinic teaches to read a log."
}

function plain(text)
{
	gsub(/\{how\}/, "used", text)
	gsub(/\{reg\}/, "the register", text)
	gsub(/\{(by|to)\}/, "that call", text)
	gsub(/\{[a-z0-9-]+\}/, "…", text)
	gsub(/[*_<>|]/, "\\\\&", text)
	return text
}

function flush_says(    i)
{
	if (n == 0)
		return
	printf "\n### `%s`\n", says[1]
	for (i = 2; i <= n; i++)
		printf "%s`%s`", i == 2 ? "\nor " : "  \nor ", says[i]
	if (n > 1)
		printf "\n"
}

function entry()
{
	if (rule == "")
		return
	if (heading != "")
		printf "\n## %s%s\n", toupper(substr(heading, 1, 1)), substr(heading, 2)
	heading = ""
	flush_says()
	printf "\n**%s**: %s\n\n", rule, plain(text["what"])
	printf "- known: %s\n- needed: %s\n- lost: %s\n", plain(text["known"]), plain(text["needed"]), plain(text["lost"])
	printf "- %s\n- <details><summary>the cure</summary>%s</details>\n", plain(text["hint"]), plain(text["fix"])
	printf "- lab %s%s\n", text["lab"], text["seen"] == "-" ? "" : "; seen on " text["seen"]
	rule = ""
	n = 0
	delete text
}

/^# ---- / {
	entry()
	heading = $0
	gsub(/^# -+ | -+$/, "", heading)
}
/^#/ { next }
NF == 0 {
	entry()
	next
}
{
	key = $1
	value = $0
	sub(/^[a-z]+ +/, "", value)
	if (key == "rule")
		rule = value
	else if (key == "says")
		says[++n] = value
	else if (key == "lost")
		sub(/^[a-z-]+ +/, "", value)
	if (!(key in text))
		text[key] = value
}
END { entry() }

# Results in every form that others read: jq -r --arg mark MARK -f report.jq results/*.json
# prints for each file that is to be written a line "MARK PATH", and then what is in it.
#
# Everything that a student wrote passes through @html, @csv or JSON's own quoting.

def legal: gsub("[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f\ufffe\uffff]"; "\ufffd");
def html: legal | @html;
def at($path; $text): "\($mark) \($path)\n\($text)";
def said: .said | join("\n");
def why: if .said != [] then said elif .reason // "" != "" then .reason else .verdict end;

# -- Gradescope's results.json; what the machine could not check is shown, and counts for nothing
def gradescope:
	{visibility: "visible", stdout_visibility: "hidden",
	output: ((.refused + (.labs | map(select(.reason != "") | "\(.lab): \(.reason)"))) | join("\n") | legal),
	tests: [.labs[] as $lab | $lab.checks[]
		| {name: "\($lab.lab): \(.name)", visibility: (if .hidden then "after_published" else "visible" end),
			output: (if .verdict == "pass" then "" elif .said != [] then said else $lab.reason end | legal)}
		+ (if .verdict == "env" then {output: "not checked: this machine lacked something; no points are lost"}
			else {score: (.points * $lab.weight), max_score: (.of * $lab.weight),
				status: (if .verdict == "pass" then "passed" else "failed" end)} end)]};

# -- GitHub Classroom: what its reporter reads of a grader, before base64
def classroom:
	{version: 1, status: (if .verdict == "pass" then "pass" elif .verdict == "fail" then "fail" else "error" end),
	max_score: (.of - .env),
	tests: [.labs[] as $lab | $lab.checks[] | select(.verdict != "env")
		| {name: "\($lab.lab): \(.name)", status: (if .verdict == "pass" then "pass" elif .verdict == "fail" then "fail" else "error" end),
			score: (.points * $lab.weight), message: (if .verdict == "pass" then null elif .said != [] then said else $lab.reason end),
			test_code: "make check LAB=\($lab.lab[0:2])", filename: "", line_no: 0, duration: 0}]};

# -- JUnit
def junit:
	"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"\(.student | html)\">\n" +
	([.labs[] as $lab
		| "<testsuite name=\"\($lab.lab)\" tests=\"\($lab.checks | length)\" failures=\"\([$lab.checks[] | select(.verdict == "fail")] | length)\" errors=\"\([$lab.checks[] | select(.verdict == "error")] | length)\" skipped=\"\([$lab.checks[] | select(.verdict == "env")] | length)\">\n" +
		([$lab.checks[]
			| "  <testcase classname=\"\($lab.lab)\" name=\"\(.name | html)\"" +
			(if .verdict == "pass" then "/>"
			elif .verdict == "env" then "><skipped message=\"\(said | html)\"/></testcase>"
			elif .verdict == "fail" then "><failure message=\"\(.said[0] // "" | html)\">\(said | html)</failure></testcase>"
			else "><error message=\"\($lab.reason | html)\">\([$lab.build, $lab.load] | join("\n") | html)</error></testcase>" end)
			+ "\n"] | join("")) + "</testsuite>\n"] | join("")) + "</testsuites>";

# -- the gradebook
def style: "<style>
:root{--ok:#2a7f3f;--no:#b3261e;--err:#8a4b00;--env:#5f6368;--line:#ccc;--bg:#fff;--fg:#222;--soft:#f4f4f2}
@media(prefers-color-scheme:dark){:root{--ok:#6fcf85;--no:#ff8a80;--err:#ffb74d;--env:#aaa;--line:#444;--bg:#181818;--fg:#e6e6e6;--soft:#242424}}
body{font:16px/1.5 system-ui,sans-serif;color:var(--fg);background:var(--bg);max-width:72rem;margin:2rem auto;padding:0 1rem}
table{border-collapse:collapse;width:100%}th,td{padding:.3rem .6rem;border-bottom:1px solid var(--line);text-align:left;vertical-align:top}
td.n,th.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
a{color:inherit}pre{background:var(--soft);padding:.6rem;overflow-x:auto;font:13px/1.4 ui-monospace,monospace;white-space:pre-wrap;overflow-wrap:anywhere;margin:.3rem 0}
.pass{color:var(--ok)}.fail{color:var(--no)}.error{color:var(--err)}.env{color:var(--env)}
.bar{display:block;height:.5rem;min-width:4rem;background:var(--soft);border:1px solid var(--line)}.bar i{display:block;height:100%;background:var(--ok)}
.bar.error i,.bar.error{border-color:var(--err)}.bar.env{border-style:dashed}
summary{cursor:pointer}h2{margin:2rem 0 .3rem}.add{color:var(--ok)}.del{color:var(--no)}
.name{overflow-wrap:anywhere}</style>";
def page($title; $body):
	"<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"/><meta name=\"viewport\" content=\"width=device-width\"/>" +
	"<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\"/>" +
	"<title>\($title | html)</title>\(style)</head><body>\n\($body)\n</body></html>";
def percent: if .of - .env > 0 then (100 * .points / (.of - .env) | floor) else 0 end;
def bar: "<span class=\"bar \(.verdict)\" title=\"\(.verdict): \(.reason | html)\"><i style=\"width:\(percent)%\"></i></span>";
def diff: split("\n") | map(html as $l | if startswith("+") then "<span class=\"add\">\($l)</span>"
	elif startswith("-") then "<span class=\"del\">\($l)</span>" else $l end) | join("\n");
def list: if length == 0 then "" else "<ul>" + (map("<li>\(html)</li>") | join("")) + "</ul>" end;

def student_page:
	page("\(.student): \(.points) of \(.of - .env)";
		"<p><a href=\"../index.html\">the class</a></p><h1 class=\"name\">\(.student | html)</h1>" +
		"<p><b class=\"\(.verdict)\">\(.verdict)</b>: \(.points) of \(.of - .env) points. Graded in isolation: \(.isolation).</p>" +
		(if .env > 0 then "<p class=\"env\">\(.env) points could not be graded, for want of something on the grader's machine. They cost nothing.</p>" else "" end) +
		(if .refused != [] then "<h2>Refused</h2>\(.refused | list)" else "" end) +
		([.labs[]
			| "<h2 id=\"lab\(.lab[0:2])\">\(.lab): \(.title | html)</h2>\(bar)<p><b class=\"\(.verdict)\">\(.verdict)</b>: " +
			"\(.points) of \(.of - .env) points\(if .weight != 1 then ", counted \(.weight) times" else "" end)\(if .reason != "" then "; " + (.reason | html) else "" end)</p>" +
			(.refused | list) +
			(if .absent != [] and .took != [] then "<p>Not handed in, so the starter's was used: \(.absent | map(html) | join(", "))</p>" else "" end) +
			(if .build != "" then "<p>What the compiler said</p><pre>\(.build | html)</pre>" else "" end) +
			(if .load != "" then "<p>What the kernel's verifier said</p><pre>\(.load | html)</pre>" else "" end) +
			"<table>" + ([.checks[]
				| "<tr><td class=\"\(.verdict)\">\(.verdict)</td><td>\(.name | html)\(if .hidden then " <i>(the instructor's)</i>" else "" end)" +
				(if .said != [] then "<pre>\(said | html)</pre>" else "" end) +
				"</td><td class=\"n\">\(.points)/\(.of)</td></tr>\n"] | join("")) + "</table>" +
			(if .diff != "" then "<details><summary>what was changed in the starter</summary><pre>\(.diff | diff)</pre></details>" else "" end)
			] | join("\n")) +
		(if .ignored != [] then "<h2>Ignored</h2><p>Handed in, but not the student's to change: the instructor's files were used.</p><details><summary>\(.ignored | length) files</summary>\(.ignored | list)</details>" else "" end));

def class_page:
	page("Grades";
		"<h1>Grades</h1><p>\(length) hand-ins; isolation: \(map(.isolation) | unique | join(", ")).</p><table>\n<tr><th>student</th><th class=\"n\">points</th>" +
		(.[0].labs | map("<th>\(.lab[0:2])</th>") | join("")) + "<th>verdict</th></tr>\n" +
		(map(. as $s | "<tr><td class=\"name\"><a href=\"students/\(.key | @uri).html\">\(.student | html)</a></td><td class=\"n\">\(.points)/\(.of - .env)</td>" +
			(.labs | map("<td>\(bar)<small>\(.points)/\(.of - .env)</small></td>") | join("")) +
			"<td class=\"\(.verdict)\">\(.verdict)\(if .refused != [] then ", refused" else "" end)</td></tr>\n") | join("")) + "</table>");

# what the class table needs of each; a thousand whole results would fill the memory
def short: {student, key, digest, entry, isolation, verdict, points, of, env, refused,
	labs: (.labs | map({lab, weight, verdict, reason, points, of, env}))};
def key: input_filename | split("/")[-1] | sub("\\.json$"; "");

foreach (inputs, null) as $r ({class: []};
	if $r == null then .emit = [
			at("class.json"; {schema: "xdp-workbook/class/1", students: .class} | tojson),
			at("grades.csv"; ["student", "points", "of", "not graded", "verdict"] + (.class[0].labs // [] | map(.lab)) | @csv),
			(.class[] | [.student, .points, .of - .env, .env, .verdict] + (.labs | map(.points)) | map(if type == "string" and test("^[=+@\t-]") then "'" + . else . end) | @csv),
			at("index.html"; .class | class_page)]
	else ($r + {key: key}) as $s
		| .class += [$s | short]
		| .emit = [at("students/\($s.key).html"; $s | student_page),
			at("junit/\($s.key).xml"; $s | junit),
			at("gradescope/\($s.key).json"; $s | gradescope | tojson),
			at("classroom/\($s.key).json"; $s | classroom | tojson)] end;
	.emit[])

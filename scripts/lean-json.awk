# One JSON file as it is embedded: without white space, and without the member `quirks` of the outermost object,
# which is for readers of the file.
{ text = text $0 " " }

END {
  length_ = length(text)
  for (i = 1; i <= length_; i++) {
    c = substr(text, i, 1)
    if (quoted) {
      if (c == "\\") c = c substr(text, ++i, 1)
      else if (c == "\"") quoted = 0
    } else if (c ~ /[ \t\r]/) continue
    else if (c == "\"") quoted = 1
    else if (c == "{" || c == "[") { if (++depth == 1) continue }
    else if (c == "}" || c == "]") depth--
    if (!quoted && (depth == 0 || depth == 1 && c == ",")) keep()
    else member = member c
  }
  print "{" members "}"
}

# What stands between two commas of the outermost object.
function keep() {
  if (member != "" && member !~ /^"quirks":/) members = members (members == "" ? "" : ",") member
  member = ""
}

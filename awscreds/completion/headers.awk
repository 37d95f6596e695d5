# Of the AWS files only section headers are looked at, and only those that nothing on their line
# or above can turn into something else: at the left edge, with one bracket that opens and one that
# closes. Each kind of file has its rule: in the config `[profile NAME]`, parted as a shell would,
# and `[default]`; in the credentials file all that stands between the brackets.
#
# What is printed has `lead` before it; of names that do not begin with `typed`, none is.
#
# A record is what follows a bracket, which is several times faster than reading line by line. The
# rules are in the order that has the least to do for most records.
BEGIN {
    lead = ENVIRON["AWSCREDS_LEAD"]
    typed = ENVIRON["AWSCREDS_TYPED"]
    RS = want == "profile" ? "[" : "\n"
    typed_plainly = typed ~ /^[A-Za-z0-9_.@+\/=-]+$/
}
want == "key-id" {
    if (sub(/^awscreds_access_key_id[ \t]*=[ \t]*/, "") && sub(/[ \t\r]*$/, "") && /^[A-Z0-9]+$/)
        offer($0)
    next
}
{
    above = here
    here = $0
}
FNR == 1 {
    offer_last(NR - 1)
    config = kind == "config"
    before = config ? "profile " : ""
    sought = before typed
    next
}
{ matches = substr($0, 1, length(sought)) == sought }
!matches && typed_plainly && (!config || /^profile [A-Za-z0-9_]/) {
    next # as nobody begins to quote in the middle of a name
}
substr(above, length(above)) != "\n" && (FNR > 2 || above != "" && above != "\357\273\277") {
    next # as its line began before this bracket; a byte order mark is no part of the line
}
config ? /^profile [A-Za-z0-9_.@+\/=-]+\]\r?\n/ : /^[A-Za-z0-9_.@+\/=-]+\]\r?\n/ {
    start = length(before) + 1
    if (matches) print substr(lead substr($0, start, index($0, "]") - start), from)
    next
}
close_at = index($0, "]") {
    name = substr($0, 1, close_at - 1)
    if (name ~ /[\r\n]/) next
    if (kind == "config" && name != "default") name = second_word(name)
    if (name == "" || name ~ /[^ -~]/ && deceives(name)) next
    line = substr($0, close_at + 1)
    ends = sub(/[\r\n].*/, "", line)
    if (index(line, "]")) next
    if (ends) offer(name)
    else {
        last = name
        last_at = NR
    }
}
END { offer_last(NR) }
# A line that does not end is whole if its file ends there: else it went on, with another bracket.
function offer_last(ended_at) {
    if (last != "" && last_at == ended_at) offer(last)
}
function offer(name) {
    if (substr(name, 1, length(typed)) == typed) put(substr(lead name, from))
}
# Whether a name would move the cursor, hide, or change the order of what is on the screen: control
# characters, and in UTF-8 the bytes of those that `model/text.py` lists.
function deceives(name) {
    return name ~ /[\001-\037\177]|\302[\200-\237]|\330\234|\342\200[\213-\217\250-\256]|\342\201[\240-\257]|\357\273\277/
}
# The NAME of `profile NAME`, quoted as for a shell; empty for any other header.
function second_word(text,    words, count, at, char, quote, word, begun) {
    if (index(text, "profile") != 1) return ""
    if (text !~ /["\047\\]/) {
        sub(/[ \t]+$/, "", text)
        return split(text, words, /[ \t]+/) == 2 ? words[2] : ""
    }
    for (at = 1; at <= length(text); at++) {
        char = substr(text, at, 1)
        if (quote == "" && (char == " " || char == "\t")) {
            if (begun) words[++count] = word
            word = begun = ""
        } else {
            begun = 1
            if (char == quote) quote = ""
            else if (quote == "" && (char == "\"" || char == "\047")) quote = char
            else if (char == "\\" && quote != "\047") {
                char = substr(text, ++at, 1)
                if (char == "") return ""
                word = word (quote == "" || char == "\"" || char == "\\" ? "" : "\\") char
            } else word = word char
        }
    }
    if (begun) words[++count] = word
    return quote == "" && count == 2 ? words[2] : ""
}

# Of the AWS files only section headers are looked at, and only those that nothing on their line
# or above can turn into something else: at the left edge, with one bracket that opens and one that
# closes. Each kind of file has its rule: in the config `[profile NAME]`, parted as a shell would,
# and `[default]`; in the credentials file all that stands between the brackets.
#
# A record is what follows a bracket, which is several times faster than reading line by line.
BEGIN { RS = want == "profile" ? "[" : "\n" }
want == "key-id" {
    if (sub(/^awscreds_access_key_id[ \t]*=[ \t]*/, "") && sub(/[ \t\r]*$/, "") && /^[A-Z0-9]+$/)
        offer($0)
    next
}
FNR == 1 {
    once(last)
    edge = $0 == "" || $0 == "\357\273\277" || /\n$/ # a byte order mark is no part of the line
    last = ""
    next
}
{
    begins = edge
    edge = substr($0, length($0)) == "\n"
    last = "" # as its line went on, with another bracket
    if (!begins || !(close_at = index($0, "]"))) next
    name = substr($0, 1, close_at - 1)
    # A name stands in its header as it is typed, unless it is quoted.
    if (typed != "" && !index(name, typed) \
        && !index(name, "\"") && !index(name, "\047") && !index(name, "\\")) next
    if (kind == "config" && name ~ /^profile [A-Za-z0-9_.@+\/=-]+$/) name = substr(name, 9)
    else {
        if (name ~ /[\r\n]/) next
        if (kind == "config" && name != "default") name = second_word(name)
        if (name == "" || name ~ /[^ -~]/ && deceives(name)) next
    }
    if (substr($0, close_at + 1, 1) == "\n") once(name)
    else {
        line = substr($0, close_at + 1)
        ends = sub(/[\r\n].*/, "", line)
        if (index(line, "]")) next
        if (ends) once(name)
        else last = name
    }
}
END { once(last) }
function once(name) {
    if (name != "" && !(name in seen)) {
        seen[name]
        offer(name)
    }
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

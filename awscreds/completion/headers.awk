# Of the AWS files only section headers are looked at, and only those that nothing on their line
# or above can turn into something else: at the left edge, with one closing bracket. Each kind of
# file has its rule: in the config `[profile NAME]`, parted as a shell would, and `[default]`; in
# the credentials file all that stands between the brackets.
FNR == 1 { sub(/^\357\273\277/, "") }
want == "key-id" {
    if (sub(/^awscreds_access_key_id[ \t]*=[ \t]*/, "") && sub(/[ \t\r]*$/, "") && /^[A-Z0-9]+$/)
        offer($0)
    next
}
!/^\[/ { next }
{
    sub(/\r.*/, "")
    close_at = index($0, "]")
    if (close_at < 3 || index(substr($0, close_at + 1), "]")) next
    name = substr($0, 2, close_at - 2)
    if (kind == "config" && name != "default") name = second_word(name)
    # Nothing that would move the cursor, hide, or change the order of what is on the screen.
    if (name == "" || name ~ /[\001-\037\177]|\302[\200-\237]|\330\234|\342\200[\213-\217\250-\256]|\342\201[\240-\257]|\357\273\277/) next
    if (!(name in seen)) { seen[name]; offer(name) }
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

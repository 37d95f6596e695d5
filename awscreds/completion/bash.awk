# Prints what readline is to put in the place of what was typed. Of each candidate (`lead` and a
# name), the part that stands on the line before what readline replaces is not printed again.
BEGIN {
    quote = ENVIRON["AWSCREDS_QUOTE"]
    from = length(ENVIRON["AWSCREDS_STANDING"]) + 1
}
function put(text,    at, char, out, end) {
    # History expansion reaches into double quotes, and cannot be quoted there.
    if (quote == "\"" && index(text, "!")) return
    # Readline adds the closing quote, unless it sees one at the end already: then that is the end.
    if (quote != "" && substr(text, length(text)) == quote) {
        text = substr(text, 1, length(text) - 1)
        end = quote "\\" quote
    }
    for (at = 1; at <= length(text); at++) {
        char = substr(text, at, 1)
        if (quote == "\047") out = out (char == "\047" ? "\047\\\047\047" : char)
        else if (quote == "\"") out = out (char ~ /["$`\\]/ ? "\\" : "") char
        else out = out (char ~ /[A-Za-z0-9_.\/:=@%+,\200-\377-]/ ? "" : "\\") char
    }
    print out end
}

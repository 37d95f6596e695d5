# Completion for awscreds and the function awscreds-use, for bash 3.2 and newer.
# Generated from the command tree (CONTRIBUTING.md says how): a change here is lost.
# shellcheck shell=bash

# What may follow the command $1: its subcommands, its options with what they take (@ marks what is
# looked up, * what may be repeated), its arguments, and whether `-- COMMAND…`.
_awscreds_command() {
    subcommands='' options='' arguments='' runs=''
@TABLE@
}

_awscreds() {
    # Whatever goes wrong, a person who pressed TAB sees nothing of it, and `set -e` ends no shell.
    _awscreds_complete "$@" 2>/dev/null || :
}

_awscreds_complete() {
    local IFS=$' \t\n' line=${COMP_LINE:0:COMP_POINT} text=${2-}
    local words='' word='' quote='' begun='' standing standing_quote
    local subcommands options arguments runs
    local command='' used=' ' want='' place=0 dashes='' at option
    words=()
    COMPREPLY=()

    # What readline replaces begins after the last of COMP_WORDBREAKS, or after an opening quote.
    # Some callers hand us that last character instead.
    case $text in
    = | :) text='' ;;
    [\"\']*) text=${text:1} ;;
    esac
    _awscreds_read "${line%"$text"}"
    standing=$word standing_quote=$quote
    _awscreds_read "$text"

    if [[ ${words[0]-} == *awscreds-use ]]; then command=awscreds-use; fi
    _awscreds_command "$command"
    for ((at = 1; at < ${#words[@]}; at++)); do
        option=${words[at]}
        if [[ -n $want ]]; then
            want=''
        elif [[ $option == -- ]]; then
            dashes=1
            break
        elif [[ $option == -* ]]; then
            used+="${option%%=*} "
            if [[ $option != *=* ]]; then _awscreds_value_of "$option"; fi
        elif [[ " $subcommands " == *" $option "* ]]; then
            command="${command:+$command }$option"
            _awscreds_command "$command"
        else
            place=$((place + 1))
            if [[ -n $runs && -n $arguments ]]; then break; fi
        fi
    done

    if [[ -z $dashes && -n $runs && $place == 1 && ${words[at + 1]-} == -- ]]; then dashes=1; fi
    if [[ -n $dashes ]]; then
        if [[ -n $runs ]]; then _awscreds_program; fi
    elif [[ -n $runs && $place == 1 ]]; then
        _awscreds_words $((${#words[@]} - at))
    elif [[ -n $want ]]; then
        _awscreds_values "$want" ''
    elif [[ $word == --*=* ]]; then
        _awscreds_value_of "${word%%=*}"
        if [[ -n $want ]]; then _awscreds_values "$want" "${word%%=*}="; fi
    elif [[ $word == -* ]]; then
        _awscreds_options
    else
        # shellcheck disable=SC2086 # words of ours, to be split
        _awscreds_offer '' $subcommands
        for option in $arguments; do
            if ((place == 0)) || [[ $option == *'*' ]]; then
                _awscreds_values "${option%'*'}" ''
                break
            fi
            place=$((place - 1))
        done
        if [[ -z $word && ${#COMPREPLY[@]} -eq 0 ]]; then _awscreds_options; fi
    fi
}

# Takes a piece of the line apart as bash would, expanding nothing: whole words go to `words`, what
# the piece ends in is in `word` and `quote`, and a further piece goes on from there.
_awscreds_read() {
    local rest=$1 run
    while [[ -n $rest ]]; do
        case $quote in
        '') run=${rest%%[[:space:]\\\'\"]*} ;;
        \') run=${rest%%\'*} ;;
        *) run=${rest%%[\\\"]*} ;;
        esac
        word+=$run
        rest=${rest:${#run}}
        if [[ -n $run ]]; then begun=1; fi
        if [[ -z $rest ]]; then break; fi
        case $quote${rest:0:1} in
        \' | \") quote=${rest:0:1} begun=1 ;;
        \'\' | \"\") quote='' ;;
        \\) word+=${rest:1:1} rest=${rest:1} begun=1 ;;
        \"\\)
            case ${rest:1:1} in
            [\"\\\$\`]) ;;
            *) word+=\\ ;;
            esac
            word+=${rest:1:1} rest=${rest:1}
            ;;
        *) # a blank
            if [[ -n $begun ]]; then words[${#words[@]}]=$word; fi
            word='' begun=''
            ;;
        esac
        rest=${rest:1}
    done
}

# Sets `want` to what the option $1 takes; to nothing where it takes none or is unknown.
_awscreds_value_of() {
    local known
    want=''
    for known in $options; do
        known=${known%'*'}
        if [[ $known == "$1="* ]]; then want=${known#*=}; fi
    done
}

_awscreds_options() {
    local known name
    for known in $options; do
        name=${known%'*'}
        name=${name%%=*}
        if [[ $known == *'*' || $used != *" $name "* ]]; then _awscreds_offer '' "$name"; fi
    done
    if [[ -n $runs ]]; then _awscreds_offer '' --; fi
}

# Offers those of the words $2… that, with $1 before them, begin with what was typed.
_awscreds_offer() {
    local lead=$1 candidate
    shift
    for candidate; do
        candidate=$lead$candidate
        if [[ $candidate == "$word"* ]]; then
            COMPREPLY[${#COMPREPLY[@]}]=${candidate:${#standing}}
        fi
    done
}

# Offers values of the kind $1, with $2 before them.
_awscreds_values() {
    local IFS=,
    # shellcheck disable=SC2086 # likewise
    case $1 in
    @profile | @key-id) _awscreds_lines _awscreds_names "${1#@}" "$2" ;;
    @file) if type compopt >/dev/null 2>&1; then compopt -o default; fi ;;
    @any) ;;
@LISTS@
    *) _awscreds_offer "$2" $1 ;;
    esac
}

# Prints what awk finds in the AWS files: the key ids, or the profiles, with $2 before them. Of these
# files the shell gets to see nothing but the names in it, and those as text that is never expanded.
_awscreds_names() {
    local config=${AWS_CONFIG_FILE:-${HOME-}/.aws/config}
    local credentials=${AWS_SHARED_CREDENTIALS_FILE:-${HOME-}/.aws/credentials}
    _awscreds_readable config
    _awscreds_readable credentials
    export LC_ALL=C AWSCREDS_LEAD=$2 AWSCREDS_TYPED=${word#"$2"}
    export AWSCREDS_STANDING=$standing AWSCREDS_QUOTE=$standing_quote
    exec awk -v want="$1" @AWK@ kind=config "$config" kind=credentials "$credentials"
}

# Makes of the variable $1 a name that awk can read at once, whatever is there: no device or pipe
# that it would wait for, no `~`, and nothing with a `=` that it would take for an assignment.
_awscreds_readable() {
    local path=${!1}
    case $path in [~]/*) path=${HOME-}/${path:2} ;; esac
    if [[ ! -f $path || ! -r $path ]]; then path=/dev/null; fi
    case $path in [!/]*) path=./$path ;; esac
    printf -v "$1" %s "$path"
}

# Offers each line that the command $@ prints, which runs in a shell of its own.
_awscreds_lines() {
    local IFS=$'\n' globs='' found
    found=$("$@")
    case $- in
    *f*) ;;
    *) globs=1 ;;
    esac
    # Without globs an unquoted value is split, here at line breaks, and nothing else. Not while the
    # command runs, though: Ctrl-C then would leave the shell without them.
    set -f
    # shellcheck disable=SC2206
    COMPREPLY=($found)
    if [[ -n $globs ]]; then set +f; fi
}

# Prints the programs whose names mean themselves: they are put on the line as they are.
_awscreds_programs() {
    compgen -c -- "$word" | LC_ALL=C command grep '^[A-Za-z0-9_.+-]*$'
}

# Completes what stands after `--` as its own program would have it.
_awscreds_program() {
    local first
    for ((first = 1; first < COMP_CWORD; first++)); do
        if [[ ${COMP_WORDS[first]} == -- ]]; then break; fi
    done
    first=$((first + 1))
    if declare -F _comp_command_offset >/dev/null; then
        _comp_command_offset "$first"
    elif declare -F _command_offset >/dev/null; then
        _command_offset "$first"
    elif ((COMP_CWORD == first)) && [[ $word != */* ]]; then
        _awscreds_lines _awscreds_programs
    elif type compopt >/dev/null 2>&1; then
        compopt -o default
    fi
}

# Completes a command without `--` before it: its name, or whatever word it has as its number $1.
_awscreds_words() {
    if (($1 == 1)) && [[ $word != */* ]]; then
        _awscreds_lines _awscreds_programs
        _awscreds_offer '' --
    elif type compopt >/dev/null 2>&1; then
        compopt -o default
    fi
}

if type compopt >/dev/null 2>&1; then
    complete -F _awscreds awscreds awscreds-use
else
    # File names cannot be asked for from within: bash 3.2 offers them wherever nothing else fits.
    complete -o default -F _awscreds awscreds awscreds-use
fi

# In POSIX mode no function may have such a name.
if [[ :$SHELLOPTS: != *:posix:* ]]; then

@USE@

fi

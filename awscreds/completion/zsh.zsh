#compdef awscreds awscreds-use
# Completion for awscreds and the function awscreds-use, for zsh.
# Generated from the command tree (CONTRIBUTING.md says how): a change here is lost.
#
# It goes into a folder of $fpath, or is sourced after compinit, which brings awscreds-use as well.

# What may follow the command $1: its subcommands, its options with what they take (@ marks what is
# looked up, * what may be repeated), its arguments, and whether `-- COMMAND…`.
_awscreds_command() {
    subcommands=() opts=() arguments=() runs=
@TABLE@
}

_awscreds() {
    local -a subcommands opts arguments
    local command= used=' ' want= place=0 runs at word option
    if [[ $service == awscreds-use ]]; then command=awscreds-use; fi
    _awscreds_command "$command"

    for ((at = 2; at < CURRENT; at++)); do
        word=${(Q)words[at]}
        if [[ -n $want ]]; then
            want=
        elif [[ $word == -- ]]; then
            if [[ -n $runs ]]; then
                shift at words
                ((CURRENT -= at))
                _normal
            fi
            return
        elif [[ $word == -* ]]; then
            used+="${word%%=*} "
            if [[ $word != *=* ]]; then _awscreds_value_of "$word"; fi
        elif [[ -n ${(M)subcommands:#${(b)word}:*} ]]; then
            command="${command:+$command }$word"
            _awscreds_command "$command"
        else
            ((place++))
            if [[ -n $runs ]] && ((place == $#arguments)); then
                if ((at + 1 < CURRENT)) && [[ $words[at+1] == -- ]]; then ((at++)); fi
                shift at words
                ((CURRENT -= at))
                _normal
                return
            fi
        fi
    done

    if [[ -n $want ]]; then
        _awscreds_values "$want"
    elif [[ $PREFIX == --*=* ]]; then
        _awscreds_value_of "${PREFIX%%=*}"
        compset -P 1 '*='
        if [[ -n $want ]]; then _awscreds_values "$want"; fi
    elif [[ $PREFIX == -* ]]; then
        _awscreds_options
    elif (($#subcommands)); then
        _describe -t commands command subcommands
    elif ((place < $#arguments)); then
        _awscreds_values "${arguments[place + 1]%\*}"
    elif [[ $arguments[-1] == *\* ]]; then
        _awscreds_values "${arguments[-1]%\*}"
    else
        _awscreds_options
    fi
}

# Sets `want` to what the option $1 takes; to nothing where it takes none or is unknown.
_awscreds_value_of() {
    local known
    want=
    for known in $opts; do
        known=${${known%%:*}%\*}
        if [[ $known == "$1="* ]]; then want=${known#*=}; fi
    done
}

_awscreds_options() {
    local known name
    local -a offered
    for known in $opts; do
        name=${${${known%%:*}%\*}%%=*}
        if [[ $used != *" $name "* || ${known%%:*} == *\* ]]; then offered+=("$name:${known#*:}"); fi
    done
    if [[ -n $runs ]]; then offered+=('--:The command follows'); fi
    _describe -O option offered
}

_awscreds_values() {
    local expl
    local -a values
    case $1 in
    @profile) _wanted profiles expl profile _awscreds_names profile - ;;
    @key-id) _wanted keys expl 'access key id' _awscreds_names key-id - ;;
    @file) _files ;;
    @any) _message value ;;
    *)
        case $1 in
@LISTS@
        *) values=(${(s:,:)1}) ;;
        esac
        _wanted values expl value compadd -a values
        ;;
    esac
}

# Offers what awk finds in the AWS files, with $2… for compadd: the profiles, or the key ids. Of these
# files the shell gets to see nothing but the names in it; compadd takes them as they are, and quotes
# them.
_awscreds_names() {
    local config=${AWS_CONFIG_FILE:-$HOME/.aws/config} want=$1 file typed
    local credentials=${AWS_SHARED_CREDENTIALS_FILE:-$HOME/.aws/credentials}
    local -a names tries=("${(Q)PREFIX}" '')
    shift
    # Nothing that awk would wait for, and nothing with a `=` that it would take for an assignment.
    for file in config credentials; do
        : ${(P)file::=${(P)file/#\~\//$HOME/}}
        if [[ ! -f ${(P)file} || ! -r ${(P)file} ]]; then : ${(P)file::=/dev/null}; fi
        if [[ ${(P)file} != /* ]]; then : ${(P)file::=./${(P)file}}; fi
    done
    # Of ten thousand names compadd need not see those that begin in another way, but where a matcher
    # or a correction could still make them fit.
    if [[ -n ${(M)argv:#-M} || -n ${_comp_correct-} ]]; then tries=(''); fi
    for typed in "$tries[@]"; do
        names=(${(f)"$(LC_ALL=C AWSCREDS_TYPED=$typed command awk -v want="$want" @AWK@ \
            kind=config "$config" kind=credentials "$credentials" 2>/dev/null)"})
        compadd "$@" -a names && return
    done
    return 1
}

@USE@

# Autoloaded by compinit, this file is the body of the function it has just defined.
if [[ $funcstack[1] == _awscreds ]]; then
    _awscreds "$@"
else
    if ! ((${+functions[compdef]})); then
        autoload -Uz compinit
        compinit -i
    fi
    compdef _awscreds awscreds awscreds-use
fi

# A session of a profile in this shell; none is made anew while the present one has 5 minutes left.
# Without a name, the person chooses one; `-` is the profile before, which only this shell knows.
awscreds-use() {
    local code=0 traced='' flag
    if [ $# -eq 0 ] && [ -t 0 ] && [ -t 2 ] && [ "${TERM:-dumb}" != dumb ]; then
        set -- --choose
    elif [ $# -ne 1 ] || [ -z "$1" ] || [ "$1" = --help ]; then
        printf 'usage: awscreds-use [PROFILE] | - | --off\n' >&2
        return 2
    fi
    if [ "$1" = - ]; then
        if [ -z "${_awscreds_previous-}" ]; then
            printf 'awscreds-use: there is no profile before this one in this shell\n' >&2
            return 2
        fi
        set -- "$_awscreds_previous"
    fi
    # A trace would show what is evaluated, and so would a DEBUG trap. zsh takes both from a function;
    # in bash no further function has the trap once functrace is off.
    if [ -n "${ZSH_VERSION-}" ]; then
        setopt local_options local_traps no_xtrace no_verbose
        trap - DEBUG
        _awscreds_use "$1"
        return
    fi
    for flag in x v T; do
        case $- in
        *$flag*) traced=$traced$flag ;;
        esac
    done
    { set +xvT; } 2>/dev/null
    _awscreds_use "$1" || code=$?
    [ -z "$traced" ] || set "-$traced"
    return $code
}

_awscreds_use() {
    local code=0 statements='' before=${AWSCREDS_PROFILE-}
    if [ "$1" = --off ]; then
        statements=$(command awscreds export --format sh --unset) && eval "$statements" || code=$?
    elif [ "$1" = --choose ]; then
        statements=$(command awscreds export --format sh --choose) && eval "$statements" || code=$?
    elif ! _awscreds_holds "$1"; then
        statements=$(command awscreds export --format sh --profile="$1") && eval "$statements" || code=$?
    fi
    if [ -n "$before" ] && [ "${AWSCREDS_PROFILE-}" != "$before" ]; then _awscreds_previous=$before; fi
    return $code
}

# Whether this shell has a session of profile $1 for 5 minutes more.
_awscreds_holds() {
    local left=''
    [ "${AWSCREDS_PROFILE-}" = "$1" ] && [ -n "${AWS_SESSION_TOKEN-}" ] && _awscreds_left && [ "$left" -ge 300 ]
}

# Sets `left` to the seconds until the session in this shell ends. Fails where that is not known.
_awscreds_left() {
    local end=${AWS_CREDENTIAL_EXPIRATION-} year month now=''
    case $end in
    [0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9]Z) ;;
    *) return 1 ;;
    esac
    # The seconds since the epoch, with years that begin in March, so that leap days come last.
    year=${end:0:4} month=$((10#${end:5:2}))
    if [ "$month" -lt 3 ]; then year=$((year - 1)) month=$((month + 12)); fi
    end=$(((365 * year + year / 4 - year / 100 + year / 400 + (153 * month - 457) / 5 \
        + 10#${end:8:2} - 719469) * 86400 + 10#${end:11:2} * 3600 + 10#${end:14:2} * 60 + 10#${end:17:2}))
    _awscreds_now
    left=$((end - now))
}

# Sets `now` to the seconds since the epoch; only a bash older than 4.2 starts `date` for it.
_awscreds_now() {
    if [ -n "${ZSH_VERSION-}" ]; then
        print -v now -P '%D{%s}'
    else
        printf -v now '%(%s)T' -1 2>/dev/null || now=$(date +%s)
    fi
}

# Prints the profile of the session in this shell and the time left, for a prompt; `-v NAME` sets the
# variable NAME to it, so that no process is started. Without a session that is an empty text.
awscreds-prompt() {
    local _awscreds_text=${AWSUME_PROFILE:-${AWSCREDS_PROFILE-}} left=''
    if [ -z "${AWSCREDS_PROFILE-}" ] || [ -z "${AWS_ACCESS_KEY_ID-}" ]; then
        _awscreds_text=''
    else
        _awscreds_text=${_awscreds_text//[[:cntrl:]]/?}
        if [ -n "${ZSH_VERSION-}" ]; then _awscreds_text=${_awscreds_text//\%/%%}; fi # else zsh expands it
        if ! _awscreds_left; then
            :
        elif [ "$left" -le 0 ]; then
            _awscreds_text="$_awscreds_text expired"
        elif [ "$left" -lt 3600 ]; then
            _awscreds_text="$_awscreds_text $(((left + 59) / 60))m"
        else
            _awscreds_text="$_awscreds_text $((left / 3600))h$((left % 3600 / 60))m"
        fi
    fi
    if [ "${1-}" = -v ]; then
        printf -v "$2" %s "$_awscreds_text"
    elif [ -n "$_awscreds_text" ]; then
        printf '%s\n' "$_awscreds_text"
    fi
}

# A session of a profile in this shell; none is made anew while the present one has 5 minutes left.
awscreds-use() {
    local code=0 statements='' traced=''
    if [ $# -ne 1 ] || [ -z "$1" ] || [ "$1" = --help ]; then
        printf 'usage: awscreds-use PROFILE | --off\n' >&2
        return 2
    fi
    case $- in
    *x*) traced=1 ;;
    esac
    { set +x; } 2>/dev/null # a trace would show what is evaluated
    if [ "$1" = --off ]; then
        statements=$(command awscreds export --unset) && eval "$statements" || code=$?
    elif ! _awscreds_holds "$1"; then
        statements=$(command awscreds export --profile="$1") && eval "$statements" || code=$?
    fi
    [ -z "$traced" ] || set -x
    return $code
}

# Whether this shell has a session of profile $1 for 5 minutes more.
_awscreds_holds() {
    local end=${AWS_CREDENTIAL_EXPIRATION-} year month
    [ "${AWSCREDS_PROFILE-}" = "$1" ] && [ -n "${AWS_SESSION_TOKEN-}" ] || return 1
    case $end in
    [0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9]Z) ;;
    *) return 1 ;;
    esac
    # The seconds since the epoch, with years that begin in March, so that leap days come last.
    year=${end:0:4} month=$((10#${end:5:2}))
    if [ "$month" -lt 3 ]; then year=$((year - 1)) month=$((month + 12)); fi
    end=$(((365 * year + year / 4 - year / 100 + year / 400 + (153 * month - 457) / 5 \
        + 10#${end:8:2} - 719469) * 86400 + 10#${end:11:2} * 3600 + 10#${end:14:2} * 60 + 10#${end:17:2}))
    [ $((end - $(date +%s))) -ge 300 ]
}

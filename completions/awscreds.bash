# Completion for awscreds and the function awscreds-use, for bash 3.2 and newer.
# Generated from the command tree (CONTRIBUTING.md says how): a change here is lost.
# shellcheck shell=bash

# What may follow the command $1: its subcommands, its options with what they take (@ marks what is
# looked up, * what may be repeated), its arguments, and whether `-- COMMAND…`.
_awscreds_command() {
    subcommands='' options='' arguments='' runs=''
    local common='--no-input --quiet --verbose --no-color --help'
    case $1 in
    '')
        subcommands='configure status list profile sso migrate import mfa-session login logout export exec console mfa sessions whoami credential-process rotate keys policy doctor store unlock lock completion sandbox'
        options="--profile=@profile --json --yes --no-pager --version $common"
        ;;
    'configure')
        subcommands='get set unset list list-profiles import export-credentials'
        options="--access-key-id=@any --secret-stdin --region=@region --output=@output --mfa-serial=@any --no-verify --plaintext --profile=@profile --json --yes $common"
        ;;
    'configure get')
        options="--reveal --services=@any --sso-session=@any --profile=@profile --json $common"
        arguments='@config-key'
        ;;
    'configure set')
        options="--services=@any --sso-session=@any --profile=@profile --yes $common"
        arguments='@config-key @any'
        ;;
    'configure unset')
        options="--services=@any --sso-session=@any --profile=@profile --yes $common"
        arguments='@config-key'
        ;;
    'configure list')
        options="--profile=@profile --json $common"
        arguments='@profile'
        ;;
    'configure list-profiles')
        options="--json --no-pager $common"
        ;;
    'configure import')
        options="--csv=@file --from-env --profile-prefix=@any --skip-invalid --no-verify --profile=@profile --json --yes $common"
        ;;
    'configure export-credentials')
        options="--format=process,env,env-no-export,powershell,windows-cmd,fish --reveal --profile=@profile $common"
        arguments='@profile'
        ;;
    'status')
        options="--json $common"
        ;;
    'list')
        options="--filter=@any --kind=managed,static,role,wrapped,sso,login,process,web-identity,settings --account=@any --older-than=@any --json --no-pager $common"
        ;;
    'profile')
        subcommands='add show copy rename remove wrap unwrap'
        options="--profile=@profile --json --yes $common"
        ;;
    'profile add')
        options="--role-arn=@any --source=@profile --mfa-serial=@any --external-id=@any --duration=@any --region=@region --json --yes $common"
        arguments='@any'
        ;;
    'profile show')
        options="--profile=@profile --json $common"
        arguments='@profile'
        ;;
    'profile copy')
        options="--plaintext --json --yes $common"
        arguments='@profile @any'
        ;;
    'profile rename')
        options="--json --yes $common"
        arguments='@profile @any'
        ;;
    'profile remove')
        options="--profile=@profile --json --yes $common"
        arguments='@profile'
        ;;
    'profile wrap')
        options="--profile=@profile --json --yes $common"
        arguments='@profile'
        ;;
    'profile unwrap')
        options="--profile=@profile --json $common"
        arguments='@profile'
        ;;
    'sso')
        subcommands='populate'
        options="--json --yes $common"
        ;;
    'sso populate')
        options="--sso-session=@any --prefix=@any --template=@any --only=@any* --skip=@any* --region=@region --wrap --prune --dry-run --json --yes --no-pager $common"
        ;;
    'migrate')
        options="--all --dry-run --no-verify --undo --profile=@profile* --json --yes $common"
        ;;
    'import')
        options="--from=aws-vault,granted,awskeyring,aws-mfa,awsume,all --dry-run --no-verify --delete-source --profile=@profile --json --yes $common"
        ;;
    'mfa-session')
        options="--token=@any --duration=@any --serial=@any --refresh --format=sh,fish,powershell,cmd,json,dotenv --unset --reveal --profile=@profile --json $common"
        arguments='@profile'
        ;;
    'login')
        options="--sso-session=@any --use-device-code --remote --no-browser --share --region=@region --profile=@profile --json --yes $common"
        arguments='@profile'
        ;;
    'logout')
        options="--sso-session=@any --profile=@profile --json $common"
        arguments='@profile'
        ;;
    'export')
        options="--choose --token=@any --duration=@any --serial=@any --refresh --format=sh,fish,powershell,cmd,json,dotenv --unset --reveal --profile=@profile --json $common"
        arguments='@profile'
        ;;
    'exec')
        options="--token=@any --duration=@any --serial=@any --refresh --profile=@profile $common"
        arguments='@profile'
        runs='1'
        ;;
    'console')
        options="--service=@service --path=@any --region=@region --duration=@any --print --browser=firefox,librewolf,chrome,chromium,edge,brave,vivaldi,opera,safari --firefox-container --chrome-profile=@any --profile=@profile --json $common"
        arguments='@profile'
        ;;
    'mfa')
        subcommands='code enable list remove'
        options="--profile=@profile --json --yes $common"
        ;;
    'mfa code')
        options="--serial=@any --profile=@profile --json $common"
        arguments='@profile'
        ;;
    'mfa enable')
        options="--name=@any --store-seed --seed-in=keyring,vault --yubikey --show-seed --token=@any --endpoint-ok --profile=@profile --json --yes $common"
        arguments='@profile'
        ;;
    'mfa list')
        options="--token=@any --profile=@profile --json $common"
        arguments='@profile'
        ;;
    'mfa remove')
        options="--serial=@any --token=@any --endpoint-ok --profile=@profile --json --yes $common"
        arguments='@profile'
        ;;
    'sessions')
        subcommands='clear list'
        options="--profile=@profile --json $common"
        ;;
    'sessions clear')
        options="--profile=@profile --json $common"
        arguments='@profile'
        ;;
    'sessions list')
        options="--json --no-pager $common"
        ;;
    'whoami')
        options="--profile=@profile --json $common"
        arguments='@profile'
        ;;
    'credential-process')
        options="--profile-hex=@any --config-file=@file --config-file-hex=@any --home=@file --home-hex=@any --profile=@profile --json $common"
        ;;
    'rotate')
        options="--all --older-than=@any --grace=@any --keep-old=active,inactive --keep-plaintext --replace-other --token=@any --endpoint-ok --dry-run --resume --profile=@profile --json --yes $common"
        arguments='@profile'
        ;;
    'keys')
        subcommands='activate deactivate delete list'
        options="--profile=@profile --json --yes $common"
        ;;
    'keys activate')
        options="--token=@any --endpoint-ok --profile=@profile --json --yes $common"
        arguments='@key-id'
        ;;
    'keys deactivate')
        options="--token=@any --endpoint-ok --profile=@profile --json --yes $common"
        arguments='@key-id'
        ;;
    'keys delete')
        options="--token=@any --endpoint-ok --profile=@profile --json --yes $common"
        arguments='@key-id'
        ;;
    'keys list')
        options="--token=@any --profile=@profile --json $common"
        arguments='@profile'
        ;;
    'policy')
        subcommands='mfa revoke-sessions rotate'
        options="--profile=@profile --json $common"
        ;;
    'policy mfa')
        options="--enrol --profile=@profile --json $common"
        arguments='@profile'
        ;;
    'policy revoke-sessions')
        options="--profile=@profile --json $common"
        arguments='@profile'
        ;;
    'policy rotate')
        options="--require-mfa --profile=@profile --json $common"
        arguments='@profile'
        ;;
    'doctor')
        options="--fail-on=error,warning,note --offline --fix --clients --json --yes --no-pager $common"
        ;;
    'store')
        subcommands='forget move passwd release show'
        options="--json --yes $common"
        ;;
    'store forget')
        options="--json --yes $common"
        arguments='@key-id'
        ;;
    'store move')
        options="--to=keyring,vault --json $common"
        ;;
    'store passwd')
        options="--json $common"
        ;;
    'store release')
        options="--json $common"
        arguments='@any'
        ;;
    'store show')
        options="--json --no-pager $common"
        ;;
    'unlock')
        options="--for=@any --json $common"
        ;;
    'lock')
        options="--json $common"
        ;;
    'completion')
        options="--install --uninstall --json $common"
        arguments='bash,zsh,fish,powershell'
        ;;
    'sandbox')
        subcommands='code tour'
        options="$common"
        runs='1'
        ;;
    'sandbox code')
        options="$common"
        ;;
    'sandbox tour')
        options="$common"
        ;;
    'awscreds-use')
        options='--off'
        arguments='@profile'
        ;;
    esac
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
    @region) _awscreds_offer "$2" af-south-1 ap-east-1 ap-east-2 ap-northeast-1 ap-northeast-2 ap-northeast-3 ap-south-1 ap-south-2 ap-southeast-1 ap-southeast-2 ap-southeast-3 ap-southeast-4 ap-southeast-5 ap-southeast-6 ap-southeast-7 ca-central-1 ca-west-1 cn-north-1 cn-northwest-1 eu-central-1 eu-central-2 eu-north-1 eu-south-1 eu-south-2 eu-west-1 eu-west-2 eu-west-3 il-central-1 me-central-1 me-south-1 mx-central-1 sa-east-1 us-east-1 us-east-2 us-gov-east-1 us-gov-west-1 us-west-1 us-west-2 ;;
    @config-key) _awscreds_offer "$2" aws_access_key_id aws_secret_access_key aws_session_token region output mfa_serial role_arn source_profile credential_source external_id role_session_name duration_seconds web_identity_token_file credential_process sso_session sso_account_id sso_role_name sso_start_url sso_region services endpoint_url ca_bundle cli_pager cli_auto_prompt cli_timestamp_format cli_binary_format max_attempts retry_mode defaults_mode parameter_validation tcp_keepalive use_dualstack_endpoint use_fips_endpoint sts_regional_endpoints s3.addressing_style s3.max_concurrent_requests s3.max_queue_size s3.multipart_threshold s3.multipart_chunksize s3.max_bandwidth s3.use_accelerate_endpoint s3.payload_signing_enabled s3.use_dualstack_endpoint mfa_process awscreds_serve awscreds_key_cache awscreds_max_key_age awscreds_token_cache awscreds_populate_template ;;
    @output) _awscreds_offer "$2" json yaml yaml-stream text table ;;
    @service) _awscreds_offer "$2" acm amplify apigateway apprunner appsync athena backup batch bedrock billing budgets ce cloudformation cloudfront cloudtrail cloudwatch codeartifact codebuild codecommit codedeploy codepipeline cognito-idp config controltower detective directconnect dms docdb dynamodb ec2 ecr ecs efs eks elasticache elasticbeanstalk emr events firehose fsx globalaccelerator glue grafana guardduty health iam inspector2 iot kafka kinesis kms lakeformation lambda macie2 mq mwaa neptune opensearch organizations ram rds redshift resource-explorer-2 resource-groups route53 s3 sagemaker scheduler secretsmanager securityhub service-quotas servicecatalog ses sns sqs ssm sso stepfunctions storagegateway support transfer trustedadvisor wafv2 wellarchitected workspaces xray ;;
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
    exec awk -v want="$1" '
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
function offer_last(ended_at) {
    if (last != "" && last_at == ended_at) offer(last)
}
function offer(name) {
    if (substr(name, 1, length(typed)) == typed) put(substr(lead name, from))
}
function deceives(name) {
    return name ~ /[\001-\037\177]|\302[\200-\237]|\330\234|\342\200[\213-\217\250-\256]|\342\201[\240-\257]|\357\273\277/
}
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
' kind=config "$config" kind=credentials "$credentials"
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

fi

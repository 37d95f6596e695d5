# Completion for awscreds and the function awscreds-use, for fish 3.1 and newer.
# Generated from the command tree (CONTRIBUTING.md says how): a change here is lost.

# What may follow the command $argv[1]: its subcommands, its options with what they take (@ marks
# what is looked up, * what may be repeated), its arguments, and whether `-- COMMAND…`.
function __awscreds_command --no-scope-shadowing
    set subcommands
    set options
    set arguments
    set runs
@TABLE@
end

function __awscreds_complete
    set -l tokens (commandline -opc)
    set -l current (commandline -ct)
    set -l subcommands
    set -l options
    set -l arguments
    set -l runs
    set -l path
    set -l used
    set -l want
    set -l place 1
    if test "$tokens[1]" = awscreds-use
        set path awscreds-use
    end
    set -e tokens[1]
    __awscreds_command "$path"

    while set -q tokens[1]
        set -l token $tokens[1]
        set -e tokens[1]
        if set -q want[1]
            set want
        else if test "$token" = --
            if set -q runs[1]
                complete -C (string join ' ' -- (string escape -- $tokens) "$current")
            end
            return
        else if string match -q -- '-*' "$token"
            set -a used (string split -m 1 = -- "$token")[1]
            if not string match -q -- '*=*' "$token"
                __awscreds_value_of "$token"
            end
        else if contains -- "$token" (string replace -r ':.*' '' -- $subcommands)
            set -a path "$token"
            __awscreds_command "$path"
        else
            set place (math $place + 1)
            if set -q runs[1]; and set -q arguments[1]; and test $place -gt (count $arguments)
                if test "$tokens[1]" = --
                    set -e tokens[1]
                end
                complete -C (string join ' ' -- (string escape -- $tokens) "$current")
                return
            end
        end
    end

    if set -q want[1]
        __awscreds_values $want ''
    else if string match -q -- '--*=*' "$current"
        set -l name (string split -m 1 = -- "$current")[1]
        __awscreds_value_of $name
        if set -q want[1]
            __awscreds_values $want $name=
        end
    else if string match -q -- '-*' "$current"
        __awscreds_options
    else if set -q subcommands[1]
        string replace : \t -- $subcommands
    else if set -q arguments[$place]
        __awscreds_values (string trim -r -c '*' -- $arguments[$place]) ''
    else if string match -q -- '*\*' $arguments[-1]
        __awscreds_values (string trim -r -c '*' -- $arguments[-1]) ''
    else
        __awscreds_options
    end
end

# Sets `want` to what the option $argv[1] takes; to nothing where it takes none or is unknown.
function __awscreds_value_of --no-scope-shadowing
    set want (string replace -rf -- '^'(string escape --style=regex -- $argv[1])'=([^:*]*).*' '$1' $options)
end

function __awscreds_options --no-scope-shadowing
    for known in $options
        set -l spec (string split -m 1 : -- $known)
        set -l name (string match -r -- '^[^=*]*' $spec[1])
        if not contains -- $name $used; or string match -q -- '*\*' $spec[1]
            printf '%s\t%s\n' $name $spec[2]
        end
    end
    if set -q runs[1]
        printf '%s\t%s\n' -- 'The command follows'
    end
end

# Prints values of the kind $argv[1], each with $argv[2] before it.
function __awscreds_values
    switch $argv[1]
        case @profile
            __awscreds_names profile $argv[2]
        case @key-id
            __awscreds_names key-id $argv[2]
        case @file
            __fish_complete_path (string replace -r -- '^--[^=]*=' '' (commandline -ct)) | string replace -r -- '^' $argv[2]
        case @any
@LISTS@
        case '*'
            printf '%s\n' $argv[2](string split , -- $argv[1])
    end
end

# Prints what awk finds in the AWS files, with $argv[2] before it: the profiles, or the key ids. Of
# these files the shell gets to see nothing but the names in them; fish takes them as they are, and
# quotes them.
function __awscreds_names
    set -l files
    for file in "$AWS_CONFIG_FILE" "$AWS_SHARED_CREDENTIALS_FILE"
        # Nothing that awk would wait for, and nothing with a `=` that it would take for an assignment.
        if test -z "$file"
            set file ~/.aws/config ~/.aws/credentials
            set file $file[(math (count $files) + 1)]
        end
        set file (string replace -r -- '^~/' "$HOME/" $file)
        test -f $file; and test -r $file; or set file /dev/null
        set -a files (string replace -r -- '^([^/])' './$1' $file)
    end
    LC_ALL=C AWSCREDS_LEAD=$argv[2] command awk -v want=$argv[1] @AWK@ \
        kind=config $files[1] kind=credentials $files[2] 2>/dev/null
end

complete -c awscreds -f -a '(__awscreds_complete)'
complete -c awscreds-use -f -a '(__awscreds_complete)'

# A session of a profile in this shell; none is made anew while the present one has 5 minutes left.
# Without a name, the person chooses one; `-` is the profile before, which only this shell knows.
function awscreds-use --description 'Bring a session of a profile into this shell'
    set -l before $AWSCREDS_PROFILE
    if test (count $argv) -eq 0; and isatty stdin; and isatty stderr; and test -n "$TERM" -a "$TERM" != dumb
        set argv --choose
    else if test (count $argv) -ne 1; or test -z "$argv[1]"; or test "$argv[1]" = --help
        echo 'usage: awscreds-use [PROFILE] | - | --off' >&2
        return 2
    else if test "$argv[1]" = -
        if test -z "$__awscreds_previous"
            echo 'awscreds-use: there is no profile before this one in this shell' >&2
            return 2
        end
        set argv $__awscreds_previous
    end
    set -l fish_trace # a trace would show what is evaluated
    set -l statements
    if test $argv[1] = --off
        set statements (command awscreds export --format fish --unset)
        or return
    else if test $argv[1] = --choose
        set statements (command awscreds export --format fish --choose)
        or return
    else if __awscreds_holds $argv[1]
        return
    else
        set statements (command awscreds export --format fish --profile=$argv[1])
        or return
    end
    string join \n -- $statements | source
    set -l code $status
    if test -n "$before"; and test "$AWSCREDS_PROFILE" != "$before"
        set -g __awscreds_previous $before
    end
    return $code
end

# Whether this shell has a session of profile $argv[1] for 5 minutes more.
function __awscreds_holds
    test "$AWSCREDS_PROFILE" = $argv[1]; and test -n "$AWS_SESSION_TOKEN"; or return 1
    set -l left (__awscreds_left)
    and test $left -ge 300
end

# Prints the seconds until the session in this shell ends. Fails where that is not known.
function __awscreds_left
    set -l end (string match -r -- '^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)Z$' "$AWS_CREDENTIAL_EXPIRATION")
    or return 1
    # The seconds since the epoch, with years that begin in March, so that leap days come last.
    set -l year $end[2]
    set -l month $end[3]
    if test $month -lt 3
        set year (math $year - 1)
        set month (math $month + 12)
    end
    set -l days (math "365 * $year + floor($year / 4) - floor($year / 100) + floor($year / 400) + floor((153 * $month - 457) / 5) + $end[4] - 719469")
    math "$days * 86400 + $end[5] * 3600 + $end[6] * 60 + $end[7] - "(__awscreds_now)
end

# Prints the seconds since the epoch: when a folder changed, and how long that is ago. Only a fish
# older than 3.5 starts `date` for it.
function __awscreds_now
    if builtin -q path
        math (path mtime /) + (path mtime --relative /)
    else
        command date +%s
    end
end

# Prints the profile of the session in this shell and the time left, for a prompt. It starts no
# process, and prints nothing without a session.
function awscreds-prompt --description 'Print the profile of this shell and the time left'
    test -n "$AWSCREDS_PROFILE"; and test -n "$AWS_ACCESS_KEY_ID"; or return 0
    set -l text $AWSCREDS_PROFILE
    test -n "$AWSUME_PROFILE"; and set text $AWSUME_PROFILE
    set text (string replace -ra -- '[\x00-\x1f\x7f]' '?' $text | string join '?')
    if set -l left (__awscreds_left)
        if test $left -le 0
            set text "$text expired"
        else if test $left -lt 3600
            set text "$text "(math "ceil($left / 60)")m
        else
            set text "$text "(math "floor($left / 3600)")h(math "floor($left % 3600 / 60)")m
        end
    end
    echo -- $text
end

# Completion for awscreds and the function awscreds-use, for fish 3.1 and newer.
# Generated from the command tree (CONTRIBUTING.md says how): a change here is lost.

# What may follow the command $argv[1]: its subcommands, its options with what they take (@ marks
# what is looked up, * what may be repeated), its arguments, and whether `-- COMMAND…`.
function __awscreds_command --no-scope-shadowing
    set subcommands
    set options
    set arguments
    set runs
    set -l common \
        '--no-input:Never prompt; exit 6 if input is needed' \
        '--quiet:Only print warnings and errors' \
        '--verbose:Print more about what is done' \
        '--no-color:Print no colours (NO_COLOR does the same)' \
        '--help:Show this message and exit'
    switch $argv[1]
        case ''
            set subcommands 'configure:Set up a profile and store its access key' \
                'status:Show where you stand: profile, session, store, problems' \
                'list:List all profiles and what is known about them' \
                'profile:Add, show, copy, rename, remove and wrap profiles' \
                'sso:Create profiles for your SSO accounts and roles' \
                'migrate:Move plaintext keys to the secret store, and back' \
                'import:Take over the access keys of other programs' \
                'mfa-session:Start an MFA session in this shell' \
                'login:Log in in your browser: with SSO, or as `aws login` does' \
                'logout:End the login of a profile: of SSO, or of `aws login`' \
                'export:Load a profile\'s credentials into this shell' \
                'exec:Run a command with a profile\'s credentials' \
                'console:Open the AWS console in your browser' \
                'mfa:Add, list and remove a user\'s MFA devices' \
                'sessions:List and clear cached sessions' \
                'whoami:Show which identity a profile\'s credentials belong to' \
                'credential-process:Print a profile\'s credentials for an SDK' \
                'rotate:Replace a profile\'s access key with a new one, safely' \
                'keys:List, deactivate and delete a user\'s access keys' \
                'policy:Print the IAM policy that a task needs' \
                'doctor:Check your AWS files and keys, and show what to fix' \
                'store:Manage where secrets are stored' \
                'unlock:Open the secret store for a while' \
                'lock:Lock the vault and clear cached sessions' \
                'completion:Print or install TAB completion for your shell' \
                'sandbox:Try awscreds with a local AWS, without an account'
            set options '--profile=@profile:The profile to use (else AWS_PROFILE, then default)' \
                '--json:Print the result as one JSON document on stdout' \
                '--yes:Answer yes to every question' \
                '--no-pager:Print long lists directly, not in a pager' \
                '--version:Show the version and exit' \
                $common
        case 'configure'
            set subcommands 'get:Print the value of KEY; exit 1 if it is not set' \
                'set:Set KEY to VALUE; change nothing else in the files' \
                'unset:Remove KEY from the files; exit 1 if it is not set' \
                'list:Show the settings in effect and where they come from' \
                'list-profiles:Print the names of all profiles, one per line' \
                'import:Import access keys from a console CSV or the environment' \
                'export-credentials:Print credentials in the AWS CLI\'s formats'
            set options '--access-key-id=@any:The access key ID, instead of a prompt' \
                '--secret-stdin:Read the secret access key from stdin' \
                '--region=@region:The region, like eu-central-1' \
                '--output=@output:The AWS CLI\'s output format, like json' \
                '--mfa-serial=@any:The ARN of the user\'s MFA device' \
                '--no-verify:Store keys without checking them with AWS' \
                '--plaintext:Write the keys to the credentials file in plaintext' \
                '--profile=@profile:The profile to use (else AWS_PROFILE, then default)' \
                '--json:Print the result as one JSON document on stdout' \
                '--yes:Answer yes to every question' \
                $common
        case 'configure get'
            set options '--reveal:Print secrets even on a terminal' \
                '--services=@any:Use this services section' \
                '--sso-session=@any:Use this sso-session section' \
                '--profile=@profile:The profile to use (else AWS_PROFILE, then default)' \
                '--json:Print the result as one JSON document on stdout' \
                $common
            set arguments '@config-key'
        case 'configure set'
            set options '--services=@any:Use this services section' \
                '--sso-session=@any:Use this sso-session section' \
                '--profile=@profile:The profile to use (else AWS_PROFILE, then default)' \
                '--yes:Answer yes to every question' \
                $common
            set arguments '@config-key' \
                '@any'
        case 'configure unset'
            set options '--services=@any:Use this services section' \
                '--sso-session=@any:Use this sso-session section' \
                '--profile=@profile:The profile to use (else AWS_PROFILE, then default)' \
                '--yes:Answer yes to every question' \
                $common
            set arguments '@config-key'
        case 'configure list'
            set options '--profile=@profile:The profile to use (else AWS_PROFILE, then default)' \
                '--json:Print the result as one JSON document on stdout' \
                $common
            set arguments '@profile'
        case 'configure list-profiles'
            set options '--json:Print the result as one JSON document on stdout' \
                '--no-pager:Print long lists directly, not in a pager' \
                $common
        case 'configure import'
            set options '--csv=@file:The CSV from the AWS console; - reads stdin' \
                '--from-env:Import the key in AWS_ACCESS_KEY_ID' \
                '--profile-prefix=@any:Put this before each user\'s name' \
                '--skip-invalid:Skip invalid rows instead of stopping' \
                '--no-verify:Store keys without checking them with AWS' \
                '--profile=@profile:The profile to use (else AWS_PROFILE, then default)' \
                '--json:Print the result as one JSON document on stdout' \
                '--yes:Answer yes to every question' \
                $common
        case 'configure export-credentials'
            set options '--format=process,env,env-no-export,powershell,windows-cmd,fish:The format, as in the AWS CLI; by default process' \
                '--reveal:Print secrets even on a terminal' \
                '--profile=@profile:The profile to use (else AWS_PROFILE, then default)' \
                $common
            set arguments '@profile'
        case 'status'
            set options '--json:Print the result as one JSON document on stdout' \
                $common
        case 'list'
            set options '--filter=@any:Only profiles whose name contains TEXT' \
                '--kind=managed,static,role,wrapped,sso,login,process,web-identity,settings:Only profiles of this kind' \
                '--account=@any:Only profiles of this account' \
                '--older-than=@any:Only keys older than this, like 90d' \
                '--json:Print the result as one JSON document on stdout' \
                '--no-pager:Print long lists directly, not in a pager' \
                $common
        case 'profile'
            set subcommands 'add:Create a profile for a role' \
                'show:Show where every setting of a profile comes from, and who uses it' \
                'copy:Copy a profile\'s settings to a new profile' \
                'rename:Rename a profile, and every line that names it' \
                'remove:Remove a profile from both AWS files, with its comments' \
                'wrap:Make a role or login use awscreds: one MFA code or login a day' \
                'unwrap:Undo wrap: SDKs get the credentials themselves again'
            set options '--profile=@profile:The profile to use (else AWS_PROFILE, then default)' \
                '--json:Print the result as one JSON document on stdout' \
                '--yes:Answer yes to every question' \
                $common
        case 'profile add'
            set options '--role-arn=@any:The role to assume' \
                '--source=@profile:The profile whose credentials assume the role' \
                '--mfa-serial=@any:The ARN of the user\'s MFA device' \
                '--external-id=@any:The external ID, if the role requires one' \
                '--duration=@any:How long the session lasts: 90m, 12h, or seconds' \
                '--region=@region:The region, like eu-central-1' \
                '--json:Print the result as one JSON document on stdout' \
                '--yes:Answer yes to every question' \
                $common
            set arguments '@any'
        case 'profile show'
            set options '--profile=@profile:The profile to use (else AWS_PROFILE, then default)' \
                '--json:Print the result as one JSON document on stdout' \
                $common
            set arguments '@profile'
        case 'profile copy'
            set options '--plaintext:Write the keys to the credentials file in plaintext' \
                '--json:Print the result as one JSON document on stdout' \
                '--yes:Answer yes to every question' \
                $common
            set arguments '@profile' \
                '@any'
        case 'profile rename'
            set options '--json:Print the result as one JSON document on stdout' \
                '--yes:Answer yes to every question' \
                $common
            set arguments '@profile' \
                '@any'
        case 'profile remove'
            set options '--profile=@profile:The profile to use (else AWS_PROFILE, then default)' \
                '--json:Print the result as one JSON document on stdout' \
                '--yes:Answer yes to every question' \
                $common
            set arguments '@profile'
        case 'profile wrap'
            set options '--profile=@profile:The profile to use (else AWS_PROFILE, then default)' \
                '--json:Print the result as one JSON document on stdout' \
                '--yes:Answer yes to every question' \
                $common
            set arguments '@profile'
        case 'profile unwrap'
            set options '--profile=@profile:The profile to use (else AWS_PROFILE, then default)' \
                '--json:Print the result as one JSON document on stdout' \
                $common
            set arguments '@profile'
        case 'sso'
            set subcommands 'populate:Create a profile for each account and role that you may use'
            set options '--json:Print the result as one JSON document on stdout' \
                '--yes:Answer yes to every question' \
                $common
        case 'sso populate'
            set options '--sso-session=@any:Use this sso-session section' \
                '--prefix=@any:Put this before each name' \
                '--template=@any:How profiles are named, from {account_name}, {account_id}, {role_name} and {sso_session}' \
                '--only=@any*:Only accounts or roles like \'prod-*\' or \'*/ReadOnly*\'' \
                '--skip=@any*:No accounts or roles like this' \
                '--region=@region:The region, like eu-central-1' \
                '--wrap:Let SDKs get these profiles from awscreds, also those that it wrote before' \
                '--prune:Remove profiles that it wrote and whose role is gone' \
                '--dry-run:Show what would happen; change nothing' \
                '--json:Print the result as one JSON document on stdout' \
                '--yes:Answer yes to every question' \
                '--no-pager:Print long lists directly, not in a pager' \
                $common
        case 'migrate'
            set options '--all:Every key that a profile uses' \
                '--dry-run:Show what would happen; change nothing' \
                '--no-verify:Store keys without checking them with AWS' \
                '--undo:Write keys back to the AWS files, in plaintext' \
                '--profile=@profile*:The profile to use (else AWS_PROFILE, then default)' \
                '--json:Print the result as one JSON document on stdout' \
                '--yes:Answer yes to every question' \
                $common
        case 'import'
            set options '--from=aws-vault,granted,awskeyring,aws-mfa,awsume,all:The program whose keys to import, or all' \
                '--dry-run:Show what would happen; change nothing' \
                '--no-verify:Store keys without checking them with AWS' \
                '--delete-source:Then delete the imported keys from the other program\'s store' \
                '--profile=@profile:The profile to use (else AWS_PROFILE, then default)' \
                '--json:Print the result as one JSON document on stdout' \
                '--yes:Answer yes to every question' \
                $common
        case 'mfa-session'
            set options '--token=@any:The MFA code, instead of a prompt' \
                '--duration=@any:How long the session lasts: 90m, 12h, or seconds' \
                '--serial=@any:The MFA device, instead of mfa_serial' \
                '--refresh:Get a new session even if one is cached' \
                '--format=sh,fish,powershell,cmd,json,dotenv:sh (bash, zsh, dash, ksh), fish, powershell, cmd, json or dotenv; by default the format of your shell' \
                '--unset:Remove the session from this shell and restore the old variables' \
                '--reveal:Print secrets even on a terminal' \
                '--profile=@profile:The profile to use (else AWS_PROFILE, then default)' \
                '--json:Print the result as one JSON document on stdout' \
                $common
            set arguments '@profile'
        case 'login'
            set options '--sso-session=@any:Use this sso-session section' \
                '--use-device-code:Compare a code in a browser anywhere, instead of one on this machine' \
                '--remote:For `aws login`: paste the code that a browser on another machine shows' \
                '--no-browser:Open no browser: only print the address' \
                '--share:Keep the login in the AWS CLI\'s file, in plaintext, for tools that read it there' \
                '--region=@region:The region, like eu-central-1' \
                '--profile=@profile:The profile to use (else AWS_PROFILE, then default)' \
                '--json:Print the result as one JSON document on stdout' \
                '--yes:Answer yes to every question' \
                $common
            set arguments '@profile'
        case 'logout'
            set options '--sso-session=@any:Use this sso-session section' \
                '--profile=@profile:The profile to use (else AWS_PROFILE, then default)' \
                '--json:Print the result as one JSON document on stdout' \
                $common
            set arguments '@profile'
        case 'export'
            set options '--choose:Choose the profile from a list, if none is named' \
                '--token=@any:The MFA code, instead of a prompt' \
                '--duration=@any:How long the session lasts: 90m, 12h, or seconds' \
                '--serial=@any:The MFA device, instead of mfa_serial' \
                '--refresh:Get a new session even if one is cached' \
                '--format=sh,fish,powershell,cmd,json,dotenv:sh (bash, zsh, dash, ksh), fish, powershell, cmd, json or dotenv; by default the format of your shell' \
                '--unset:Remove the session from this shell and restore the old variables' \
                '--reveal:Print secrets even on a terminal' \
                '--profile=@profile:The profile to use (else AWS_PROFILE, then default)' \
                '--json:Print the result as one JSON document on stdout' \
                $common
            set arguments '@profile'
        case 'exec'
            set options '--token=@any:The MFA code, instead of a prompt' \
                '--duration=@any:How long the session lasts: 90m, 12h, or seconds' \
                '--serial=@any:The MFA device, instead of mfa_serial' \
                '--refresh:Get a new session even if one is cached' \
                '--profile=@profile:The profile to use (else AWS_PROFILE, then default)' \
                $common
            set arguments '@profile'
            set runs 1
        case 'console'
            set options '--service=@service:Open the page of a service, like s3' \
                '--path=@any:Open this page of the console' \
                '--region=@region:The region, like eu-central-1' \
                '--duration=@any:How long the session lasts: 90m, 12h, or seconds' \
                '--print:Print the link, and open no browser' \
                '--browser=firefox,librewolf,chrome,chromium,edge,brave,vivaldi,opera,safari:Use another browser: firefox, librewolf, chrome, chromium, edge, brave, vivaldi, opera, safari' \
                '--firefox-container:Use a container of Firefox, named as the profile' \
                '--chrome-profile=@any:Use this profile folder of Chrome' \
                '--profile=@profile:The profile to use (else AWS_PROFILE, then default)' \
                '--json:Print the result as one JSON document on stdout' \
                $common
            set arguments '@profile'
        case 'mfa'
            set subcommands 'code:Print one MFA code from a stored seed' \
                'enable:Add a virtual MFA device to the user, and use it in the profile' \
                'list:List the user\'s MFA devices, and which one the profile uses' \
                'remove:Remove a virtual MFA device of the user, permanently'
            set options '--profile=@profile:The profile to use (else AWS_PROFILE, then default)' \
                '--json:Print the result as one JSON document on stdout' \
                '--yes:Answer yes to every question' \
                $common
        case 'mfa code'
            set options '--serial=@any:The MFA device, instead of mfa_serial' \
                '--profile=@profile:The profile to use (else AWS_PROFILE, then default)' \
                '--json:Print the result as one JSON document on stdout' \
                $common
            set arguments '@profile'
        case 'mfa enable'
            set options '--name=@any:The device\'s name (default: that of the user)' \
                '--store-seed:Keep the seed here, so that nobody types codes' \
                '--seed-in=keyring,vault:The store for the seed, with --store-seed' \
                '--yubikey:Put the seed on a YubiKey, with ykman' \
                '--show-seed:Show the seed as text below the QR code' \
                '--token=@any:The MFA code, instead of a prompt' \
                '--endpoint-ok:Trust an endpoint that is not AWS\'s own' \
                '--profile=@profile:The profile to use (else AWS_PROFILE, then default)' \
                '--json:Print the result as one JSON document on stdout' \
                '--yes:Answer yes to every question' \
                $common
            set arguments '@profile'
        case 'mfa list'
            set options '--token=@any:The MFA code, instead of a prompt' \
                '--profile=@profile:The profile to use (else AWS_PROFILE, then default)' \
                '--json:Print the result as one JSON document on stdout' \
                $common
            set arguments '@profile'
        case 'mfa remove'
            set options '--serial=@any:The MFA device, instead of mfa_serial' \
                '--token=@any:The MFA code, instead of a prompt' \
                '--endpoint-ok:Trust an endpoint that is not AWS\'s own' \
                '--profile=@profile:The profile to use (else AWS_PROFILE, then default)' \
                '--json:Print the result as one JSON document on stdout' \
                '--yes:Answer yes to every question' \
                $common
            set arguments '@profile'
        case 'sessions'
            set subcommands 'clear:Clear all cached sessions, or only those of one profile' \
                'list:List cached sessions and how long they last'
            set options '--profile=@profile:The profile to use (else AWS_PROFILE, then default)' \
                '--json:Print the result as one JSON document on stdout' \
                $common
        case 'sessions clear'
            set options '--profile=@profile:The profile to use (else AWS_PROFILE, then default)' \
                '--json:Print the result as one JSON document on stdout' \
                $common
            set arguments '@profile'
        case 'sessions list'
            set options '--json:Print the result as one JSON document on stdout' \
                '--no-pager:Print long lists directly, not in a pager' \
                $common
        case 'whoami'
            set options '--profile=@profile:The profile to use (else AWS_PROFILE, then default)' \
                '--json:Print the result as one JSON document on stdout' \
                $common
            set arguments '@profile'
        case 'credential-process'
            set options '--profile-hex=@any:The name of the profile, hex-encoded' \
                '--config-file=@file:The config file that contains the profile' \
                '--config-file-hex=@any:As above, hex-encoded' \
                '--home=@file:The state folder of awscreds' \
                '--home-hex=@any:As above, hex-encoded' \
                '--profile=@profile:The profile to use (else AWS_PROFILE, then default)' \
                '--json:Print the result as one JSON document on stdout' \
                $common
        case 'rotate'
            set options '--all:Every key that a profile uses' \
                '--older-than=@any:Only keys older than this, like 90d' \
                '--grace=@any:Keep the old key active for this time, like 24h' \
                '--keep-old=active,inactive:Don\'t delete the old key; leave it active or inactive' \
                '--keep-plaintext:Rotate plaintext keys in place' \
                '--replace-other:Delete the user\'s other key to make room' \
                '--token=@any:The MFA code, instead of a prompt' \
                '--endpoint-ok:Trust an endpoint that is not AWS\'s own' \
                '--dry-run:Show what would happen; change nothing' \
                '--resume:Finish or undo an interrupted rotation' \
                '--profile=@profile:The profile to use (else AWS_PROFILE, then default)' \
                '--json:Print the result as one JSON document on stdout' \
                '--yes:Answer yes to every question' \
                $common
            set arguments '@profile'
        case 'keys'
            set subcommands 'activate:Activate an inactive key again' \
                'deactivate:Deactivate a key: AWS refuses it until it is activated again' \
                'delete:Delete a key permanently, with its stored secret and sessions' \
                'list:List the user\'s access keys with status, age and last use'
            set options '--profile=@profile:The profile to use (else AWS_PROFILE, then default)' \
                '--json:Print the result as one JSON document on stdout' \
                '--yes:Answer yes to every question' \
                $common
        case 'keys activate'
            set options '--token=@any:The MFA code, instead of a prompt' \
                '--endpoint-ok:Trust an endpoint that is not AWS\'s own' \
                '--profile=@profile:The profile to use (else AWS_PROFILE, then default)' \
                '--json:Print the result as one JSON document on stdout' \
                '--yes:Answer yes to every question' \
                $common
            set arguments '@key-id'
        case 'keys deactivate'
            set options '--token=@any:The MFA code, instead of a prompt' \
                '--endpoint-ok:Trust an endpoint that is not AWS\'s own' \
                '--profile=@profile:The profile to use (else AWS_PROFILE, then default)' \
                '--json:Print the result as one JSON document on stdout' \
                '--yes:Answer yes to every question' \
                $common
            set arguments '@key-id'
        case 'keys delete'
            set options '--token=@any:The MFA code, instead of a prompt' \
                '--endpoint-ok:Trust an endpoint that is not AWS\'s own' \
                '--profile=@profile:The profile to use (else AWS_PROFILE, then default)' \
                '--json:Print the result as one JSON document on stdout' \
                '--yes:Answer yes to every question' \
                $common
            set arguments '@key-id'
        case 'keys list'
            set options '--token=@any:The MFA code, instead of a prompt' \
                '--profile=@profile:The profile to use (else AWS_PROFILE, then default)' \
                '--json:Print the result as one JSON document on stdout' \
                $common
            set arguments '@profile'
        case 'policy'
            set subcommands 'mfa:Print the policy that lets users manage their MFA devices' \
                'revoke-sessions:Print the policy that ends all sessions started before now' \
                'rotate:Print the policy that lets users rotate their own keys'
            set options '--profile=@profile:The profile to use (else AWS_PROFILE, then default)' \
                '--json:Print the result as one JSON document on stdout' \
                $common
        case 'policy mfa'
            set options '--enrol:For new users: the first device needs no MFA' \
                '--profile=@profile:The profile to use (else AWS_PROFILE, then default)' \
                '--json:Print the result as one JSON document on stdout' \
                $common
            set arguments '@profile'
        case 'policy revoke-sessions'
            set options '--profile=@profile:The profile to use (else AWS_PROFILE, then default)' \
                '--json:Print the result as one JSON document on stdout' \
                $common
            set arguments '@profile'
        case 'policy rotate'
            set options '--require-mfa:Allow it only with MFA' \
                '--profile=@profile:The profile to use (else AWS_PROFILE, then default)' \
                '--json:Print the result as one JSON document on stdout' \
                $common
            set arguments '@profile'
        case 'doctor'
            set options '--fail-on=error,warning,note:Exit 1 if there is a finding of this severity or a worse one' \
                '--offline:Check only this computer: open no secret store, and do not ask AWS' \
                '--fix:Fix what is safe to fix, after showing the changes and asking' \
                '--clients:Show only which programs cannot read which of your profiles' \
                '--json:Print the result as one JSON document on stdout' \
                '--yes:Answer yes to every question' \
                '--no-pager:Print long lists directly, not in a pager' \
                $common
        case 'store'
            set subcommands 'forget:Delete the stored secret of a key that no profile uses' \
                'move:Move all secrets to the other store, and use it from now on' \
                'passwd:Change the vault\'s passphrase' \
                'release:Remove a lost config file from the list of known files' \
                'show:Show which store is in use, whether it is open, and its keys'
            set options '--json:Print the result as one JSON document on stdout' \
                '--yes:Answer yes to every question' \
                $common
        case 'store forget'
            set options '--json:Print the result as one JSON document on stdout' \
                '--yes:Answer yes to every question' \
                $common
            set arguments '@key-id'
        case 'store move'
            set options '--to=keyring,vault:The store to move the secrets to' \
                '--json:Print the result as one JSON document on stdout' \
                $common
        case 'store passwd'
            set options '--json:Print the result as one JSON document on stdout' \
                $common
        case 'store release'
            set options '--json:Print the result as one JSON document on stdout' \
                $common
            set arguments '@any'
        case 'store show'
            set options '--json:Print the result as one JSON document on stdout' \
                '--no-pager:Print long lists directly, not in a pager' \
                $common
        case 'unlock'
            set options '--for=@any:How long the vault stays open, like 8h (default 15m)' \
                '--json:Print the result as one JSON document on stdout' \
                $common
        case 'lock'
            set options '--json:Print the result as one JSON document on stdout' \
                $common
        case 'completion'
            set options '--install:Write the script to the folder where the shell looks for it' \
                '--uninstall:Remove what --install wrote' \
                '--json:Print the result as one JSON document on stdout' \
                $common
            set arguments 'bash,zsh,fish,powershell'
        case 'sandbox'
            set subcommands 'code:Print the current code of alice\'s MFA device' \
                'tour:Show the main tasks step by step; exit 1 if a step fails'
            set options $common
            set runs 1
        case 'sandbox code'
            set options $common
        case 'sandbox tour'
            set options $common
        case 'awscreds-use'
            set options '--off:Remove the session from this shell'
            set arguments '@profile'
    end
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
        case @region
            printf '%s\n' $argv[2]{af-south-1,ap-east-1,ap-east-2,ap-northeast-1,ap-northeast-2,ap-northeast-3,ap-south-1,ap-south-2,ap-southeast-1,ap-southeast-2,ap-southeast-3,ap-southeast-4,ap-southeast-5,ap-southeast-6,ap-southeast-7,ca-central-1,ca-west-1,cn-north-1,cn-northwest-1,eu-central-1,eu-central-2,eu-north-1,eu-south-1,eu-south-2,eu-west-1,eu-west-2,eu-west-3,il-central-1,me-central-1,me-south-1,mx-central-1,sa-east-1,us-east-1,us-east-2,us-gov-east-1,us-gov-west-1,us-west-1,us-west-2}
        case @config-key
            printf '%s\n' $argv[2]{aws_access_key_id,aws_secret_access_key,aws_session_token,region,output,mfa_serial,role_arn,source_profile,credential_source,external_id,role_session_name,duration_seconds,web_identity_token_file,credential_process,sso_session,sso_account_id,sso_role_name,sso_start_url,sso_region,services,endpoint_url,ca_bundle,cli_pager,cli_auto_prompt,cli_timestamp_format,cli_binary_format,max_attempts,retry_mode,defaults_mode,parameter_validation,tcp_keepalive,use_dualstack_endpoint,use_fips_endpoint,sts_regional_endpoints,s3.addressing_style,s3.max_concurrent_requests,s3.max_queue_size,s3.multipart_threshold,s3.multipart_chunksize,s3.max_bandwidth,s3.use_accelerate_endpoint,s3.payload_signing_enabled,s3.use_dualstack_endpoint,mfa_process,awscreds_serve,awscreds_key_cache,awscreds_max_key_age,awscreds_token_cache,awscreds_populate_template}
        case @output
            printf '%s\n' $argv[2]{json,yaml,yaml-stream,text,table}
        case @service
            printf '%s\n' $argv[2]{acm,amplify,apigateway,apprunner,appsync,athena,backup,batch,bedrock,billing,budgets,ce,cloudformation,cloudfront,cloudtrail,cloudwatch,codeartifact,codebuild,codecommit,codedeploy,codepipeline,cognito-idp,config,controltower,detective,directconnect,dms,docdb,dynamodb,ec2,ecr,ecs,efs,eks,elasticache,elasticbeanstalk,emr,events,firehose,fsx,globalaccelerator,glue,grafana,guardduty,health,iam,inspector2,iot,kafka,kinesis,kms,lakeformation,lambda,macie2,mq,mwaa,neptune,opensearch,organizations,ram,rds,redshift,resource-explorer-2,resource-groups,route53,s3,sagemaker,scheduler,secretsmanager,securityhub,service-quotas,servicecatalog,ses,sns,sqs,ssm,sso,stepfunctions,storagegateway,support,transfer,trustedadvisor,wafv2,wellarchitected,workspaces,xray}
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
    LC_ALL=C AWSCREDS_LEAD=$argv[2] command awk -v want=$argv[1] '
function put(text) { print text }
BEGIN {
    lead = ENVIRON["AWSCREDS_LEAD"]
    typed = ENVIRON["AWSCREDS_TYPED"]
    RS = want == "profile" ? "[" : "\\n"
    typed_plainly = typed ~ /^[A-Za-z0-9_.@+\\/=-]+$/
}
want == "key-id" {
    if (sub(/^awscreds_access_key_id[ \\t]*=[ \\t]*/, "") && sub(/[ \\t\\r]*$/, "") && /^[A-Z0-9]+$/)
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
substr(above, length(above)) != "\\n" && (FNR > 2 || above != "" && above != "\\357\\273\\277") {
    next # as its line began before this bracket; a byte order mark is no part of the line
}
config ? /^profile [A-Za-z0-9_.@+\\/=-]+\\]\\r?\\n/ : /^[A-Za-z0-9_.@+\\/=-]+\\]\\r?\\n/ {
    start = length(before) + 1
    if (matches) print substr(lead substr($0, start, index($0, "]") - start), from)
    next
}
close_at = index($0, "]") {
    name = substr($0, 1, close_at - 1)
    if (name ~ /[\\r\\n]/) next
    if (kind == "config" && name != "default") name = second_word(name)
    if (name == "" || name ~ /[^ -~]/ && deceives(name)) next
    line = substr($0, close_at + 1)
    ends = sub(/[\\r\\n].*/, "", line)
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
    return name ~ /[\\001-\\037\\177]|\\302[\\200-\\237]|\\330\\234|\\342\\200[\\213-\\217\\250-\\256]|\\342\\201[\\240-\\257]|\\357\\273\\277/
}
function second_word(text,    words, count, at, char, quote, word, begun) {
    if (index(text, "profile") != 1) return ""
    if (text !~ /["\\047\\\\]/) {
        sub(/[ \\t]+$/, "", text)
        return split(text, words, /[ \\t]+/) == 2 ? words[2] : ""
    }
    for (at = 1; at <= length(text); at++) {
        char = substr(text, at, 1)
        if (quote == "" && (char == " " || char == "\\t")) {
            if (begun) words[++count] = word
            word = begun = ""
        } else {
            begun = 1
            if (char == quote) quote = ""
            else if (quote == "" && (char == "\\"" || char == "\\047")) quote = char
            else if (char == "\\\\" && quote != "\\047") {
                char = substr(text, ++at, 1)
                if (char == "") return ""
                word = word (quote == "" || char == "\\"" || char == "\\\\" ? "" : "\\\\") char
            } else word = word char
        }
    }
    if (begun) words[++count] = word
    return quote == "" && count == 2 ? words[2] : ""
}
' \
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

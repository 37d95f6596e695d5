# Completion for awscreds and the function awscreds-use, for Windows PowerShell 5.1 and PowerShell 7.
# Generated from the command tree (CONTRIBUTING.md says how): a change here is lost.

# What may follow the command $Path: its subcommands, its options with what they take (@ marks what
# is looked up, * what may be repeated), its arguments, and whether `-- COMMAND...`.
function Get-AwscredsCommand([string] $Path) {
    $found = @{ Subcommands = @(); Options = @(); Arguments = @(); Runs = $false }
    $common = @(
        '--no-input:Never prompt; exit 6 if input is needed'
        '--quiet:Only print warnings and errors'
        '--verbose:Print more about what is done'
        '--no-color:Print no colours (NO_COLOR does the same)'
        '--help:Show this message and exit'
    )
    switch -CaseSensitive ($Path) {
        '' {
            $found.Subcommands = @(
                'configure:Set up a profile and store its access key'
                'status:Show where you stand: profile, session, store, problems'
                'list:List all profiles and what is known about them'
                'profile:Add, show, copy, rename, remove and wrap profiles'
                'sso:Create profiles for your SSO accounts and roles'
                'migrate:Move plaintext keys to the secret store, and back'
                'import:Take over the access keys of other programs'
                'mfa-session:Start an MFA session in this shell'
                'login:Log in in your browser: with SSO, or as `aws login` does'
                'logout:End the login of a profile: of SSO, or of `aws login`'
                'export:Load a profile''s credentials into this shell'
                'exec:Run a command with a profile''s credentials'
                'console:Open the AWS console in your browser'
                'mfa:Add, list and remove a user''s MFA devices'
                'sessions:List and clear cached sessions'
                'whoami:Show which identity a profile''s credentials belong to'
                'credential-process:Print a profile''s credentials for an SDK'
                'rotate:Replace a profile''s access key with a new one, safely'
                'keys:List, deactivate and delete a user''s access keys'
                'policy:Print the IAM policy that a task needs'
                'doctor:Check your AWS files and keys, and show what to fix'
                'store:Manage where secrets are stored'
                'unlock:Open the secret store for a while'
                'lock:Lock the vault and clear cached sessions'
                'completion:Print or install TAB completion for your shell'
                'sandbox:Try awscreds with a local AWS, without an account'
            )
            $found.Options = @(
                '--profile=@profile:The profile to use (else AWS_PROFILE, then default)'
                '--json:Print the result as one JSON document on stdout'
                '--yes:Answer yes to every question'
                '--no-pager:Print long lists directly, not in a pager'
                '--version:Show the version and exit'
            ) + $common
        }
        'configure' {
            $found.Subcommands = @(
                'get:Print the value of KEY; exit 1 if it is not set'
                'set:Set KEY to VALUE; change nothing else in the files'
                'unset:Remove KEY from the files; exit 1 if it is not set'
                'list:Show the settings in effect and where they come from'
                'list-profiles:Print the names of all profiles, one per line'
                'import:Import access keys from a console CSV or the environment'
                'export-credentials:Print credentials in the AWS CLI''s formats'
            )
            $found.Options = @(
                '--access-key-id=@any:The access key ID, instead of a prompt'
                '--secret-stdin:Read the secret access key from stdin'
                '--region=@region:The region, like eu-central-1'
                '--output=@output:The AWS CLI''s output format, like json'
                '--mfa-serial=@any:The ARN of the user''s MFA device'
                '--no-verify:Store keys without checking them with AWS'
                '--plaintext:Write the keys to the credentials file in plaintext'
                '--profile=@profile:The profile to use (else AWS_PROFILE, then default)'
                '--json:Print the result as one JSON document on stdout'
                '--yes:Answer yes to every question'
            ) + $common
        }
        'configure get' {
            $found.Options = @(
                '--reveal:Print secrets even on a terminal'
                '--services=@any:Use this services section'
                '--sso-session=@any:Use this sso-session section'
                '--profile=@profile:The profile to use (else AWS_PROFILE, then default)'
                '--json:Print the result as one JSON document on stdout'
            ) + $common
            $found.Arguments = @('@config-key')
        }
        'configure set' {
            $found.Options = @(
                '--services=@any:Use this services section'
                '--sso-session=@any:Use this sso-session section'
                '--profile=@profile:The profile to use (else AWS_PROFILE, then default)'
                '--yes:Answer yes to every question'
            ) + $common
            $found.Arguments = @('@config-key', '@any')
        }
        'configure unset' {
            $found.Options = @(
                '--services=@any:Use this services section'
                '--sso-session=@any:Use this sso-session section'
                '--profile=@profile:The profile to use (else AWS_PROFILE, then default)'
                '--yes:Answer yes to every question'
            ) + $common
            $found.Arguments = @('@config-key')
        }
        'configure list' {
            $found.Options = @(
                '--profile=@profile:The profile to use (else AWS_PROFILE, then default)'
                '--json:Print the result as one JSON document on stdout'
            ) + $common
            $found.Arguments = @('@profile')
        }
        'configure list-profiles' {
            $found.Options = @(
                '--json:Print the result as one JSON document on stdout'
                '--no-pager:Print long lists directly, not in a pager'
            ) + $common
        }
        'configure import' {
            $found.Options = @(
                '--csv=@file:The CSV from the AWS console; - reads stdin'
                '--from-env:Import the key in AWS_ACCESS_KEY_ID'
                '--profile-prefix=@any:Put this before each user''s name'
                '--skip-invalid:Skip invalid rows instead of stopping'
                '--no-verify:Store keys without checking them with AWS'
                '--profile=@profile:The profile to use (else AWS_PROFILE, then default)'
                '--json:Print the result as one JSON document on stdout'
                '--yes:Answer yes to every question'
            ) + $common
        }
        'configure export-credentials' {
            $found.Options = @(
                '--format=process,env,env-no-export,powershell,windows-cmd,fish:The format, as in the AWS CLI; by default process'
                '--reveal:Print secrets even on a terminal'
                '--profile=@profile:The profile to use (else AWS_PROFILE, then default)'
            ) + $common
            $found.Arguments = @('@profile')
        }
        'status' {
            $found.Options = @(
                '--json:Print the result as one JSON document on stdout'
            ) + $common
        }
        'list' {
            $found.Options = @(
                '--filter=@any:Only profiles whose name contains TEXT'
                '--kind=managed,static,role,wrapped,sso,login,process,web-identity,settings:Only profiles of this kind'
                '--account=@any:Only profiles of this account'
                '--older-than=@any:Only keys older than this, like 90d'
                '--json:Print the result as one JSON document on stdout'
                '--no-pager:Print long lists directly, not in a pager'
            ) + $common
        }
        'profile' {
            $found.Subcommands = @(
                'add:Create a profile for a role'
                'show:Show where every setting of a profile comes from, and who uses it'
                'copy:Copy a profile''s settings to a new profile'
                'rename:Rename a profile, and every line that names it'
                'remove:Remove a profile from both AWS files, with its comments'
                'wrap:Make a role or login use awscreds: one MFA code or login a day'
                'unwrap:Undo wrap: SDKs get the credentials themselves again'
            )
            $found.Options = @(
                '--profile=@profile:The profile to use (else AWS_PROFILE, then default)'
                '--json:Print the result as one JSON document on stdout'
                '--yes:Answer yes to every question'
            ) + $common
        }
        'profile add' {
            $found.Options = @(
                '--role-arn=@any:The role to assume'
                '--source=@profile:The profile whose credentials assume the role'
                '--mfa-serial=@any:The ARN of the user''s MFA device'
                '--external-id=@any:The external ID, if the role requires one'
                '--duration=@any:How long the session lasts: 90m, 12h, or seconds'
                '--region=@region:The region, like eu-central-1'
                '--json:Print the result as one JSON document on stdout'
                '--yes:Answer yes to every question'
            ) + $common
            $found.Arguments = @('@any')
        }
        'profile show' {
            $found.Options = @(
                '--profile=@profile:The profile to use (else AWS_PROFILE, then default)'
                '--json:Print the result as one JSON document on stdout'
            ) + $common
            $found.Arguments = @('@profile')
        }
        'profile copy' {
            $found.Options = @(
                '--plaintext:Write the keys to the credentials file in plaintext'
                '--json:Print the result as one JSON document on stdout'
                '--yes:Answer yes to every question'
            ) + $common
            $found.Arguments = @('@profile', '@any')
        }
        'profile rename' {
            $found.Options = @(
                '--json:Print the result as one JSON document on stdout'
                '--yes:Answer yes to every question'
            ) + $common
            $found.Arguments = @('@profile', '@any')
        }
        'profile remove' {
            $found.Options = @(
                '--profile=@profile:The profile to use (else AWS_PROFILE, then default)'
                '--json:Print the result as one JSON document on stdout'
                '--yes:Answer yes to every question'
            ) + $common
            $found.Arguments = @('@profile')
        }
        'profile wrap' {
            $found.Options = @(
                '--profile=@profile:The profile to use (else AWS_PROFILE, then default)'
                '--json:Print the result as one JSON document on stdout'
                '--yes:Answer yes to every question'
            ) + $common
            $found.Arguments = @('@profile')
        }
        'profile unwrap' {
            $found.Options = @(
                '--profile=@profile:The profile to use (else AWS_PROFILE, then default)'
                '--json:Print the result as one JSON document on stdout'
            ) + $common
            $found.Arguments = @('@profile')
        }
        'sso' {
            $found.Subcommands = @(
                'populate:Create a profile for each account and role that you may use'
            )
            $found.Options = @(
                '--json:Print the result as one JSON document on stdout'
                '--yes:Answer yes to every question'
            ) + $common
        }
        'sso populate' {
            $found.Options = @(
                '--sso-session=@any:Use this sso-session section'
                '--prefix=@any:Put this before each name'
                '--template=@any:How profiles are named, from {account_name}, {account_id}, {role_name} and {sso_session}'
                '--only=@any*:Only accounts or roles like ''prod-*'' or ''*/ReadOnly*'''
                '--skip=@any*:No accounts or roles like this'
                '--region=@region:The region, like eu-central-1'
                '--wrap:Let SDKs get these profiles from awscreds, also those that it wrote before'
                '--prune:Remove profiles that it wrote and whose role is gone'
                '--dry-run:Show what would happen; change nothing'
                '--json:Print the result as one JSON document on stdout'
                '--yes:Answer yes to every question'
                '--no-pager:Print long lists directly, not in a pager'
            ) + $common
        }
        'migrate' {
            $found.Options = @(
                '--all:Every key that a profile uses'
                '--dry-run:Show what would happen; change nothing'
                '--no-verify:Store keys without checking them with AWS'
                '--undo:Write keys back to the AWS files, in plaintext'
                '--profile=@profile*:The profile to use (else AWS_PROFILE, then default)'
                '--json:Print the result as one JSON document on stdout'
                '--yes:Answer yes to every question'
            ) + $common
        }
        'import' {
            $found.Options = @(
                '--from=aws-vault,granted,awskeyring,aws-mfa,awsume,all:The program whose keys to import, or all'
                '--dry-run:Show what would happen; change nothing'
                '--no-verify:Store keys without checking them with AWS'
                '--delete-source:Then delete the imported keys from the other program''s store'
                '--profile=@profile:The profile to use (else AWS_PROFILE, then default)'
                '--json:Print the result as one JSON document on stdout'
                '--yes:Answer yes to every question'
            ) + $common
        }
        'mfa-session' {
            $found.Options = @(
                '--token=@any:The MFA code, instead of a prompt'
                '--duration=@any:How long the session lasts: 90m, 12h, or seconds'
                '--serial=@any:The MFA device, instead of mfa_serial'
                '--refresh:Get a new session even if one is cached'
                '--format=sh,fish,powershell,cmd,json,dotenv:sh (bash, zsh, dash, ksh), fish, powershell, cmd, json or dotenv; by default the format of your shell'
                '--unset:Remove the session from this shell and restore the old variables'
                '--reveal:Print secrets even on a terminal'
                '--profile=@profile:The profile to use (else AWS_PROFILE, then default)'
                '--json:Print the result as one JSON document on stdout'
            ) + $common
            $found.Arguments = @('@profile')
        }
        'login' {
            $found.Options = @(
                '--sso-session=@any:Use this sso-session section'
                '--use-device-code:Compare a code in a browser anywhere, instead of one on this machine'
                '--remote:For `aws login`: paste the code that a browser on another machine shows'
                '--no-browser:Open no browser: only print the address'
                '--share:Keep the login in the AWS CLI''s file, in plaintext, for tools that read it there'
                '--region=@region:The region, like eu-central-1'
                '--profile=@profile:The profile to use (else AWS_PROFILE, then default)'
                '--json:Print the result as one JSON document on stdout'
                '--yes:Answer yes to every question'
            ) + $common
            $found.Arguments = @('@profile')
        }
        'logout' {
            $found.Options = @(
                '--sso-session=@any:Use this sso-session section'
                '--profile=@profile:The profile to use (else AWS_PROFILE, then default)'
                '--json:Print the result as one JSON document on stdout'
            ) + $common
            $found.Arguments = @('@profile')
        }
        'export' {
            $found.Options = @(
                '--choose:Choose the profile from a list, if none is named'
                '--token=@any:The MFA code, instead of a prompt'
                '--duration=@any:How long the session lasts: 90m, 12h, or seconds'
                '--serial=@any:The MFA device, instead of mfa_serial'
                '--refresh:Get a new session even if one is cached'
                '--format=sh,fish,powershell,cmd,json,dotenv:sh (bash, zsh, dash, ksh), fish, powershell, cmd, json or dotenv; by default the format of your shell'
                '--unset:Remove the session from this shell and restore the old variables'
                '--reveal:Print secrets even on a terminal'
                '--profile=@profile:The profile to use (else AWS_PROFILE, then default)'
                '--json:Print the result as one JSON document on stdout'
            ) + $common
            $found.Arguments = @('@profile')
        }
        'exec' {
            $found.Options = @(
                '--token=@any:The MFA code, instead of a prompt'
                '--duration=@any:How long the session lasts: 90m, 12h, or seconds'
                '--serial=@any:The MFA device, instead of mfa_serial'
                '--refresh:Get a new session even if one is cached'
                '--profile=@profile:The profile to use (else AWS_PROFILE, then default)'
            ) + $common
            $found.Arguments = @('@profile')
            $found.Runs = $true
        }
        'console' {
            $found.Options = @(
                '--service=@service:Open the page of a service, like s3'
                '--path=@any:Open this page of the console'
                '--region=@region:The region, like eu-central-1'
                '--duration=@any:How long the session lasts: 90m, 12h, or seconds'
                '--print:Print the link, and open no browser'
                '--browser=firefox,librewolf,chrome,chromium,edge,brave,vivaldi,opera,safari:Use another browser: firefox, librewolf, chrome, chromium, edge, brave, vivaldi, opera, safari'
                '--firefox-container:Use a container of Firefox, named as the profile'
                '--chrome-profile=@any:Use this profile folder of Chrome'
                '--profile=@profile:The profile to use (else AWS_PROFILE, then default)'
                '--json:Print the result as one JSON document on stdout'
            ) + $common
            $found.Arguments = @('@profile')
        }
        'mfa' {
            $found.Subcommands = @(
                'code:Print one MFA code from a stored seed'
                'enable:Add a virtual MFA device to the user, and use it in the profile'
                'list:List the user''s MFA devices, and which one the profile uses'
                'remove:Remove a virtual MFA device of the user, permanently'
            )
            $found.Options = @(
                '--profile=@profile:The profile to use (else AWS_PROFILE, then default)'
                '--json:Print the result as one JSON document on stdout'
                '--yes:Answer yes to every question'
            ) + $common
        }
        'mfa code' {
            $found.Options = @(
                '--serial=@any:The MFA device, instead of mfa_serial'
                '--profile=@profile:The profile to use (else AWS_PROFILE, then default)'
                '--json:Print the result as one JSON document on stdout'
            ) + $common
            $found.Arguments = @('@profile')
        }
        'mfa enable' {
            $found.Options = @(
                '--name=@any:The device''s name (default: that of the user)'
                '--store-seed:Keep the seed here, so that nobody types codes'
                '--seed-in=keyring,vault:The store for the seed, with --store-seed'
                '--yubikey:Put the seed on a YubiKey, with ykman'
                '--show-seed:Show the seed as text below the QR code'
                '--token=@any:The MFA code, instead of a prompt'
                '--endpoint-ok:Trust an endpoint that is not AWS''s own'
                '--profile=@profile:The profile to use (else AWS_PROFILE, then default)'
                '--json:Print the result as one JSON document on stdout'
                '--yes:Answer yes to every question'
            ) + $common
            $found.Arguments = @('@profile')
        }
        'mfa list' {
            $found.Options = @(
                '--token=@any:The MFA code, instead of a prompt'
                '--profile=@profile:The profile to use (else AWS_PROFILE, then default)'
                '--json:Print the result as one JSON document on stdout'
            ) + $common
            $found.Arguments = @('@profile')
        }
        'mfa remove' {
            $found.Options = @(
                '--serial=@any:The MFA device, instead of mfa_serial'
                '--token=@any:The MFA code, instead of a prompt'
                '--endpoint-ok:Trust an endpoint that is not AWS''s own'
                '--profile=@profile:The profile to use (else AWS_PROFILE, then default)'
                '--json:Print the result as one JSON document on stdout'
                '--yes:Answer yes to every question'
            ) + $common
            $found.Arguments = @('@profile')
        }
        'sessions' {
            $found.Subcommands = @(
                'clear:Clear all cached sessions, or only those of one profile'
                'list:List cached sessions and how long they last'
            )
            $found.Options = @(
                '--profile=@profile:The profile to use (else AWS_PROFILE, then default)'
                '--json:Print the result as one JSON document on stdout'
            ) + $common
        }
        'sessions clear' {
            $found.Options = @(
                '--profile=@profile:The profile to use (else AWS_PROFILE, then default)'
                '--json:Print the result as one JSON document on stdout'
            ) + $common
            $found.Arguments = @('@profile')
        }
        'sessions list' {
            $found.Options = @(
                '--json:Print the result as one JSON document on stdout'
                '--no-pager:Print long lists directly, not in a pager'
            ) + $common
        }
        'whoami' {
            $found.Options = @(
                '--profile=@profile:The profile to use (else AWS_PROFILE, then default)'
                '--json:Print the result as one JSON document on stdout'
            ) + $common
            $found.Arguments = @('@profile')
        }
        'credential-process' {
            $found.Options = @(
                '--profile-hex=@any:The name of the profile, hex-encoded'
                '--config-file=@file:The config file that contains the profile'
                '--config-file-hex=@any:As above, hex-encoded'
                '--home=@file:The state folder of awscreds'
                '--home-hex=@any:As above, hex-encoded'
                '--profile=@profile:The profile to use (else AWS_PROFILE, then default)'
                '--json:Print the result as one JSON document on stdout'
            ) + $common
        }
        'rotate' {
            $found.Options = @(
                '--all:Every key that a profile uses'
                '--older-than=@any:Only keys older than this, like 90d'
                '--grace=@any:Keep the old key active for this time, like 24h'
                '--keep-old=active,inactive:Don''t delete the old key; leave it active or inactive'
                '--keep-plaintext:Rotate plaintext keys in place'
                '--replace-other:Delete the user''s other key to make room'
                '--token=@any:The MFA code, instead of a prompt'
                '--endpoint-ok:Trust an endpoint that is not AWS''s own'
                '--dry-run:Show what would happen; change nothing'
                '--resume:Finish or undo an interrupted rotation'
                '--profile=@profile:The profile to use (else AWS_PROFILE, then default)'
                '--json:Print the result as one JSON document on stdout'
                '--yes:Answer yes to every question'
            ) + $common
            $found.Arguments = @('@profile')
        }
        'keys' {
            $found.Subcommands = @(
                'activate:Activate an inactive key again'
                'deactivate:Deactivate a key: AWS refuses it until it is activated again'
                'delete:Delete a key permanently, with its stored secret and sessions'
                'list:List the user''s access keys with status, age and last use'
            )
            $found.Options = @(
                '--profile=@profile:The profile to use (else AWS_PROFILE, then default)'
                '--json:Print the result as one JSON document on stdout'
                '--yes:Answer yes to every question'
            ) + $common
        }
        'keys activate' {
            $found.Options = @(
                '--token=@any:The MFA code, instead of a prompt'
                '--endpoint-ok:Trust an endpoint that is not AWS''s own'
                '--profile=@profile:The profile to use (else AWS_PROFILE, then default)'
                '--json:Print the result as one JSON document on stdout'
                '--yes:Answer yes to every question'
            ) + $common
            $found.Arguments = @('@key-id')
        }
        'keys deactivate' {
            $found.Options = @(
                '--token=@any:The MFA code, instead of a prompt'
                '--endpoint-ok:Trust an endpoint that is not AWS''s own'
                '--profile=@profile:The profile to use (else AWS_PROFILE, then default)'
                '--json:Print the result as one JSON document on stdout'
                '--yes:Answer yes to every question'
            ) + $common
            $found.Arguments = @('@key-id')
        }
        'keys delete' {
            $found.Options = @(
                '--token=@any:The MFA code, instead of a prompt'
                '--endpoint-ok:Trust an endpoint that is not AWS''s own'
                '--profile=@profile:The profile to use (else AWS_PROFILE, then default)'
                '--json:Print the result as one JSON document on stdout'
                '--yes:Answer yes to every question'
            ) + $common
            $found.Arguments = @('@key-id')
        }
        'keys list' {
            $found.Options = @(
                '--token=@any:The MFA code, instead of a prompt'
                '--profile=@profile:The profile to use (else AWS_PROFILE, then default)'
                '--json:Print the result as one JSON document on stdout'
            ) + $common
            $found.Arguments = @('@profile')
        }
        'policy' {
            $found.Subcommands = @(
                'mfa:Print the policy that lets users manage their MFA devices'
                'revoke-sessions:Print the policy that ends all sessions started before now'
                'rotate:Print the policy that lets users rotate their own keys'
            )
            $found.Options = @(
                '--profile=@profile:The profile to use (else AWS_PROFILE, then default)'
                '--json:Print the result as one JSON document on stdout'
            ) + $common
        }
        'policy mfa' {
            $found.Options = @(
                '--enrol:For new users: the first device needs no MFA'
                '--profile=@profile:The profile to use (else AWS_PROFILE, then default)'
                '--json:Print the result as one JSON document on stdout'
            ) + $common
            $found.Arguments = @('@profile')
        }
        'policy revoke-sessions' {
            $found.Options = @(
                '--profile=@profile:The profile to use (else AWS_PROFILE, then default)'
                '--json:Print the result as one JSON document on stdout'
            ) + $common
            $found.Arguments = @('@profile')
        }
        'policy rotate' {
            $found.Options = @(
                '--require-mfa:Allow it only with MFA'
                '--profile=@profile:The profile to use (else AWS_PROFILE, then default)'
                '--json:Print the result as one JSON document on stdout'
            ) + $common
            $found.Arguments = @('@profile')
        }
        'doctor' {
            $found.Options = @(
                '--fail-on=error,warning,note:Exit 1 if there is a finding of this severity or a worse one'
                '--offline:Check only this computer: open no secret store, and do not ask AWS'
                '--fix:Fix what is safe to fix, after showing the changes and asking'
                '--clients:Show only which programs cannot read which of your profiles'
                '--json:Print the result as one JSON document on stdout'
                '--yes:Answer yes to every question'
                '--no-pager:Print long lists directly, not in a pager'
            ) + $common
        }
        'store' {
            $found.Subcommands = @(
                'forget:Delete the stored secret of a key that no profile uses'
                'move:Move all secrets to the other store, and use it from now on'
                'passwd:Change the vault''s passphrase'
                'release:Remove a lost config file from the list of known files'
                'show:Show which store is in use, whether it is open, and its keys'
            )
            $found.Options = @(
                '--json:Print the result as one JSON document on stdout'
                '--yes:Answer yes to every question'
            ) + $common
        }
        'store forget' {
            $found.Options = @(
                '--json:Print the result as one JSON document on stdout'
                '--yes:Answer yes to every question'
            ) + $common
            $found.Arguments = @('@key-id')
        }
        'store move' {
            $found.Options = @(
                '--to=keyring,vault:The store to move the secrets to'
                '--json:Print the result as one JSON document on stdout'
            ) + $common
        }
        'store passwd' {
            $found.Options = @(
                '--json:Print the result as one JSON document on stdout'
            ) + $common
        }
        'store release' {
            $found.Options = @(
                '--json:Print the result as one JSON document on stdout'
            ) + $common
            $found.Arguments = @('@any')
        }
        'store show' {
            $found.Options = @(
                '--json:Print the result as one JSON document on stdout'
                '--no-pager:Print long lists directly, not in a pager'
            ) + $common
        }
        'unlock' {
            $found.Options = @(
                '--for=@any:How long the vault stays open, like 8h (default 15m)'
                '--json:Print the result as one JSON document on stdout'
            ) + $common
        }
        'lock' {
            $found.Options = @(
                '--json:Print the result as one JSON document on stdout'
            ) + $common
        }
        'completion' {
            $found.Options = @(
                '--install:Write the script to the folder where the shell looks for it'
                '--uninstall:Remove what --install wrote'
                '--json:Print the result as one JSON document on stdout'
            ) + $common
            $found.Arguments = @('bash,zsh,fish,powershell')
        }
        'sandbox' {
            $found.Subcommands = @(
                'code:Print the current code of alice''s MFA device'
                'tour:Show the main tasks step by step; exit 1 if a step fails'
            )
            $found.Options = @(
            ) + $common
            $found.Runs = $true
        }
        'sandbox code' {
            $found.Options = @(
            ) + $common
        }
        'sandbox tour' {
            $found.Options = @(
            ) + $common
        }
        'awscreds-use' {
            $found.Options = @(
                '--off:Remove the session from this shell'
            )
            $found.Arguments = @('@profile')
        }
    }
    $found
}

# The values of the kind $Kind.
function Get-AwscredsValue([string] $Kind) {
    switch ($Kind) {
        '@profile' { Get-AwscredsProfile }
        '@key-id' { Get-AwscredsKeyId }
        '@any' { }
        '@file' { }
        '@region' { 'af-south-1,ap-east-1,ap-east-2,ap-northeast-1,ap-northeast-2,ap-northeast-3,ap-south-1,ap-south-2,ap-southeast-1,ap-southeast-2,ap-southeast-3,ap-southeast-4,ap-southeast-5,ap-southeast-6,ap-southeast-7,ca-central-1,ca-west-1,cn-north-1,cn-northwest-1,eu-central-1,eu-central-2,eu-north-1,eu-south-1,eu-south-2,eu-west-1,eu-west-2,eu-west-3,il-central-1,me-central-1,me-south-1,mx-central-1,sa-east-1,us-east-1,us-east-2,us-gov-east-1,us-gov-west-1,us-west-1,us-west-2' -split ',' }
        '@config-key' { 'aws_access_key_id,aws_secret_access_key,aws_session_token,region,output,mfa_serial,role_arn,source_profile,credential_source,external_id,role_session_name,duration_seconds,web_identity_token_file,credential_process,sso_session,sso_account_id,sso_role_name,sso_start_url,sso_region,services,endpoint_url,ca_bundle,cli_pager,cli_auto_prompt,cli_timestamp_format,cli_binary_format,max_attempts,retry_mode,defaults_mode,parameter_validation,tcp_keepalive,use_dualstack_endpoint,use_fips_endpoint,sts_regional_endpoints,s3.addressing_style,s3.max_concurrent_requests,s3.max_queue_size,s3.multipart_threshold,s3.multipart_chunksize,s3.max_bandwidth,s3.use_accelerate_endpoint,s3.payload_signing_enabled,s3.use_dualstack_endpoint,mfa_process,awscreds_serve,awscreds_key_cache,awscreds_max_key_age,awscreds_token_cache,awscreds_populate_template' -split ',' }
        '@output' { 'json,yaml,yaml-stream,text,table' -split ',' }
        '@service' { 'acm,amplify,apigateway,apprunner,appsync,athena,backup,batch,bedrock,billing,budgets,ce,cloudformation,cloudfront,cloudtrail,cloudwatch,codeartifact,codebuild,codecommit,codedeploy,codepipeline,cognito-idp,config,controltower,detective,directconnect,dms,docdb,dynamodb,ec2,ecr,ecs,efs,eks,elasticache,elasticbeanstalk,emr,events,firehose,fsx,globalaccelerator,glue,grafana,guardduty,health,iam,inspector2,iot,kafka,kinesis,kms,lakeformation,lambda,macie2,mq,mwaa,neptune,opensearch,organizations,ram,rds,redshift,resource-explorer-2,resource-groups,route53,s3,sagemaker,scheduler,secretsmanager,securityhub,service-quotas,servicecatalog,ses,sns,sqs,ssm,sso,stepfunctions,storagegateway,support,transfer,trustedadvisor,wafv2,wellarchitected,workspaces,xray' -split ',' }
        default { $Kind -split ',' }
    }
}

# Matching lines of a file; the others are in no variable of ours. What is no plain file is not read.
function Select-AwscredsLine([string] $Variable, [string] $Name, [string] $Pattern) {
    $path = [Environment]::GetEnvironmentVariable($Variable)
    if (-not $path) { $path = Join-Path (Join-Path $HOME '.aws') $Name }
    if ($path.StartsWith('~/')) { $path = Join-Path $HOME $path.Substring(2) }
    $file = Get-Item -LiteralPath $path -Force -ErrorAction Ignore
    if (-not $file -or $file.PSIsContainer -or -not $file.Length) { return } # pipes and devices have none
    Select-String -LiteralPath $path -Pattern $Pattern -CaseSensitive -Encoding utf8 -ErrorAction Ignore
}

# The profiles, from section headers at the left edge with one closing bracket alone: in the config
# `[profile NAME]`, parted as a shell would, and `[default]`; in the credentials file all between
# the brackets.
function Get-AwscredsProfile {
    $header = '^\uFEFF?\[([^\]\r]+)\][^\]\r]*'
    $names = @(
        foreach ($line in Select-AwscredsLine AWS_CONFIG_FILE config "$header$") {
            $text = $line.Matches[0].Groups[1].Value
            if ($text -ceq 'default') { $text }
            elseif ($text -cmatch '^profile[^\s"''\\]*[ \t]+(?:([^\s"''\\]+)|"([^"\\]+)"|''([^'']+)'')[ \t]*$') {
                "$($Matches[1])$($Matches[2])$($Matches[3])"
            }
            elseif ($text -cmatch '^profile[^\s"''\\]*[ \t]+"((?:[^"\\]|\\["\\])+)"[ \t]*$') {
                $Matches[1] -replace '\\(["\\])', '$1'
            }
        }
        foreach ($line in Select-AwscredsLine AWS_SHARED_CREDENTIALS_FILE credentials "$header$") {
            $line.Matches[0].Groups[1].Value
        }
    )
    # Nothing that would move the cursor, hide, or change the order of what is on the screen.
    $seen = [System.Collections.Generic.HashSet[string]]::new([StringComparer]::Ordinal)
    foreach ($name in $names) {
        if ($name -notmatch '[\p{Cc}\p{Cf}\u2028\u2029]' -and $seen.Add($name)) { $name }
    }
}

function Get-AwscredsKeyId {
    $line = '^awscreds_access_key_id[ \t]*=[ \t]*([A-Z0-9]+)[ \t\r]*$'
    foreach ($found in Select-AwscredsLine AWS_CONFIG_FILE config $line) { $found.Matches[0].Groups[1].Value }
}

# A word as PowerShell takes it for itself: between quotes. It needs them where it would be more
# than a text, or, after one dash, be parted at a dot.
function ConvertTo-AwscredsWord([string] $Text) {
    "'" + ($Text -replace "(['\u2018\u2019\u201A\u201B])", '$1$1') + "'"
}

function Complete-Awscreds($WordToComplete, $CommandAst, $CursorPosition) {
    $words = @(
        foreach ($element in $CommandAst.CommandElements) {
            if ($element.Extent.EndOffset -ge $CursorPosition) { break }
            if ($element -is [System.Management.Automation.Language.StringConstantExpressionAst]) { $element.Value }
            else { $element.Extent.Text }
        }
    )
    $typed = $WordToComplete -replace "^['""]|['""]$", ''
    $path = if ($CommandAst.GetCommandName() -eq 'awscreds-use') { 'awscreds-use' } else { '' }
    $command = Get-AwscredsCommand $path
    $used = @()
    $want = $null
    $place = 0
    foreach ($word in $words | Select-Object -Skip 1) {
        if ($want) { $want = $null }
        elseif ($word -ceq '--') { return }
        elseif ($word.StartsWith('-')) {
            $used += ($word -split '=', 2)[0]
            if (-not $word.Contains('=')) { $want = Get-AwscredsWant $command $word }
        }
        elseif ($command.Subcommands | Where-Object { $_.StartsWith("${word}:") }) {
            $path = "$path $word".Trim()
            $command = Get-AwscredsCommand $path
        }
        else {
            $place++
            if ($command.Runs -and $place -eq $command.Arguments.Count) { return } # what follows is no word of ours
        }
    }

    $lead = ''
    $options = @(
        foreach ($option in $command.Options) {
            $spec, $tip = $option -split ':', 2
            $name = ($spec.TrimEnd('*') -split '=', 2)[0]
            if ($spec.EndsWith('*') -or $used -cnotcontains $name) { "${name}:$tip" }
        }
        if ($command.Runs) { '--:The command follows' }
    )
    $explained = $false
    $offered = @(
        if ($want) { Get-AwscredsValue $want }
        elseif ($typed -cmatch '^(--[^=]+)=') {
            $lead = $Matches[0]
            $want = Get-AwscredsWant $command $Matches[1]
            if ($want) { Get-AwscredsValue $want }
        }
        elseif ($typed.StartsWith('-')) { $explained = $true; $options }
        elseif ($command.Subcommands) { $explained = $true; $command.Subcommands }
        elseif ($place -lt $command.Arguments.Count) {
            Get-AwscredsValue $command.Arguments[$place].TrimEnd('*')
        }
        elseif ($command.Arguments -and $command.Arguments[-1].EndsWith('*')) {
            Get-AwscredsValue $command.Arguments[-1].TrimEnd('*')
        }
        else { $explained = $true; $options }
    )
    foreach ($candidate in $offered) {
        $text, $tip = if ($explained) { $candidate -split ':', 2 } else { $candidate, $candidate }
        $text = "$lead$text"
        if ($text.StartsWith($typed, [StringComparison]::Ordinal)) {
            $plain = $text -cmatch '^(--|[A-Za-z0-9_./+=])[A-Za-z0-9_./+=-]*$'
            $word = if ($plain) { $text } else { ConvertTo-AwscredsWord $text }
            [System.Management.Automation.CompletionResult]::new($word, $text, 'ParameterValue', $tip)
        }
    }
}

# What the option $Name of $Command takes; nothing where it takes none or is unknown.
function Get-AwscredsWant($Command, [string] $Name) {
    foreach ($option in $Command.Options) {
        $spec = ($option -split ':', 2)[0].TrimEnd('*')
        if ($spec.StartsWith("$Name=", [StringComparison]::Ordinal)) { return $spec.Substring($Name.Length + 1) }
    }
}

Register-ArgumentCompleter -Native -CommandName awscreds, awscreds-use -ScriptBlock {
    param($WordToComplete, $CommandAst, $CursorPosition)
    try { Complete-Awscreds $WordToComplete $CommandAst $CursorPosition } catch { }
}

$global:AwscredsPrevious = $null

# A session of a profile in this shell; no new one is made while the present one has 5 minutes left.
# Without a name, the person chooses one; `-` is the profile before, which only this shell knows.
# A failure leaves $LASTEXITCODE as the program set it, and $? false.
function awscreds-use {
    [CmdletBinding(PositionalBinding = $false)]
    param([Parameter(ValueFromRemainingArguments)] [string[]] $Words)
    $before = $env:AWSCREDS_PROFILE
    $isRedirected = [Console]::IsInputRedirected -or [Console]::IsErrorRedirected -or $env:TERM -eq 'dumb'
    if (-not $Words -and -not $isRedirected) { $Words = @('--choose') }
    if ($Words -and $Words.Count -eq 1 -and $Words[0] -ceq '-') {
        $Words = @($global:AwscredsPrevious)
        if (-not $Words[0]) {
            $global:LASTEXITCODE = 2
            $PSCmdlet.WriteError((New-AwscredsError 'awscreds-use: there is no profile before this one in this shell'))
            return
        }
    }
    if (-not $Words -or $Words.Count -ne 1 -or -not $Words[0] -or $Words[0] -eq '--help') {
        $global:LASTEXITCODE = 2
        $PSCmdlet.WriteError((New-AwscredsError 'usage: awscreds-use [PROFILE] | - | --off'))
        return
    }
    $program = Get-Command awscreds -CommandType Application -TotalCount 1 -ErrorAction Stop
    $PSNativeCommandUseErrorActionPreference = $false # a failure is told of below
    $level = Get-AwscredsTraceLevel
    Set-PSDebug -Trace 0 # a trace would show what is evaluated
    try {
        if ($Words[0] -ceq '--off') { $statements = & $program export --format powershell --unset }
        elseif ($Words[0] -ceq '--choose') { $statements = & $program export --format powershell --choose }
        elseif (Test-AwscredsSession $Words[0]) { $global:LASTEXITCODE = 0; return }
        else { $statements = & $program export --format powershell "--profile=$($Words[0])" }
        if ($LASTEXITCODE -ne 0) {
            $PSCmdlet.WriteError((New-AwscredsError "awscreds-use: exit $LASTEXITCODE; nothing was changed"))
            return
        }
        $statements | Out-String | Invoke-Expression
        if ($before -and $env:AWSCREDS_PROFILE -cne $before) { $global:AwscredsPrevious = $before }
    }
    finally {
        if ($level) { Set-PSDebug -Trace $level }
    }
}

# What Set-PSDebug -Trace was told last, which it does not say itself; 0 where that is not known.
function Get-AwscredsTraceLevel {
    try {
        $hidden = [System.Reflection.BindingFlags] 'NonPublic,Instance'
        $context = $ExecutionContext.GetType().GetField('_context', $hidden).GetValue($ExecutionContext)
        [int] $context.GetType().GetProperty('PSDebugTraceLevel', $hidden).GetValue($context)
    }
    catch { 0 }
}

function New-AwscredsError([string] $Message) {
    [System.Management.Automation.ErrorRecord]::new([Exception]::new($Message), 'awscreds', 'NotSpecified', $null)
}

# Whether this shell has a session of the profile $Name for 5 minutes more.
function Test-AwscredsSession([string] $Name) {
    $env:AWSCREDS_PROFILE -ceq $Name -and $env:AWS_SESSION_TOKEN -and
    ($left = Get-AwscredsTimeLeft) -and $left.TotalMinutes -ge 5
}

# The time until the session in this shell ends; nothing where that is not known.
function Get-AwscredsTimeLeft {
    $end = [DateTimeOffset]::MinValue
    if ([DateTimeOffset]::TryParse($env:AWS_CREDENTIAL_EXPIRATION, [ref] $end)) { $end - [DateTimeOffset]::UtcNow }
}

# The profile of the session in this shell and the time left, for a prompt; an empty text without one.
# It starts no process.
function awscreds-prompt {
    if (-not $env:AWSCREDS_PROFILE -or -not $env:AWS_ACCESS_KEY_ID) { return '' }
    $text = if ($env:AWSUME_PROFILE) { $env:AWSUME_PROFILE } else { $env:AWSCREDS_PROFILE }
    $text = $text -replace '\p{Cc}', '?'
    $left = Get-AwscredsTimeLeft
    if ($null -eq $left) { return $text }
    $minutes = [Math]::Ceiling($left.TotalMinutes)
    if ($minutes -le 0) { return "$text expired" }
    if ($left.TotalHours -lt 1) { return "$text ${minutes}m" }
    "$text $([Math]::Floor($left.TotalHours))h$($left.Minutes)m"
}

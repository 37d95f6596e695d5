# Completion for awscreds and the function awscreds-use, for Windows PowerShell 5.1 and PowerShell 7.
# Generated from the command tree (CONTRIBUTING.md says how): a change here is lost.

# What may follow the command $Path: its subcommands, its options with what they take (@ marks what
# is looked up, * what may be repeated), its arguments, and whether `-- COMMAND…`.
function Get-AwscredsCommand([string] $Path) {
    $found = @{ Subcommands = @(); Options = @(); Arguments = @(); Runs = $false }
@TABLE@
    $found
}

# The values of the kind $Kind.
function Get-AwscredsValue([string] $Kind) {
    switch ($Kind) {
        '@profile' { Get-AwscredsProfile }
        '@key-id' { Get-AwscredsKeyId }
        '@any' { }
        '@file' { }
@LISTS@
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

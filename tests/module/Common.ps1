# What the test files share. Dot-sourced in BeforeAll.

$ErrorActionPreference = 'Stop'

$ModulePath = [IO.Path]::GetFullPath((Join-Path $PSScriptRoot '../../artifacts/module/AgentSandbox'))
if (-not (Get-Module AgentSandbox)) {
    Import-Module $ModulePath
}

if (-not $env:AGENTSANDBOX_HOME) {
    throw 'Run the tests with tests/module/Invoke-ModuleTest.ps1: it gives them a state folder of their own.'
}

# What separates the containers of our state folder from all others on the engine; see docs/containers.md.
$EngineScope = [Convert]::ToHexString([Security.Cryptography.SHA256]::HashData([Text.Encoding]::UTF8.GetBytes($env:AGENTSANDBOX_HOME))).Substring(0, 8).ToLowerInvariant()

# Containers of our sandboxes, asked of the engine itself: nothing is repaired by that.
function Get-EngineContainer {
    docker ps --all --filter "label=agentsandbox.scope=$EngineScope" --format '{{.Names}}'
}

# Everything of our sandboxes that the machine still has: what a test must not leave. An engine, and the process that keeps a container's time, are
# done a moment after the container is.
function Get-Leftover {
    $watch = [Diagnostics.Stopwatch]::StartNew()
    do { $left = Find-Leftover } while ($left -and $watch.Elapsed.TotalSeconds -lt 30)
    $left
}

function Find-Leftover {
    Get-EngineContainer | ForEach-Object { "container $_" }
    Get-AgentSandbox | ForEach-Object { "sandbox $($_.Name) ($($_.State))" }
    Get-Content /proc/self/mountinfo | Where-Object { $_.Contains($env:AGENTSANDBOX_HOME) } | ForEach-Object { "mount $_" }
    foreach ($folder in 'lib/sandboxes', 'lib/names', 'lib/ids', 'lib/processes', 'run') {
        Get-ChildItem (Join-Path $env:AGENTSANDBOX_HOME $folder) -ErrorAction Ignore | ForEach-Object { "file $($_.FullName)" }
    }

    # Other state folders have supervisors of their own; ours have our folder in their environment.
    foreach ($process in Get-ChildItem /proc -Directory | Where-Object Name -Match '^\d+$') {
        $line = Get-Content "$($process.FullName)/cmdline" -Raw -ErrorAction Ignore
        if ($line -match 'agentsandbox\0(supervise|keep-container|hold-process)') {
            $environment = Get-Content "$($process.FullName)/environ" -Raw -ErrorAction Ignore
            if ($line.Contains($env:AGENTSANDBOX_HOME) -or "$environment".Contains($env:AGENTSANDBOX_HOME)) {
                "process $($process.Name) $($line -replace "`0", ' ')"
            }
        }
    }
}

# Waits until something is true; the only clock in these tests is the one that says that it never became true.
function Wait-Until([scriptblock] $Condition, [string] $What, [int] $Seconds = 30) {
    $watch = [Diagnostics.Stopwatch]::StartNew()
    while (-not (& $Condition)) {
        if ($watch.Elapsed.TotalSeconds -gt $Seconds) {
            throw "Not within $Seconds s: $What"
        }

        Start-Sleep -Milliseconds 50
    }
}

# The error that a script block ends with, or null.
function Get-Failure([scriptblock] $Script) {
    try {
        & $Script | Out-Null
        $null
    }
    catch {
        $_
    }
}

# Says whether a process with this text in its command line runs on this machine, in whatever sandbox. The text has to be one that only the test uses.
# A process in gVisor is none of the machine's: those are seen from inside only.
function Test-HostProcess([string] $Text) {
    foreach ($process in Get-ChildItem /proc -Directory | Where-Object Name -Match '^\d+$') {
        $line = Get-Content "$($process.FullName)/cmdline" -Raw -ErrorAction Ignore
        if ($line -and $process.Name -ne $PID -and ($line -replace "`0", ' ').Contains($Text)) {
            return $true
        }
    }

    $kernels = Get-AgentSandbox -State Running | Where-Object Backend -EQ 'GVisor'
    [bool]($kernels | Invoke-InSandbox 'for file in /proc/[0-9]*/cmdline; do tr "\0" " " < $file; echo; done' -ErrorAction Ignore 2>$null | Where-Object { $_.Contains($Text) })
}

# What Tab offers at the end of a line.
function Get-Completion([string] $Line) {
    (TabExpansion2 $Line $Line.Length).CompletionMatches.CompletionText
}

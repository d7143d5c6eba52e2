# What the test files share. Dot-sourced in BeforeAll.

$ErrorActionPreference = 'Stop'

$ModulePath = [IO.Path]::GetFullPath((Join-Path $PSScriptRoot '../../artifacts/module/AgentSandbox'))
if (-not (Get-Module AgentSandbox)) {
    Import-Module $ModulePath
}

if (-not $env:AGENTSANDBOX_HOME) {
    throw 'Run the tests with tests/module/Invoke-ModuleTest.ps1: it gives them a state folder of their own.'
}

# Everything of our sandboxes that the machine still has: what a test must not leave.
function Get-Leftover {
    Get-AgentSandbox | ForEach-Object { "sandbox $($_.Name) ($($_.State))" }
    Get-Content /proc/self/mountinfo | Where-Object { $_.Contains($env:AGENTSANDBOX_HOME) } | ForEach-Object { "mount $_" }
    foreach ($folder in 'lib/sandboxes', 'lib/names', 'lib/ids', 'run') {
        Get-ChildItem (Join-Path $env:AGENTSANDBOX_HOME $folder) -ErrorAction Ignore | ForEach-Object { "file $($_.FullName)" }
    }

    # Other state folders have supervisors of their own; ours have our folder in their environment.
    foreach ($process in Get-ChildItem /proc -Directory | Where-Object Name -Match '^\d+$') {
        $line = Get-Content "$($process.FullName)/cmdline" -Raw -ErrorAction Ignore
        if ($line -match 'agentsandbox\0supervise') {
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
function Test-HostProcess([string] $Text) {
    foreach ($process in Get-ChildItem /proc -Directory | Where-Object Name -Match '^\d+$') {
        $line = Get-Content "$($process.FullName)/cmdline" -Raw -ErrorAction Ignore
        if ($line -and $process.Name -ne $PID -and ($line -replace "`0", ' ').Contains($Text)) {
            return $true
        }
    }

    $false
}

# What Tab offers at the end of a line.
function Get-Completion([string] $Line) {
    (TabExpansion2 $Line $Line.Length).CompletionMatches.CompletionText
}

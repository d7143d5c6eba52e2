#!/usr/bin/env pwsh
<#
.SYNOPSIS
Runs the tests of the built module, in a PowerShell of its own each time, under a state folder of its own.
.DESCRIPTION
The module has to be built before. Needs root, systemd-nspawn and Pester 5: what is missing fails the run, because a boundary that was
not tested is not known to hold.
.PARAMETER Path
Test files to run; all by default.
#>
[CmdletBinding()]
param(
    [string[]] $Path = (Join-Path $PSScriptRoot '*.Tests.ps1')
)

$ErrorActionPreference = 'Stop'
Import-Module Pester -MinimumVersion 5.0

# Short, because the path of a Unix socket has 108 bytes at most.
$state = Join-Path ([IO.Path]::GetTempPath()) "as-$([Guid]::NewGuid().ToString('N').Substring(0, 8))"
$before = $env:AGENTSANDBOX_HOME, $env:XDG_CONFIG_HOME
$env:AGENTSANDBOX_HOME = $state
$env:XDG_CONFIG_HOME = Join-Path $state 'config' # The defaults of who runs the tests are none of theirs.
try {
    $configuration = New-PesterConfiguration
    $configuration.Run.Path = $Path
    $configuration.Run.PassThru = $true
    $configuration.Output.Verbosity = 'Detailed'
    $configuration.Output.RenderMode = if ($env:NO_COLOR) { 'Plaintext' } else { 'Auto' }
    $result = Invoke-Pester -Configuration $configuration
}
finally {
    $env:AGENTSANDBOX_HOME, $env:XDG_CONFIG_HOME = $before
    if (Test-Path $state) {
        Remove-Item $state -Recurse -Force
    }
}

# Once more at the end, where the log of a long run is looked at first. A test without an error of its own failed with its block.
foreach ($test in @($result.Failed) + @($result.FailedBlocks) | Where-Object ErrorRecord) {
    Write-Output "FAILED: $(Split-Path $test.ScriptBlock.File -Leaf):$($test.StartLine) $($test.ExpandedPath)"
    $test.ErrorRecord | ForEach-Object { Write-Output "    $("$_" -replace '\n', "`n    ")" }
}

if (($Path -match 'Analyzer|\*') -and -not (Get-Module PSScriptAnalyzer -ListAvailable)) {
    Write-Output @'
######################################################################
##  PSScriptAnalyzer DID NOT RUN over the scripts: it is not here.  ##
##  Install-PSResource PSScriptAnalyzer                              ##
######################################################################
'@
}

# A file that can't be discovered has no failed test, and a skipped test is one that nobody ran.
if ($result.Result -ne 'Passed' -or $result.PassedCount -eq 0 -or $result.SkippedCount -ne 0) {
    throw "The module's tests did not pass: $($result.FailedCount) failed, $($result.FailedBlocksCount + $result.FailedContainersCount) blocks or files failed, $($result.SkippedCount) skipped."
}

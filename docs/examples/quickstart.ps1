#!/usr/bin/env pwsh
<#
.SYNOPSIS
The two-minute tour with PowerShell.
.DESCRIPTION
Makes a strong sandbox and a weak one, runs commands in both, shows what each sees of this machine, lets something destroy all that it
can reach, and cleans up. Needs root and a built repository, or the module AgentSandbox on PSModulePath.
#>
#Requires -Version 7.4
[CmdletBinding()]
param()

$ErrorActionPreference = 'Stop'
$built = Join-Path $PSScriptRoot '../../artifacts/module/AgentSandbox/AgentSandbox.psd1'
Import-Module $(if (Test-Path $built) { $built } else { 'AgentSandbox' })

if ([Console]::IsOutputRedirected -or $env:NO_COLOR) { $PSStyle.OutputRendering = 'PlainText' }
function Step([string] $Title) { if ($PSStyle.OutputRendering -eq 'PlainText') { "`n$Title" } else { "`n$($PSStyle.Bold)$Title$($PSStyle.Reset)" } }
function Show([scriptblock] $Line) { "PS> $("$Line".Trim())"; . $Line | Out-String | ForEach-Object TrimEnd }
function Get-HostFileCount { (& find /etc /usr -xdev -type f | Measure-Object).Count }
# In every mount namespace: a sandbox has one of its own, and its mounts have its id in their paths.
function Get-MountCount([string[]] $Id) { @(Get-Content /proc/[0-9]*/mountinfo -ErrorAction Ignore | Select-String -SimpleMatch $Id).Count }
function Clear-Tour { Get-AgentSandbox -Name 'tour-*' | Remove-AgentSandbox -Confirm:$false }

Clear-Tour # of a tour that was killed
try {
    Step '1. Make two sandboxes: one strong, one weak'
    Show { New-AgentSandbox tour-nspawn -Backend Nspawn -TimeToLive 10m }
    Show { New-AgentSandbox tour-chroot -Backend Chroot -TimeToLive 10m }

    Step '2. Run real commands'
    Show { Invoke-InSandbox tour-nspawn 'id' }
    Show { Invoke-InSandbox tour-nspawn 'grep PRETTY_NAME /etc/os-release' }
    if ((Get-SandboxBackend Docker).Available) { Show { Invoke-InSandbox -Backend Docker 'id' } } # where a container engine runs

    Step "3. What does each see of this machine's processes?"
    $count = 'find /proc -maxdepth 1 -name "[0-9]*" | wc -l'
    $inside = [int](Invoke-InSandbox tour-nspawn $count)
    $weak = [int](Invoke-InSandbox tour-chroot $count)
    $machine = @(Get-ChildItem /proc -Directory | Where-Object Name -Match '^\d+$').Count
    '{0,-22} {1,4} processes' -f 'this machine has', $machine
    '{0,-22} {1,4} processes' -f 'nspawn sees only its', $inside
    '{0,-22} {1,4} processes' -f 'chroot sees', $weak
    if ($inside -ge $machine -or $weak -le $inside) {
        throw "That is not what it should be: nspawn must see few processes, and chroot the machine's."
    }

    Step '4. Let something destroy everything it can reach, in a throw-away sandbox'
    $before = Get-HostFileCount
    Show { Invoke-InSandbox -Backend Nspawn -User root 'rm -rf /etc /usr 2>/dev/null; echo "inside: $(find /etc -type f 2>/dev/null | wc -l) files left in /etc, /usr is read-only: $(ls /usr | wc -l) folders"' }
    $after = Get-HostFileCount
    "this machine: $before files in /etc and /usr before, $after after"
    if ($before -ne $after) { throw 'Files of this machine changed.' }
}
finally {
    $ids = @(Get-AgentSandbox -Name 'tour-*').Id
    Step '5. Clean up'
    Show { Get-AgentSandbox tour-* | Remove-AgentSandbox -Confirm:$false }
}

$left = @(Get-AgentSandbox -Name 'tour-*').Count
$mounts = Get-MountCount $ids
"left: $left sandboxes, $mounts mounts"
if ($left -or $mounts) { throw 'Something was left behind.' }

Step 'Next'
'Get-Help about_AgentSandbox      how it works'
'Get-Command -Module AgentSandbox all commands'
'Test-SandboxIsolation            measure what a sandbox isolates'

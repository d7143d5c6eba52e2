BeforeAll {
    . $PSScriptRoot/Common.ps1
}

AfterAll {
    Get-AgentSandbox | Remove-AgentSandbox
    Get-Leftover | Should -BeNullOrEmpty
}

Describe 'Remove-Module and Import-Module, again and again' {
    BeforeAll {
        New-AgentSandbox reimported -Backend Nspawn | Out-Null

        # A thread pool grows and shrinks as it likes, by a few threads. What is left behind at each round is as many as there are rounds, and stays.
        $script = @'
$ErrorActionPreference = 'Stop'
$rounds = 24
function Get-Count {
    [GC]::Collect(); [GC]::WaitForPendingFinalizers(); [GC]::Collect()
    [pscustomobject]@{
        Thread = [IO.Directory]::GetDirectories('/proc/self/task').Count
        Descriptor = [IO.Directory]::GetFileSystemEntries('/proc/self/fd').Count
        Child = @(foreach ($thread in [IO.Directory]::GetDirectories('/proc/self/task')) { (Get-Content "$thread/children" -Raw -ErrorAction Ignore) -split ' ' -match '\d' }).Count
    }
}
function Invoke-Round {
    Import-Module $env:MODULE
    $null = Get-AgentSandbox; $null = Get-SandboxImage; $null = Get-SandboxBackend Nspawn
    if ((Invoke-InSandbox reimported 'echo used') -ne 'used') { throw 'The module was not used.' }
    if ((Invoke-InSandbox reimported { 1 + 1 }) -ne 2) { throw 'The module was not used.' }
    $job = Invoke-InSandbox reimported 'sleep 1000' -AsJob # Removing the module ends it.
    Remove-Module AgentSandbox
    Remove-Job $job -Force
}
1..6 | ForEach-Object { Invoke-Round }
$before = Get-Count
1..$rounds | ForEach-Object { Invoke-Round }
# What ends a moment later is not left behind; what never ends is there a minute later too.
$watch = [Diagnostics.Stopwatch]::StartNew()
do {
    $after = Get-Count
    $grown = @('Thread', 'Descriptor', 'Child' | Where-Object { $after.$_ -ge $before.$_ + $rounds / 2 })
    if ($grown) { Start-Sleep -Milliseconds 500 }
} while ($grown -and $watch.Elapsed.TotalSeconds -lt 60)
@{ rounds = $rounds; before = $before; after = $after } | ConvertTo-Json -Compress
'@
        $file = Join-Path $TestDrive 'reimport.ps1'
        Set-Content $file $script
        $measured = env MODULE=$ModulePath pwsh -NoProfile -NonInteractive -File $file | ConvertFrom-Json
    }

    It 'leaves no <_> behind' -ForEach 'Thread', 'Descriptor', 'Child' {
        Write-Information "$_ before: $($measured.before.$_), after $($measured.rounds) rounds more: $($measured.after.$_)" -InformationAction Continue
        $measured.rounds | Should -Be 24
        $measured.before.$_ | Should -BeGreaterOrEqual 0
        $measured.after.$_ | Should -BeLessThan ($measured.before.$_ + $measured.rounds / 2)
    }

    It 'leaves nothing of the commands in the sandbox' {
        Wait-Until { -not (Invoke-InSandbox reimported 'cat /proc/[0-9]*/cmdline | tr "\0" " " | grep -o "[s]leep 1000" || true') } 'The commands of removed modules ended.'
    }
}

Describe 'Import-Module -Force' {
    It 'keeps types, views and completion working' {
        $line = "1..3 | % { Import-Module '$ModulePath' -Force }; (Get-SandboxBackend Nspawn | Out-String) -match 'Nspawn +True'; (TabExpansion2 'New-AgentSandbox -Backend Nsp' 29).CompletionMatches.CompletionText; `$Error.Count"
        pwsh -NoProfile -NonInteractive -Command $line | Should -Be 'True', 'Nspawn', '0'
    }
}

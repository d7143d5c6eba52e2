# Measures script blocks and sessions beside what PowerShell itself has for another process: Start-Job. Run by ScriptBlockRow.cs, which reads the lines: row, contender, milliseconds.
param([string] $Module, [int] $Rounds)
$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'
Import-Module $Module

$pwsh = (Get-Process -Id $PID).Path
$objects = 1..10000 | ForEach-Object { [pscustomobject]@{ Id = $_; Name = "name $_" } }
$warm = New-AgentSandbox bench-warm -Backend Nspawn -Memory 1GB

function Assert-Is($Expected, $Actual) {
    if ("$Actual" -ne "$Expected") { throw "Came '$Actual' instead of '$Expected'." }
}

# A contender that has to be prepared has the name of the sandbox in $fresh, which is made and removed around it.
$rows = [ordered]@{
    'first script block' = [ordered]@{
        'nspawn, first in its sandbox' = { Assert-Is 1 (Invoke-InSandbox $fresh { 1 }) }
        'Start-Job'                    = { Assert-Is 1 (Start-Job { 1 } | Receive-Job -Wait -AutoRemoveJob) }
        'pwsh -NoProfile -Command 1'   = { Assert-Is 1 (& $pwsh -NoProfile -NonInteractive -Command 1) }
    }
    'second script block' = [ordered]@{
        'nspawn, warm' = { Assert-Is 1 (Invoke-InSandbox $warm { 1 }) }
        'Start-Job'    = { Assert-Is 1 (Start-Job { 1 } | Receive-Job -Wait -AutoRemoveJob) }
    }
    '10,000 objects in and out' = [ordered]@{
        'nspawn, warm'                 = { Assert-Is 10000 @($objects | Invoke-InSandbox $warm { process { $_ } }).Count }
        'nspawn, first in its sandbox' = { Assert-Is 10000 @($objects | Invoke-InSandbox $fresh { process { $_ } }).Count }
        'Start-Job'                    = { Assert-Is 10000 @($objects | Start-Job { process { $_ } } | Receive-Job -Wait -AutoRemoveJob).Count }
    }
    'session: open, run 1, remove' = [ordered]@{
        'nspawn, New-SandboxSession' = {
            $session = New-SandboxSession $warm
            Assert-Is 1 (Invoke-Command -Session $session { 1 })
            Remove-PSSession $session
        }
        'Start-Job'                  = { Assert-Is 1 (Start-Job { 1 } | Receive-Job -Wait -AutoRemoveJob) }
    }
}

try {
    for ($round = -1; $round -lt $Rounds; $round++) {
        foreach ($row in $rows.Keys) {
            $names = @($rows[$row].Keys)
            for ($i = 0; $i -lt $names.Count; $i++) {
                # The order turns from round to round: nobody always comes after the same neighbour.
                $name = $names[($i + $round + 1) % $names.Count]
                $run = $rows[$row][$name]
                $fresh = "$run".Contains('$fresh') ? (New-AgentSandbox bench-fresh -Backend Nspawn -Memory 1GB) : $null
                try {
                    $watch = [Diagnostics.Stopwatch]::StartNew()
                    & $run
                    $milliseconds = $watch.Elapsed.TotalMilliseconds
                }
                finally {
                    if ($fresh) { $fresh | Remove-AgentSandbox }
                }

                if ($round -ge 0) { "$row`t$name`t$($milliseconds.ToString([cultureinfo]::InvariantCulture))" }
            }
        }
    }
}
finally {
    Remove-AgentSandbox bench-warm
}

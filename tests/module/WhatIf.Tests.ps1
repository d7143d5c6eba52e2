BeforeDiscovery {
    $root = Join-Path $PSScriptRoot '../..'
    $module = Import-Module (Join-Path $root 'artifacts/module/AgentSandbox') -PassThru
    $changing = @($module.ExportedCmdlets.Values | Where-Object { $_.Parameters.ContainsKey('WhatIf') } | ForEach-Object Name | Sort-Object)

    # Every cmdlet that can be asked what it would do, each way that does something else: called with -WhatIf added, in a place where it would do it.
    $lines = @(
        'Checkpoint-AgentSandbox runs another', 'Checkpoint-AgentSandbox runs first -Force', 'Checkpoint-AgentSandbox stopped another -PassThru'
        'Copy-AgentSandbox stopped copied -PassThru', 'Get-AgentSandbox runs | Copy-AgentSandbox'
        'Copy-SandboxItem ./in.txt runs:/root/copied', 'Copy-SandboxItem runs:/root/file ./copied', 'Copy-SandboxItem -LiteralPath ./in.txt /root/copied -Sandbox runs -ToSandbox'
        'Enable-SandboxBackend WindowsSandbox'
        'Export-AgentSandbox runs ./exported.json', 'Export-AgentSandbox runs ./in.txt -Force'
        '$result | Export-SandboxIsolationReport ./report.html', '$result | Export-SandboxIsolationReport ./in.json -Force'
        'Install-SandboxBackend Wsl -RootFileSystem ./in.txt'
        'Invoke-InSandbox runs "touch /root/touched"', 'Invoke-InSandbox runs { Set-Content /root/touched x }', 'Invoke-InSandbox runs -Command touch -ArgumentList /root/touched'
        'Invoke-InSandbox runs "touch /root/touched" -Background', 'Invoke-InSandbox runs "touch /root/touched" -AsJob', 'Invoke-InSandbox -Backend Nspawn "true"', 'Invoke-InSandbox -Backend Chroot "true"'
        '"stopped", "runs" | Invoke-InSandbox -CommandLine "touch /root/touched"', 'Invoke-InSandbox runs -FilePath ./in.sh'
        'New-AgentSandbox made -Backend Nspawn', '"a", "b" | New-AgentSandbox -Backend Chroot', 'New-AgentSandbox made -AsJob', 'New-AgentSandbox -Path ./in.sandbox.json', 'New-AgentSandbox made -Backend Docker -Image alpine'
        'New-SandboxImage made -Directory ./tree', 'New-SandboxImage made -Archive ./in.txt', 'New-SandboxImage made -Release bookworm'
        'New-SandboxSession runs'
        'Remove-AgentSandbox runs', 'Remove-AgentSandbox * -Force', 'Get-AgentSandbox | Remove-AgentSandbox'
        'Remove-SandboxCheckpoint runs first', 'Get-SandboxCheckpoint runs | Remove-SandboxCheckpoint'
        'Remove-SandboxImage there', 'Get-SandboxImage there | Remove-SandboxImage'
        'Restore-AgentSandbox stopped first', 'Restore-AgentSandbox runs first -Force', 'Get-SandboxCheckpoint runs | Restore-AgentSandbox -Force'
        'Set-SandboxDefault -Memory 1GB', 'Set-SandboxDefault -Reset *'
        'Start-AgentSandbox stopped', 'Stop-AgentSandbox runs', 'Stop-SandboxProcess runs $process.Id', '$process | Stop-SandboxProcess -Force'
        'Uninstall-SandboxBackend Wsl'
    ) | ForEach-Object { @{ Line = $_; Cmdlet = [regex]::Match($_, '(?:^|\| )([A-Z][a-z]+-\w+)(?!.*\| [A-Z])').Groups[1].Value } }
}

BeforeAll {
    . $PSScriptRoot/Common.ps1

    # All that a cmdlet could change: the state folder, the settings, the folder that it is called in; sandboxes, processes in them, containers, jobs, sessions, mounts.
    function Get-Everything {
        foreach ($folder in $env:AGENTSANDBOX_HOME, $work) {
            foreach ($item in Get-ChildItem -LiteralPath $folder -Recurse -Force -ErrorAction Ignore | Sort-Object FullName) {
                $content = $item.PSIsContainer -or $item.Length -gt 1MB -or $item.UnixStat.ItemType -ne 'File' ? '' : (Get-FileHash -LiteralPath $item.FullName).Hash
                "$($item.UnixMode) $($item.PSIsContainer ? '' : $item.Length) $($item.LastWriteTimeUtc.Ticks) $content $($item.FullName)"
            }
        }

        Get-EngineContainer | Sort-Object
        Get-Content /proc/self/mountinfo | Where-Object { $_.Contains($env:AGENTSANDBOX_HOME) }
        Get-Job | ForEach-Object { "job $($_.Id) $($_.State)" }
        Get-PSSession | ForEach-Object { "session $($_.Id)" }
        foreach ($process in Get-ChildItem /proc -Directory | Where-Object Name -Match '^\d+$') {
            if ("$(Get-Content "$($process.FullName)/environ" -Raw -ErrorAction Ignore)".Contains($env:AGENTSANDBOX_HOME)) {
                "process $($process.Name) $("$(Get-Content "$($process.FullName)/cmdline" -Raw -ErrorAction Ignore)" -replace "`0", ' ')"
            }
        }
    }

    $work = Join-Path $TestDrive 'work'
    New-Item -ItemType Directory $work, "$work/tree", "$work/tree/bin", "$work/tree/etc", "$work/tree/usr" | Out-Null
    Set-Content "$work/in.txt" 'in'
    Set-Content "$work/in.json" '{}'
    Set-Content "$work/in.sh" 'touch /root/touched'
    Set-Content "$work/in.sandbox.json" '{ "Name": "made", "Backend": "Nspawn" }'
    Copy-Item /bin/true "$work/tree/bin/sh"
    New-AgentSandbox runs, stopped -Backend Nspawn | Out-Null
    Invoke-InSandbox runs, stopped 'echo content > /root/file'
    Checkpoint-AgentSandbox runs, stopped first
    Stop-AgentSandbox stopped
    $process = Invoke-InSandbox runs 'exec sleep 100000' -Background
    New-SandboxImage there -Directory "$work/tree" | Out-Null
    $result = Test-SandboxIsolation runs -Probe process.host-visible
    Push-Location $work
}

AfterAll {
    Pop-Location
    Get-AgentSandbox | Remove-AgentSandbox
    Get-SandboxImage there | Remove-SandboxImage
    Get-Leftover | Should -BeNullOrEmpty
}

Describe 'The lines below' {
    It 'are of all cmdlets that change something: <_>' -ForEach $changing {
        $covered = (Get-Content $PSCommandPath -Raw) -match "['|] ?$_ |['|]$_ "
        $covered | Should -BeTrue -Because "$_ has -WhatIf"
    }
}

Describe '-WhatIf' {
    It 'changes nothing: <Line>' -ForEach $lines {
        $before = Get-Everything
        $before.Count | Should -BeGreaterThan 20
        $failure = Get-Failure { & ([scriptblock]::Create("$Line -WhatIf")) }
        Get-Everything | Should -Be $before

        # What no Linux has is refused before anything is asked; each other line gets as far as the question.
        "$($failure.FullyQualifiedErrorId)" | Should -Match ($Cmdlet -match '-SandboxBackend$' ? '^$|^BackendSetup|^BackendNotAvailable' : '^$')
    }

    It 'is what $WhatIfPreference says, too' {
        $before = Get-Everything
        & {
            $WhatIfPreference = $true
            Remove-AgentSandbox runs -Force
            Restore-AgentSandbox runs first -Force
            Stop-AgentSandbox runs
            Set-SandboxDefault -Memory 1GB
            $null = New-AgentSandbox made
        }
        Get-Everything | Should -Be $before
    }
}

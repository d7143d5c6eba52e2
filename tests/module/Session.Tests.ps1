# New-SandboxSession: PowerShell's own session cmdlets against a sandbox.

BeforeAll {
    . (Join-Path $PSScriptRoot 'Common.ps1')
    $s = New-AgentSandbox sessions -Backend Nspawn -Memory 1GB
}

AfterAll {
    Get-PSSession | Where-Object Transport -EQ 'AgentSandbox' | Remove-PSSession
    Get-AgentSandbox | Remove-AgentSandbox
    Get-Leftover | Should -BeNullOrEmpty
}

Describe 'A session' {
    BeforeAll {
        $session = New-SandboxSession $s
    }

    It 'is a PSSession that says where it is' {
        $session | Should -BeOfType [System.Management.Automation.Runspaces.PSSession]
        $session.State | Should -Be Opened
        $session.Name | Should -Be sessions
        $session.ComputerName | Should -Be sessions
        $session.Transport | Should -Be AgentSandbox
        Get-PSSession -Id $session.Id | Should -Be $session
    }

    It 'keeps its state between commands, and brings objects back' {
        Invoke-Command -Session $session { $x = 5; function double($n) { $n * 2 } }
        Invoke-Command -Session $session { double ($x + $using:PID) } | Should -Be (2 * (5 + $PID))
        $all = Invoke-Command -Session $session { Get-Item / }
        $all.PSComputerName | Should -Be sessions
        $all.PSTypeNames[0] | Should -Be 'Deserialized.System.IO.DirectoryInfo'
        1..3 | Invoke-Command -Session $session { process { $_ + 1 } } | Should -Be 2, 3, 4
    }

    It 'gets no live objects' {
        # With the type table that PowerShell gives its own sessions this is an IPAddress.
        $address = Invoke-Command -Session $session { [ipaddress]'127.0.0.1' }
        $address.PSObject.BaseObject | Should -BeOfType [System.Management.Automation.PSCustomObject]
    }

    It 'can''t ask this host' {
        "$(Invoke-Command -Session $session { Read-Host 'password' } -ErrorAction Continue 2>&1)" | Should -Match 'refused|does not support user interaction'
        Invoke-Command -Session $session { $Host.UI.RawUI.WindowTitle = 'pwned'; 'on' } | Should -Be 'on'
    }

    It 'copies a binary file both ways' {
        $bytes = [Security.Cryptography.RandomNumberGenerator]::GetBytes(3MB)
        $file = Join-Path $TestDrive 'in'
        [IO.File]::WriteAllBytes($file, $bytes)
        Copy-Item $file -Destination /tmp/there -ToSession $session
        Invoke-InSandbox $s 'sha256sum < /tmp/there' | Should -Be "$((Get-FileHash $file).Hash.ToLowerInvariant())  -"
        Copy-Item /tmp/there -Destination (Join-Path $TestDrive 'out') -FromSession $session
        (Get-FileHash (Join-Path $TestDrive 'out')).Hash | Should -Be (Get-FileHash $file).Hash
    }

    It 'copies a folder both ways' {
        $from = Join-Path $TestDrive 'from'
        New-Item -ItemType Directory "$from/a b/deep", "$from/none" | Out-Null
        Set-Content "$from/a b/deep/ä.txt" 'first' -NoNewline
        Set-Content "$from/second" 'second'
        New-Item "$from/empty" | Out-Null
        Copy-Item $from -Destination /tmp/folder -ToSession $session -Recurse
        Copy-Item /tmp/folder -Destination (Join-Path $TestDrive 'to') -FromSession $session -Recurse
        $list = { param($in) Get-ChildItem $in -Recurse | Sort-Object FullName | ForEach-Object { "$([IO.Path]::GetRelativePath($in, $_.FullName)) $($_ -is [IO.FileInfo] ? (Get-FileHash $_).Hash : 'folder')" } }
        $all = & $list $from
        $all.Count | Should -Be 6
        & $list (Join-Path $TestDrive 'to') | Should -Be $all
    }

    It 'brings errors and information, with where they come from' {
        $all = Invoke-Command -Session $session {
            'output'; Write-Error 'error'; Write-Information 'information'
            Get-Item /no/such/file
        } -ErrorAction Continue *>&1
        $all.ForEach({ "$($_.GetType().Name) $_" }) | Should -Be @(
            'String output', 'RemotingErrorRecord error', 'InformationRecord information', "RemotingErrorRecord Cannot find path '/no/such/file' because it does not exist.")
        $all[-1].CategoryInfo.Category | Should -Be ObjectNotFound
        $all[-1].OriginInfo.PSComputerName | Should -Be sessions
        "$(Get-Failure { Invoke-Command -Session $session { throw 'boo' } })" | Should -Be boo
    }

    It 'runs jobs, beside another session' {
        $other = New-SandboxSession $s
        $jobs = $session, $other | ForEach-Object {
            Invoke-Command -Session $_ { New-Item "/tmp/job$PID" | Out-Null; while (@(Get-Item /tmp/job*).Count -lt 2) { Start-Sleep -Milliseconds 20 }; $PID } -AsJob
        }
        $ids = $jobs | Receive-Job -Wait -AutoRemoveJob
        ($ids | Select-Object -Unique).Count | Should -Be 2
        Remove-PSSession $other
        $job = Invoke-Command -Session $session { 'up'; Start-Sleep 1000 } -AsJob
        Wait-Until { $job.ChildJobs[0].Output.Count -gt 0 } 'it runs'
        Stop-Job $job
        $job.State | Should -Be Stopped
        Remove-Job $job
        Invoke-Command -Session $session { 'on' } | Should -Be on
    }

    It 'holds a fast sandbox up when nobody takes what comes' {
        [GC]::Collect()
        $before = [GC]::GetTotalMemory($true)
        $job = Invoke-Command -Session $session { for ($i = 0; $true; $i++) { 'x' * 500000; [IO.File]::WriteAllText('/tmp/count', $i) } } -AsJob
        try {
            Wait-Until { [GC]::GetTotalMemory($false) - $before -gt 450MB } 'it piles up' -Seconds 120
            $state = @{}
            Wait-Until { $last = $state.Count; Start-Sleep -Seconds 2; $state.Count = Invoke-InSandbox $s 'cat /tmp/count'; $state.Count -eq $last } 'it has to wait'
            [GC]::GetTotalMemory($false) - $before | Should -BeLessThan 900MB
        }
        finally {
            Stop-Job $job
            Remove-Job $job
        }

        Invoke-Command -Session $session { 'on' } | Should -Be on
    }

    It 'ends what runs in it when it is removed, before that returns' {
        $id = Invoke-Command -Session $session { $null = Start-Process sleep 991 -PassThru; $PID }
        Remove-PSSession $session
        $session.State | Should -Be Closed
        Invoke-InSandbox $s "test -d /proc/$id && echo up; cat /proc/[0-9]*/cmdline 2>/dev/null | grep -a '[s]leep.991' >/dev/null && echo sleeps; true" | Should -BeNullOrEmpty
        Get-PSSession | Where-Object Id -EQ $session.Id | Should -BeNullOrEmpty
    }

    It 'says so when <_> ends it while a command runs' -ForEach 'Remove-AgentSandbox', 'Stop-AgentSandbox', 'a kill of its PowerShell' {
        $t = New-AgentSandbox other -Backend Nspawn -Memory 1GB
        $broken = New-SandboxSession $t
        $id = Invoke-Command -Session $broken { $PID }
        $job = Invoke-Command -Session $broken { 'up'; Start-Sleep 1000 } -AsJob
        Wait-Until { $job.ChildJobs[0].Output.Count -gt 0 } 'it runs'
        if ($_ -like '*-*') { & $_ other } else { Invoke-InSandbox $t "kill -9 $id" }
        Wait-Job $job -Timeout 60 | Should -Be $job
        $job.State | Should -Be Failed
        "$($job.ChildJobs[0].JobStateInfo.Reason)$($job.ChildJobs[0].Error)" | Should -Match 'sandbox|The PowerShell in other ended by itself with exit code 137'
        Wait-Until { $broken.State -ne 'Opened' } 'it is broken'
        (Get-Failure { Invoke-Command -Session $broken { 1 } -ErrorAction Stop }).FullyQualifiedErrorId | Should -BeLike 'InvokeCommandCommandInvalidSessionState,*'
        Remove-Job $job -Force
        Remove-PSSession $broken
        Get-AgentSandbox other -ErrorAction Ignore | Remove-AgentSandbox
    }

    It 'is entered and left by lines on standard input, and warns there' {
        $lines = @(
            "Import-Module '$ModulePath'; `$x = New-SandboxSession sessions; Enter-PSSession `$x"
            '$null -eq $x'
            'exit'
            'Invoke-Command -Session $x { Write-Warning "warned"; Write-Verbose "more" -Verbose }'
            '"out $($x.State)"; Remove-PSSession $x')
        $env:NO_COLOR = '1'
        $output = $lines | pwsh -NoProfile -NoLogo | ForEach-Object { $_ -replace '\e\[\?1[hl]' }
        $env:NO_COLOR = $null
        $output | Should -Contain 'True'
        $output | Should -Contain 'WARNING: warned'
        $output | Should -Contain 'VERBOSE: more'
        $output | Should -Contain 'out Opened'
    }

    It 'has the user, folder and environment that were asked for' {
        $other = New-SandboxSession $s -User nobody -WorkingDirectory /tmp -Environment @{ COLOR = 'blue'; HOME = '/tmp' } -Name mine
        Invoke-Command -Session $other { "$(id -un) $PWD $env:COLOR" } | Should -Be 'nobody /tmp blue'
        $other.Name | Should -Be mine
        Remove-PSSession $other
    }

    It 'is not opened by -WhatIf, nor without a PowerShell' {
        New-SandboxSession $s -WhatIf | Should -BeNullOrEmpty
        $without = New-AgentSandbox without -Backend Nspawn -NoPowerShell
        New-SandboxSession $without -ErrorVariable e -ErrorAction SilentlyContinue | Should -BeNullOrEmpty
        $e[0].FullyQualifiedErrorId | Should -BeLike 'CommandNotFound,*'
        New-SandboxSession nosuch -ErrorVariable e -ErrorAction SilentlyContinue | Should -BeNullOrEmpty
        $e[0].FullyQualifiedErrorId | Should -BeLike 'SandboxNotFound,*'
    }
}

Describe 'A session with a hostile PowerShell' {
    BeforeAll {
        $tools = Join-Path $TestDrive 'tools'
        New-Item $tools -ItemType Directory | Out-Null
        Copy-Item (Join-Path $PSScriptRoot 'hostile-server.py') (Join-Path $tools 'pwsh')
        chmod -R a+rx $tools
        $hostile = New-AgentSandbox hostile -Backend Nspawn -Memory 1GB -NoPowerShell -Mount "${tools}:/srv/tools" -Environment @{ PATH = '/srv/tools:/usr/bin:/bin' }
    }

    It 'ends with an error when a command does not stop that was told to' {
        $bad = New-SandboxSession $hostile -Environment @{ HOSTILE = 'flood' }
        $job = Invoke-Command -Session $bad { 1 } -AsJob
        Wait-Until { $job.ChildJobs[0].Output.Count -gt 0 } 'it sends'
        Stop-Job $job
        "$($job.ChildJobs[0].JobStateInfo.Reason)" | Should -Match 'was told to stop, and did not'
        $bad.State | Should -Be Broken
        Remove-Job $job -Force
        Remove-PSSession $bad
    }

    It 'can''t have live objects made, nor reach this host' {
        $bad = New-SandboxSession $hostile -Environment @{ HOSTILE = 'types' }
        $all = @(Invoke-Command -Session $bad { 1 })
        $all.Count | Should -Be 7
        $all[0..5] | ForEach-Object { $_.PSObject.BaseObject | Should -BeOfType [System.Management.Automation.PSCustomObject] }
        Remove-PSSession $bad
        $bad = New-SandboxSession $hostile -Environment @{ HOSTILE = 'prompts' }
        Invoke-Command -Session $bad { 1 } 6>$null | Should -Be 'after'
        Remove-PSSession $bad
    }

    It 'is broken by what no PowerShell sends: <_>' -ForEach 'cim', 'deep', 'other' {
        $bad = New-SandboxSession $hostile -Environment @{ HOSTILE = $_ }
        "$(Get-Failure { Invoke-Command -Session $bad { 1 } -ErrorAction Stop })" | Should -Match 'hostile'
        $bad.State | Should -Be Broken
        Remove-PSSession $bad
    }
}

Describe 'Remove-Module' {
    It 'ends what waits in sandboxes' {
        Invoke-InSandbox $s { 1 } | Should -Be 1
        $count = pwsh -NoProfile -Command "Import-Module '$ModulePath'; `$id = Invoke-InSandbox sessions { `$PID }; Remove-Module AgentSandbox; Import-Module '$ModulePath'; Invoke-InSandbox sessions `"test -d /proc/`$id && echo up`"; 'done'"
        $count | Should -Be 'done'
    }
}

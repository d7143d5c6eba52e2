BeforeAll {
    . $PSScriptRoot/Common.ps1
}

Describe 'Life with <_>' -ForEach 'Nspawn', 'Chroot', 'Docker', 'GVisor' {
    BeforeAll {
        $backend = $_
        $PSDefaultParameterValues['New-AgentSandbox:Backend'] = $backend
        $PSDefaultParameterValues['New-AgentSandbox:WarningAction'] = 'SilentlyContinue'
    }

    AfterAll {
        $PSDefaultParameterValues.Remove('New-AgentSandbox:Backend')
        $PSDefaultParameterValues.Remove('New-AgentSandbox:WarningAction')
    }

    AfterEach {
        Get-AgentSandbox | Remove-AgentSandbox -Confirm:$false
        Get-Leftover | Should -BeNullOrEmpty
    }

    It 'makes a running sandbox that says what it is' {
        $s = New-AgentSandbox box -Memory 256MB -Cpu 0.5 -PidLimit 128 -TimeToLive 1h
        $s | Should -BeOfType AgentSandbox.Sandbox
        $s.Name | Should -Be 'box'
        $s.Id | Should -Match '^[0-9a-f]{12}$'
        $s.Backend | Should -Be $backend
        $s.State | Should -Be 'Running'
        $s.Image | Should -Be 'host'
        $s.Limits.Memory | Should -Be 256MB
        $s.Limits.Cpu | Should -Be 0.5
        $s.Limits.Pids | Should -Be 128
        ($s.Expires - $s.Created).TotalHours | Should -Be 1
        $now = Get-AgentSandbox box
        $now.ProcessId | Should -BeGreaterThan 0
        $now.MemoryUsage | Should -BeGreaterThan 0
        $now.ProcessCount | Should -BeGreaterThan 0
        $now.CpuTime | Should -BeOfType TimeSpan
    }

    It 'makes up a name' {
        $s = New-AgentSandbox
        $s.Name | Should -Not -BeNullOrEmpty
        (Get-AgentSandbox $s.Name).Id | Should -Be $s.Id
    }

    It 'takes names by pipeline' {
        $made = 'web', 'db' | New-AgentSandbox
        $made.Name | Should -Be 'web', 'db'
        (Get-AgentSandbox).Name | Should -Be 'db', 'web'
    }

    It 'gives a name only once, without regard to case' {
        New-AgentSandbox box | Out-Null
        $failure = Get-Failure { New-AgentSandbox BOX }
        $failure.FullyQualifiedErrorId | Should -BeLike 'NameInUse,*'
        $failure.CategoryInfo.Category | Should -Be 'ResourceExists'
        @(Get-AgentSandbox).Count | Should -Be 1
    }

    It 'is seen by every process, and outlives the one that made it' {
        pwsh -NoProfile -NonInteractive -Command "Import-Module '$ModulePath'; New-AgentSandbox box -Backend $backend -WarningAction SilentlyContinue | Out-Null; Invoke-InSandbox box 'echo kept > /tmp/file'"
        (Get-AgentSandbox box).State | Should -Be 'Running'
        Invoke-InSandbox box 'cat /tmp/file' | Should -Be 'kept'
    }

    It 'keeps files over stop and start, and no processes' {
        New-AgentSandbox box | Out-Null
        Invoke-InSandbox box 'mkdir -p /var/tmp/d; echo kept > /var/tmp/d/file; sleep 40711 >/dev/null 2>&1 &'
        Stop-AgentSandbox box
        (Get-AgentSandbox box).State | Should -Be 'Stopped'
        Test-HostProcess 'sleep 40711' | Should -BeFalse
        (Get-Failure { Invoke-InSandbox box 'true' }).FullyQualifiedErrorId | Should -BeLike 'SandboxNotRunning,*'
        (Start-AgentSandbox box -PassThru).State | Should -Be 'Running'
        Invoke-InSandbox box 'cat /var/tmp/d/file' | Should -Be 'kept'
    }

    It 'stops what is stopped and starts what is started' {
        New-AgentSandbox box | Out-Null
        Start-AgentSandbox box
        (Stop-AgentSandbox box -PassThru).State | Should -Be 'Stopped'
        (Stop-AgentSandbox box -PassThru).State | Should -Be 'Stopped'
    }

    It 'is removed by name, pattern, id, object and property' {
        $s = 'a1', 'a2', 'b', 'c', 'd', 'e' | New-AgentSandbox
        Remove-AgentSandbox 'a*'
        (Get-AgentSandbox).Name | Should -Be 'b', 'c', 'd', 'e'
        Remove-AgentSandbox -Id $s[2].Id
        $s[3] | Remove-AgentSandbox
        'd' | Remove-AgentSandbox
        [pscustomobject]@{ Name = 'e'; Other = 1 } | Remove-AgentSandbox
        Get-AgentSandbox | Should -BeNullOrEmpty
    }

    It 'is filtered by state and pattern' {
        'a1', 'a2', 'b' | New-AgentSandbox | Out-Null
        Stop-AgentSandbox a2
        (Get-AgentSandbox -State Stopped).Name | Should -Be 'a2'
        (Get-AgentSandbox 'A?' -State Running, Failed).Name | Should -Be 'a1'
        (Get-AgentSandbox a1, b).Name | Should -Be 'a1', 'b'
    }

    It 'means the sandbox that is given, not another one that has its name by now' {
        $old = New-AgentSandbox box
        Remove-AgentSandbox $old
        $new = New-AgentSandbox box
        foreach ($line in @(
                { $old | Remove-AgentSandbox }, { Remove-AgentSandbox $old }, { Remove-AgentSandbox -InputObject $old }, { $old | Stop-AgentSandbox }, { Stop-AgentSandbox $old },
                { $old | Start-AgentSandbox }, { $old | Wait-AgentSandbox -State Running -TimeoutSec 1 },
                { $old | Copy-AgentSandbox }, { $old | Checkpoint-AgentSandbox -CheckpointName c }, { $old | Restore-AgentSandbox -CheckpointName c -Force }, { $old | Invoke-InSandbox -CommandLine 'echo x' })) {
            $null = Get-Failure $line # An error or nothing; what counts is what it did.
        }

        (Get-AgentSandbox).Id | Should -Be $new.Id
        (Get-AgentSandbox).State | Should -Be 'Running'
        Get-SandboxCheckpoint box -ErrorAction Ignore | Should -BeNullOrEmpty
        (Get-Failure { $old | Remove-AgentSandbox -ErrorAction Stop }).FullyQualifiedErrorId | Should -BeLike 'SandboxNotFound,*'
        Remove-AgentSandbox $new
        Get-AgentSandbox | Should -BeNullOrEmpty
    }

    It 'does the others when one of several fails' {
        'a', 'b' | New-AgentSandbox | Out-Null
        Remove-AgentSandbox a, missing, b -ErrorAction SilentlyContinue -ErrorVariable failed
        $failed.FullyQualifiedErrorId | Should -BeLike 'SandboxNotFound,*'
        Get-AgentSandbox | Should -BeNullOrEmpty
    }

    It 'is not touched by -WhatIf' {
        $s = New-AgentSandbox box
        Stop-AgentSandbox box -WhatIf
        Remove-AgentSandbox box -WhatIf
        Remove-AgentSandbox box -Force -WhatIf
        & { $WhatIfPreference = $true; Remove-AgentSandbox box -Force }
        (Get-AgentSandbox box).State | Should -Be 'Running'
        (Get-AgentSandbox box).Id | Should -Be $s.Id
    }

    It 'is removed when its time is over, with no PowerShell that watches' {
        pwsh -NoProfile -NonInteractive -Command "Import-Module '$ModulePath'; New-AgentSandbox box -Backend $backend -TimeToLive 2s -WarningAction SilentlyContinue | Out-Null"
        Wait-Until { -not (Get-EngineContainer) -and -not (Get-ChildItem (Join-Path $env:AGENTSANDBOX_HOME 'lib/sandboxes') -ErrorAction Ignore) } 'the sandbox is removed after its time to live'
    }

    It 'is stopped when nobody uses it' {
        New-AgentSandbox box -IdleTimeout 1s | Out-Null
        Wait-Until { (Get-AgentSandbox box).State -eq 'Stopped' } 'the sandbox is stopped after its idle time'
    }

    It 'gives commands environment and folder' {
        New-AgentSandbox box -Environment @{ ONE = 1; TWO = 'a b' } -WorkingDirectory /usr | Out-Null
        Invoke-InSandbox box 'echo "$ONE|$TWO|$PWD"' | Should -Be '1|a b|/usr'
    }

    It 'gives commands user and host name, or says that it can''t' {
        if ($backend -ne 'Chroot') {
            New-AgentSandbox box -User 1234:1234 -Hostname inside | Out-Null
            Invoke-InSandbox box 'id -u; uname -n' | Should -Be '1234', 'inside'
        }
        else {
            New-AgentSandbox box -User root | Out-Null
            Invoke-InSandbox box 'id -u' | Should -Be '0'
            (Get-Failure { New-AgentSandbox other -Hostname inside }).FullyQualifiedErrorId | Should -BeLike 'NotEnforceable,*'
        }
    }

    It 'shows mounts read-only unless rw is said, relative to PowerShell''s location' {
        $folder = Join-Path $TestDrive "m-$backend"
        New-Item -ItemType Directory $folder, "$folder/ro", "$folder/rw" | Out-Null
        Set-Content "$folder/ro/file" 'from the host'
        chmod -R 777 $folder
        Push-Location $folder
        try {
            New-AgentSandbox box -Mount './ro:/mnt/ro', 'rw:/mnt/rw:rw', @{ Source = 'ro'; Target = '/mnt/table' } | Out-Null
        }
        finally {
            Pop-Location
        }

        Invoke-InSandbox box 'cat /mnt/ro/file /mnt/table/file' | Should -Be 'from the host', 'from the host'
        Invoke-InSandbox box 'echo x > /mnt/ro/new' 2>$null
        $LASTEXITCODE | Should -Not -Be 0
        "$folder/ro/new" | Should -Not -Exist
        Invoke-InSandbox box 'echo x > /mnt/rw/new'
        Get-Content "$folder/rw/new" | Should -Be 'x'
        (Get-AgentSandbox box).Mounts.Target | Where-Object { $_ -notlike '/opt/agentsandbox/*' } | Should -Be '/mnt/ro', '/mnt/rw', '/mnt/table'
    }

    It 'can''t be written with -ReadOnly' {
        New-AgentSandbox box -ReadOnly -User root | Out-Null
        Invoke-InSandbox box 'echo x > /etc/new' 2>$null
        $LASTEXITCODE | Should -Not -Be 0
        Invoke-InSandbox box 'echo x > /tmp/new && cat /tmp/new' | Should -Be 'x'
    }

    It 'shows itself as a table' {
        New-AgentSandbox box -Memory 256MB -TimeToLive 3h | Out-Null
        $text = Get-AgentSandbox | Out-String -Width 200
        $text | Should -Match 'Name\s+State\s+Backend\s+Image\s+Memory\s+Processes\s+Age\s+Expires'
        $text | Should -Match "box.*Running.*$backend\s+host\s+.* / 256 MB\s+\d+\s+\d+s\s+in 2h"
    }
}

Describe 'A running sandbox of <_>' -ForEach 'Nspawn', 'Chroot' {
    It 'has one supervisor, and a second one says so and changes nothing' {
        $sandbox = New-AgentSandbox supervised -Backend $_ -WarningAction SilentlyContinue
        try {
            $report = & (Join-Path $ModulePath 'bin/agentsandbox') supervise $sandbox.Id | ConvertFrom-Json
            $LASTEXITCODE | Should -Be 1
            $report.ErrorId | Should -Be 'SandboxBusy'
            $report.RecommendedAction | Should -Not -BeNullOrEmpty
            Invoke-InSandbox $sandbox 'echo still here' | Should -Be 'still here'
            (Get-AgentSandbox supervised).ProcessId | Should -Be $sandbox.ProcessId
        }
        finally {
            $sandbox | Remove-AgentSandbox
        }

        Get-Leftover | Should -BeNullOrEmpty
    }
}

Describe 'A weaker choice' {
    AfterAll {
        Get-AgentSandbox | Remove-AgentSandbox
        Get-Leftover | Should -BeNullOrEmpty
    }

    It 'warns that chroot is no boundary' {
        New-AgentSandbox box -Backend Chroot -WarningVariable warnings -WarningAction SilentlyContinue | Out-Null
        "$warnings" | Should -Match 'boundary'
    }

    It 'warns of nothing where there is nothing' {
        New-AgentSandbox box2 -Backend Nspawn -WarningVariable warnings | Out-Null
        $warnings | Should -BeNullOrEmpty
    }

    It 'is never taken by Auto' {
        (New-AgentSandbox box3).Backend | Should -Be 'Nspawn'
    }
}

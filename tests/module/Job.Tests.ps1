BeforeAll {
    . $PSScriptRoot/Common.ps1
}

Describe 'Jobs with <_>' -ForEach 'Nspawn', 'Chroot', 'Docker', 'GVisor' {
    BeforeAll {
        $PSDefaultParameterValues['New-AgentSandbox:Backend'] = $_
        $PSDefaultParameterValues['New-AgentSandbox:WarningAction'] = 'SilentlyContinue'
        $s = New-AgentSandbox box
    }

    AfterEach {
        Get-Job | Remove-Job -Force
    }

    AfterAll {
        $PSDefaultParameterValues.Remove('New-AgentSandbox:Backend')
        $PSDefaultParameterValues.Remove('New-AgentSandbox:WarningAction')
        Get-AgentSandbox | Remove-AgentSandbox -Confirm:$false
        Get-Leftover | Should -BeNullOrEmpty
    }

    It 'give output, errors and exit code, again with -Keep' {
        $job = Invoke-InSandbox $s 'echo out; echo err >&2; exit 3' -AsJob
        $job | Should -BeOfType System.Management.Automation.Job
        $job.PSJobTypeName | Should -Be 'SandboxJob'
        $job.Command | Should -Be 'echo out; echo err >&2; exit 3'
        $job | Wait-Job -Timeout 60 | Should -Be $job
        $job.State | Should -Be 'Completed'
        $job.ExitCode | Should -Be 3
        $job.Location | Should -Be 'box'
        $job.ChildJobs[0].Error[0].FullyQualifiedErrorId | Should -Be 'NativeCommandError'
        foreach ($time in 1..2) {
            $job | Receive-Job -Keep -ErrorVariable failures -ErrorAction SilentlyContinue | Should -Be 'out'
            "$failures" | Should -Be 'err'
        }

        $job.HasMoreData | Should -BeTrue
        $job | Receive-Job -ErrorAction SilentlyContinue | Should -Be 'out'
        $job.HasMoreData | Should -BeFalse
        $job | Receive-Job | Should -BeNullOrEmpty
    }

    It 'run until Stop-Job, which ends the command inside with all that it started' {
        $text = "sleep 71$(Get-Random -Minimum 10000 -Maximum 99999)"
        $job = Invoke-InSandbox $s "trap '' TERM; ($text & $text); echo never" -JobName long
        Wait-Until { Test-HostProcess $text } 'the command runs'
        $job.State | Should -Be 'Running'
        (Get-Job long).Id | Should -Be $job.Id
        Stop-Job long
        $job.State | Should -Be 'Stopped'
        Test-HostProcess $text | Should -BeFalse
        $job | Receive-Job | Should -BeNullOrEmpty
    }

    It 'give the output that is there while the command goes on' {
        $job = Invoke-InSandbox $s 'echo early; exec sleep 6000' -AsJob
        Wait-Until { $job.HasMoreData } 'output'
        $job | Receive-Job | Should -Be 'early'
        $job.State | Should -Be 'Running'
        $text = 'sleep 6000'
        Remove-Job $job -Force
        Test-HostProcess $text | Should -BeFalse
    }

    It 'take standard input and make objects and results of it' {
        $job = 'a', 'b' | Invoke-InSandbox $s 'cat; exit 4' -AsJob -AsResult
        $result = $job | Receive-Job -Wait
        $result.StandardOutput | Should -Be "a`nb`n"
        $result.ExitCode | Should -Be 4
    }

    It 'fail with the error of a time-out' {
        $job = Invoke-InSandbox $s 'sleep 600' -TimeoutSec 0.3 -AsJob | Wait-Job -Timeout 60
        $job.State | Should -Be 'Failed'
        $job.ExitCode | Should -Be 124
        $job | Receive-Job -ErrorVariable failure -ErrorAction SilentlyContinue
        $failure.FullyQualifiedErrorId | Should -BeLike 'CommandTimedOut*'
    }

    It 'create sandboxes' {
        $job = 'one', 'two' | New-AgentSandbox -AsJob
        $job.ChildJobs.Location | Should -Be 'one', 'two'
        ($job | Receive-Job -Wait | Sort-Object Name).Name | Should -Be 'one', 'two'
        $job.State | Should -Be 'Completed'
        Wait-AgentSandbox one, two -State Running -TimeoutSec 0 | Should -HaveCount 2
        Remove-AgentSandbox one, two -Confirm:$false
    }
}

Describe 'Jobs' {
    BeforeAll {
        $box = New-AgentSandbox box -Backend Nspawn
        $other = New-AgentSandbox other -Backend Nspawn
    }

    AfterEach {
        Get-Job | Remove-Job -Force
    }

    AfterAll {
        Get-AgentSandbox | Remove-AgentSandbox -Confirm:$false
        Get-Leftover | Should -BeNullOrEmpty
    }

    It 'have a child for each sandbox, and fail when one does' {
        $job = Invoke-InSandbox box, nosuch, other 'hostname' -AsJob | Wait-Job -Timeout 60
        $job.State | Should -Be 'Failed'
        $job.ChildJobs.Location | Should -Be 'box', 'nosuch', 'other'
        $job.ChildJobs.State | Should -Be 'Completed', 'Failed', 'Completed'
        $job.StatusMessage | Should -Match "no sandbox 'nosuch'"
        $job | Receive-Job -ErrorVariable failure -ErrorAction SilentlyContinue | Should -HaveCount 2
        $failure.FullyQualifiedErrorId | Should -BeLike 'SandboxNotFound*'
        $failure.CategoryInfo.Category | Should -Be 'ObjectNotFound'
        $failure.Count | Should -Be 1
    }

    It 'take sandboxes by pipeline, and run in a throw-away one' {
        $job = Get-AgentSandbox | Invoke-InSandbox 'echo here' -AsJob
        $job | Receive-Job -Wait | Should -Be 'here', 'here'
        Invoke-InSandbox -Backend Nspawn 'echo gone' -AsJob | Receive-Job -Wait | Should -Be 'gone'
        (Get-AgentSandbox).Name | Should -Be 'box', 'other'
    }

    It 'fail, and leave nothing, when a sandbox can not be created' {
        $job = New-AgentSandbox box -Backend Nspawn -AsJob | Wait-Job -Timeout 60
        $job.State | Should -Be 'Failed'
        $job.ChildJobs[0].Error[0].FullyQualifiedErrorId | Should -Be 'NameInUse'
    }

    It 'make nothing with -WhatIf' {
        Invoke-InSandbox box 'echo x' -AsJob -WhatIf | Should -BeNullOrEmpty
        New-AgentSandbox third -AsJob -WhatIf | Should -BeNullOrEmpty
        Get-Job | Should -BeNullOrEmpty
    }

    It 'hold a command up, as Blocked, whose output nobody takes' {
        $job = Invoke-InSandbox box 'while :; do printf "%01000000d\n" 0; done' -AsJob
        Wait-Until { $job.State -eq 'Blocked' } 'the job is blocked' 120
        $count = $job.ChildJobs[0].Output.Count
        $count | Should -BeLessThan 140 # 2 MB each in memory.
        $failure = Get-Failure { $job | Wait-Job }
        $failure.FullyQualifiedErrorId | Should -BeLike 'BlockedJobsDeadlockWithWaitJob*'
        ($job | Receive-Job).Count | Should -BeGreaterOrEqual $count
        Wait-Until { $job.ChildJobs[0].Output.Count -gt 0 } 'it goes on' 120
        Stop-Job $job
        $job.State | Should -Be 'Stopped'
    }

    It 'are removed by Receive-Job -Wait -AutoRemoveJob' {
        $job = Invoke-InSandbox box 'sleep 0.1; echo received' -AsJob
        $job | Receive-Job -Wait -AutoRemoveJob | Should -Be 'received'
        Get-Job | Where-Object InstanceId -EQ $job.InstanceId | Should -BeNullOrEmpty
        New-AgentSandbox of-job -AsJob | Receive-Job -Wait -AutoRemoveJob | Remove-AgentSandbox
        Get-Job | Where-Object PSJobTypeName -EQ 'SandboxJob' | Where-Object Location -EQ 'of-job' | Should -BeNullOrEmpty
    }

    It 'end with the module, and with PowerShell, and their commands too' {
        foreach ($end in 'Remove-Module AgentSandbox; "$($job.State)"', '[Environment]::FailFast("end")', 'exit 0') {
            $text = "sleep 72$(Get-Random -Minimum 10000 -Maximum 99999)"
            $line = "Import-Module '$ModulePath'; `$job = Invoke-InSandbox box '$text' -AsJob; while (-not (Invoke-InSandbox box 'cat /proc/[0-9]*/cmdline | tr ""\0"" "" ""' | Where-Object { `$_.Contains('$text') })) { }; $end"
            $written = pwsh -NoProfile -NonInteractive -Command $line 2>$null
            if ($end -like 'Remove-Module*') { $written | Should -Be 'Stopped' }
            Wait-Until { -not (Test-HostProcess $text) } "the command ended after $end"
        }
    }
}

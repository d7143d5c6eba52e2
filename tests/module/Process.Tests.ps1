BeforeAll {
    . $PSScriptRoot/Common.ps1
    function New-SleepText { "sleep 73$(Get-Random -Minimum 10000 -Maximum 99999)" }
    function Get-Holder { Find-Leftover | Where-Object { $_ -match 'hold-process' } }
}

Describe 'Background processes with <_>' -ForEach 'Nspawn', 'Chroot', 'Docker', 'GVisor' {
    BeforeAll {
        $PSDefaultParameterValues['New-AgentSandbox:Backend'] = $_
        $PSDefaultParameterValues['New-AgentSandbox:WarningAction'] = 'SilentlyContinue'
    }

    BeforeEach {
        $s = New-AgentSandbox box
    }

    AfterEach {
        Get-AgentSandbox | Remove-AgentSandbox -Confirm:$false
        Get-Leftover | Should -BeNullOrEmpty
    }

    AfterAll {
        $PSDefaultParameterValues.Remove('New-AgentSandbox:Backend')
        $PSDefaultParameterValues.Remove('New-AgentSandbox:WarningAction')
    }

    It 'run, write and end' {
        $p = Invoke-InSandbox $s 'echo one; echo two >&2; read x; echo "[$x]"; printf three; exit 5' -Background -Environment @{ SECRET = 'hidden' }
        $p | Should -BeOfType AgentSandbox.SandboxProcess
        $p.Id | Should -Be 1
        $p.SandboxName | Should -Be 'box'
        $p.Command | Should -BeLike 'echo one;*'
        $ended = $p | Wait-SandboxProcess -TimeoutSec 60
        $ended.State | Should -Be 'Exited'
        $ended.ExitCode | Should -Be 5
        $ended.ExitTime | Should -BeGreaterThan $ended.StartTime
        $p | Receive-SandboxProcess -ErrorVariable failures -ErrorAction SilentlyContinue | Should -Be 'one', '[]', 'three'
        "$failures" | Should -Be 'two'
        $p | Receive-SandboxProcess | Should -BeNullOrEmpty
        $p | Receive-SandboxProcess -Keep -ErrorAction SilentlyContinue | Should -Be 'one', '[]', 'three'
        (Get-SandboxProcess box 1).ExitCode | Should -Be 5
        Get-Holder | Should -BeNullOrEmpty
        Get-ChildItem $env:AGENTSANDBOX_HOME/lib/processes -Recurse -File | Select-String 'hidden' | Should -BeNullOrEmpty
    }

    It 'are ended with everything that they started' {
        foreach ($force in $false, $true) {
            $text = New-SleepText
            $p = Invoke-InSandbox $s "setsid $text & exec $text" -Background
            Wait-Until { Test-HostProcess $text } 'it runs'
            $stopped = $p | Stop-SandboxProcess -Force:$force -PassThru
            $stopped.State | Should -Be 'Stopped'
            $stopped.ExitCode | Should -Be ($force ? 137 : 143)
            Test-HostProcess $text | Should -BeFalse
            $p | Stop-SandboxProcess # Ended already: nothing to do, no error.
        }
    }

    It 'outlive the PowerShell that started them, which another one sees' {
        $text = New-SleepText
        $line = "Import-Module '$ModulePath'; `$null = Invoke-InSandbox box 'echo hello; exec $text' -Background; [Diagnostics.Process]::GetCurrentProcess().Kill()"
        pwsh -NoProfile -NonInteractive -Command $line 2>$null
        Wait-Until { Test-HostProcess $text } 'it runs'
        $p = Get-SandboxProcess
        $p.State | Should -Be 'Running'
        Wait-Until { "$($p | Receive-SandboxProcess -Keep)" -eq 'hello' } 'output'
        $sent = [Management.Automation.PSSerializer]::Deserialize([Management.Automation.PSSerializer]::Serialize($p))
        $sent | Stop-SandboxProcess
        ($p | Get-SandboxProcess).State | Should -Be 'Stopped'
        Test-HostProcess $text | Should -BeFalse
    }

    It 'end with their sandbox' {
        $text = New-SleepText
        $p = 1..3 | ForEach-Object { Invoke-InSandbox $s "exec $text" -Background }
        Stop-AgentSandbox $s
        Get-Holder | Should -BeNullOrEmpty
        ($p | Get-SandboxProcess).State | Should -Not -Contain 'Running'
        Start-AgentSandbox $s
        $again = Invoke-InSandbox $s "exec $text" -Background
        $again.Id | Should -Be 4
        Remove-AgentSandbox $s -Confirm:$false
        Get-Holder | Should -BeNullOrEmpty
        Test-HostProcess $text | Should -BeFalse
        (Get-Failure { $again | Get-SandboxProcess }).FullyQualifiedErrorId | Should -BeLike 'ProcessNotFound,*'
        Join-Path $env:AGENTSANDBOX_HOME "lib/processes/$($s.Id)" | Should -Not -Exist
    }

    It 'can be twenty at once' {
        $p = 1..20 | ForEach-Object -ThrottleLimit 10 -Parallel {
            Import-Module $using:ModulePath
            Invoke-InSandbox box "echo $_; exit $_" -Background
        }
        $p.Id | Sort-Object | Should -Be (1..20)
        $ended = Get-SandboxProcess box | Wait-SandboxProcess -TimeoutSec 120
        $ended.State | Select-Object -Unique | Should -Be 'Exited'
        foreach ($one in $ended) {
            $one | Receive-SandboxProcess | Should -Be "$($one.ExitCode)"
        }
        $ended.ExitCode | Sort-Object | Should -Be (1..20)
    }
}

Describe 'Background processes' {
    BeforeAll {
        $s = New-AgentSandbox box -Backend Nspawn
    }

    AfterAll {
        Get-AgentSandbox | Remove-AgentSandbox -Confirm:$false
        Get-Leftover | Should -BeNullOrEmpty
    }

    It 'keep the end of a huge output, and no more' {
        $p = Invoke-InSandbox $s 'i=0; while [ $i -lt 200 ]; do i=$((i+1)); printf "%0200000d\n" $i; done' -Background
        ($p | Wait-SandboxProcess -TimeoutSec 120).ExitCode | Should -Be 0
        $size = (Get-ChildItem "$env:AGENTSANDBOX_HOME/lib/processes/$($s.Id)/$($p.Id)" | Measure-Object Length -Sum).Sum
        $size | Should -BeLessThan 9MB
        $size | Should -BeGreaterThan 6MB
        $lines = $p | Receive-SandboxProcess -WarningVariable warnings -WarningAction SilentlyContinue
        [int]$lines[-1] | Should -Be 200
        $lines.Count | Should -BeGreaterThan 30
        $lines.Count | Should -BeLessThan 50
        "$warnings" | Should -Match 'MB of the output of process \d+ in box are gone'
    }

    It 'are lost, and ended, when what holds them is killed' {
        $text = New-SleepText
        $p = Invoke-InSandbox $s "exec $text" -Background
        Wait-Until { Test-HostProcess $text } 'it runs'
        $holder = (Get-Content "$env:AGENTSANDBOX_HOME/lib/processes/$($s.Id)/$($p.Id)/status.json" | ConvertFrom-Json).HolderId
        Stop-Process -Id $holder -Force
        $ended = $p | Wait-SandboxProcess -TimeoutSec 30
        $ended.State | Should -Be 'Lost'
        $ended.ExitCode | Should -BeNullOrEmpty
        $ended.Reason | Should -Match 'killed'
        Wait-Until { -not (Test-HostProcess $text) } 'the command ended'
    }

    It 'run into their time-out' {
        $ended = Invoke-InSandbox $s 'sleep 600' -TimeoutSec 0.3 -Background | Wait-SandboxProcess -TimeoutSec 60
        $ended.State | Should -Be 'Exited'
        $ended.ExitCode | Should -Be 124
    }

    It 'leave nothing when they can not be started' {
        $before = @(Get-SandboxProcess $s).Count
        $failure = Get-Failure { Invoke-InSandbox $s -Command /no/such -Background }
        $failure.FullyQualifiedErrorId | Should -BeLike 'CommandNotFound,*'
        @(Get-SandboxProcess $s).Count | Should -Be $before
        (Get-Failure { Invoke-InSandbox nosuch 'x' -Background }).FullyQualifiedErrorId | Should -BeLike 'SandboxNotFound,*'
        (Get-Failure { Get-SandboxProcess $s 999 }).FullyQualifiedErrorId | Should -BeLike 'ProcessNotFound,*'
        (Get-Failure { Stop-SandboxProcess box 999 }).FullyQualifiedErrorId | Should -BeLike 'ProcessNotFound,*'
    }

    It 'are refused what they can not have' {
        foreach ($call in { Invoke-InSandbox $s 'x' -Background -AsJob }, { Invoke-InSandbox $s 'x' -Background -AsResult }, { 'in' | Invoke-InSandbox $s 'x' -Background }, { Invoke-InSandbox -Backend Nspawn 'x' -Background }) {
            (Get-Failure $call).FullyQualifiedErrorId | Should -BeLike 'InvalidSpecification,*'
        }

        Invoke-InSandbox $s 'x' -Background -WhatIf | Should -BeNullOrEmpty
    }

    It 'that still run when the time is over are an error' {
        $p = Invoke-InSandbox $s 'sleep 600' -Background
        $failure = Get-Failure { $p | Wait-SandboxProcess -TimeoutSec 0.2 }
        $failure.FullyQualifiedErrorId | Should -BeLike 'WaitTimedOut,*'
        $failure.CategoryInfo.Category | Should -Be 'OperationTimeout'
        $p | Stop-SandboxProcess -WhatIf
        ($p | Get-SandboxProcess).State | Should -Be 'Running'
        Stop-SandboxProcess box $p.Id -Force
    }

    It 'are followed, line by line, until they end' {
        $p = Invoke-InSandbox $s 'printf half; while [ ! -e /tmp/go ]; do sleep 0.05; done; echo " line"; echo end' -Background
        $p | Receive-SandboxProcess | Should -BeNullOrEmpty
        Invoke-InSandbox $s 'touch /tmp/go'
        $p | Receive-SandboxProcess -Wait | Should -Be 'half line', 'end'
    }

    It 'are shown as a table' {
        $before = $PSStyle.OutputRendering
        $PSStyle.OutputRendering = 'PlainText'
        try { Get-SandboxProcess box 1 | Out-String -Width 200 | Should -Match 'Id\s+Sandbox\s+State\s+ExitCode\s+Age\s+Command' } finally { $PSStyle.OutputRendering = $before }
    }
}

Describe 'Wait-AgentSandbox' {
    AfterEach {
        Get-AgentSandbox | Remove-AgentSandbox -Confirm:$false
        Get-Leftover | Should -BeNullOrEmpty
    }

    It 'waits until a sandbox is in a state, has stopped or is gone' {
        $s = New-AgentSandbox box -Backend Chroot -TimeToLive 3s -WarningAction SilentlyContinue
        (Wait-AgentSandbox box -State Running -TimeoutSec 0).Id | Should -Be $s.Id
        Wait-AgentSandbox box -TimeoutSec 60 | Should -BeNullOrEmpty # Its time was over.
        Wait-AgentSandbox box -Removed -TimeoutSec 60 | Should -BeNullOrEmpty
        (Get-Failure { Wait-AgentSandbox box }).FullyQualifiedErrorId | Should -BeLike 'SandboxNotFound,*'
    }

    It 'says when the time is over, and when it is gone while a state is waited for' {
        $s = New-AgentSandbox box -Backend Chroot -WarningAction SilentlyContinue
        $failure = Get-Failure { $s | Wait-AgentSandbox -TimeoutSec 0.3 }
        $failure.FullyQualifiedErrorId | Should -BeLike 'WaitTimedOut,*'
        $failure.CategoryInfo.Category | Should -Be 'OperationTimeout'
        Stop-AgentSandbox box
        ($s | Wait-AgentSandbox).State | Should -Be 'Stopped'
        Remove-AgentSandbox box -Confirm:$false
        (Get-Failure { $s | Wait-AgentSandbox -State Running }).FullyQualifiedErrorId | Should -BeLike 'SandboxNotFound,*'
        $s | Wait-AgentSandbox | Should -BeNullOrEmpty
    }
}

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

    It 'copies files both ways' {
        $file = Join-Path $TestDrive 'in'
        [IO.File]::WriteAllBytes($file, [byte[]]((1..300000).ForEach({ $_ % 256 })))
        Copy-Item $file -Destination /tmp/there -ToSession $session
        Copy-Item /tmp/there -Destination (Join-Path $TestDrive 'out') -FromSession $session
        (Get-FileHash (Join-Path $TestDrive 'out')).Hash | Should -Be (Get-FileHash $file).Hash
    }

    It 'ends what runs in it when it is removed' {
        $id = Invoke-Command -Session $session { $null = Start-Process sleep 991 -PassThru; $PID }
        Invoke-InSandbox $s "test -d /proc/$id && echo up" | Should -Be up
        Remove-PSSession $session
        $session.State | Should -Be Closed
        Wait-Until { -not (Invoke-InSandbox $s "cat /proc/[0-9]*/cmdline 2>/dev/null | grep -a '[s]leep.991' >/dev/null && echo sleeps") } 'it is gone'
    }

    It 'breaks when its sandbox goes' {
        $t = New-AgentSandbox other -Backend Nspawn -Memory 1GB
        $broken = New-SandboxSession $t
        Remove-AgentSandbox other
        Wait-Until { $broken.State -ne 'Opened' } 'it is broken'
        Remove-PSSession $broken
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

Describe 'Remove-Module' {
    It 'ends what waits in sandboxes' {
        Invoke-InSandbox $s { 1 } | Should -Be 1
        $count = pwsh -NoProfile -Command "Import-Module '$ModulePath'; `$id = Invoke-InSandbox sessions { `$PID }; Remove-Module AgentSandbox; Import-Module '$ModulePath'; Invoke-InSandbox sessions `"test -d /proc/`$id && echo up`"; 'done'"
        $count | Should -Be 'done'
    }
}

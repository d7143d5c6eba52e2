BeforeAll {
    . $PSScriptRoot/Common.ps1
}

AfterAll {
    Get-AgentSandbox | Remove-AgentSandbox
    Get-Leftover | Should -BeNullOrEmpty
}

Describe '-Allow' {
    It 'opens what it names, and the sandbox keeps it' {
        $s = New-AgentSandbox -Backend Nspawn -Allow NestedUserNamespace, io-uring, IoUring
        $s.Specification.Allow | Should -Be 'IoUring', 'NestedUserNamespace'
        (Get-AgentSandbox $s.Name).Specification.Allow | Should -Be 'IoUring', 'NestedUserNamespace'
        Invoke-InSandbox $s 'unshare -U -r id -u' | Should -Be '0'
        $s | Remove-AgentSandbox
    }

    It 'opens nothing that was not named' {
        Invoke-InSandbox -Backend Nspawn -Allow Keyring 'unshare -U true 2>/dev/null || echo closed' | Should -Be 'closed'
    }

    It 'is for throw-away sandboxes too' {
        Invoke-InSandbox -Backend Nspawn -Allow NestedUserNamespace 'unshare -U -r id -u' | Should -Be '0'
    }

    It 'is declared by the probe of what it opens' {
        $result = New-AgentSandbox -Backend Nspawn -Allow NestedUserNamespace | Test-SandboxIsolation -Probe kernel.nested-userns, kernel.keyring
        ($result | Where-Object Id -EQ 'kernel.nested-userns').Verdict | Should -Be 'Declared'
        ($result | Where-Object Id -EQ 'kernel.nested-userns').Evidence | Should -Match '-Allow NestedUserNamespace'
        ($result | Where-Object Id -EQ 'kernel.keyring').Verdict | Should -Be 'Isolated'
    }

    It 'names the nearest name for one that is none: <_>' -ForEach 'IoRing', 'uring', 'io uring' {
        $failure = Get-Failure { New-AgentSandbox -Allow $_ }
        $failure.FullyQualifiedErrorId | Should -BeLike 'ParameterArgumentTransformationError*'
        "$failure" | Should -Match "Did you mean 'IoUring'"
    }

    It 'takes neither numbers nor beginnings of names: <_>' -ForEach 1, '1', 'Key', 'Tun,Vsock' {
        $value = $_
        (Get-Failure { New-AgentSandbox -Allow $value }).FullyQualifiedErrorId | Should -BeLike 'ParameterArgumentTransformationError*'
    }

    It 'is refused where it can''t be: <Backend> <Allow>' -ForEach @(
        @{ Backend = 'Chroot'; Allow = 'NestedUserNamespace' }
        @{ Backend = 'Chroot'; Allow = 'ControlGroups' }
        @{ Backend = 'Docker'; Allow = 'ControlGroups' }
        @{ Backend = 'GVisor'; Allow = 'Vsock' }
    ) {
        (Get-Failure { New-AgentSandbox -Backend $Backend -Allow $Allow }).FullyQualifiedErrorId | Should -BeLike 'NotEnforceable,*'
    }

    It 'is not for a sandbox that is there already' {
        $s = New-AgentSandbox -Backend Nspawn
        Get-Failure { Invoke-InSandbox $s 'true' -Allow Tun } | Should -Not -BeNullOrEmpty
        $s | Remove-AgentSandbox
    }

    It 'is completed' {
        Get-Completion 'New-AgentSandbox -Allow Nes' | Should -Be 'NestedUserNamespace'
        Get-Completion 'Invoke-InSandbox -Allow Vsock, U' | Should -Be 'UserFaultFd'
    }
}

BeforeAll {
    . $PSScriptRoot/Common.ps1

    # The transformations, as any parameter that carries them sees them.
    function Get-Duration {
        param([AgentSandbox.PowerShell.Parameters.Duration()] [TimeSpan] $Value)
        $Value
    }

    function Get-Size {
        param([AgentSandbox.PowerShell.Parameters.Size()] [long] $Value)
        $Value
    }
}

Describe 'Lengths of time' {
    It '<Text> is <Seconds> s' -ForEach @(
        @{ Text = '90s'; Seconds = 90 }
        @{ Text = '30m'; Seconds = 1800 }
        @{ Text = '1h'; Seconds = 3600 }
        @{ Text = '1h30m'; Seconds = 5400 }
        @{ Text = '2d'; Seconds = 172800 }
        @{ Text = '1.5H'; Seconds = 5400 }
        @{ Text = '00:30:00'; Seconds = 1800 }
        @{ Text = '90'; Seconds = 90 }
        @{ Text = 90; Seconds = 90 }
        @{ Text = 0.5; Seconds = 0.5 }
        @{ Text = [TimeSpan]::FromMinutes(2); Seconds = 120 }
    ) {
        (Get-Duration $Text).TotalSeconds | Should -Be $Seconds
    }

    It '<_> is none' -ForEach 'soon', '', '1x', '1h30', '1:2:3:4:5', '-1h', '99999999999999d' {
        { Get-Duration $_ } | Should -Throw -ErrorId 'ParameterArgumentTransformationError*'
    }
}

Describe 'Sizes' {
    It '<Text> is <Bytes>' -ForEach @(
        @{ Text = 512MB; Bytes = 536870912 }
        @{ Text = '512MB'; Bytes = 536870912 }
        @{ Text = '512m'; Bytes = 536870912 }
        @{ Text = '64MiB'; Bytes = 67108864 }
        @{ Text = 1.5GB; Bytes = 1610612736 }
        @{ Text = '1.5g'; Bytes = 1610612736 }
        @{ Text = 3GB; Bytes = 3221225472 }
        @{ Text = 0; Bytes = 0 }
    ) {
        Get-Size $Text | Should -Be $Bytes
    }

    It '<_> is none' -ForEach 'much', '12QB', '1e400', '-' {
        { Get-Size $_ } | Should -Throw -ErrorId 'ParameterArgumentTransformationError*'
    }
}

Describe 'New-AgentSandbox, bad input' {
    It '<Id>: <Because>' -ForEach @(
        @{ Id = 'InvalidName'; Because = 'a path'; Arguments = @{ Name = '../x' } }
        @{ Id = 'InvalidName'; Because = 'a shell''s character'; Arguments = @{ Name = 'a;b' } }
        @{ Id = 'InvalidName'; Because = '300 characters'; Arguments = @{ Name = 'x' * 300 } }
        @{ Id = 'InvalidName'; Because = 'a line end'; Arguments = @{ Name = "a`nb" } }
        @{ Id = 'InvalidName'; Because = 'nothing'; Arguments = @{ Name = '' } }
        @{ Id = 'ImageNotFound'; Because = 'an unknown image'; Arguments = @{ Name = 'x'; Image = 'no-such-image' } }
        @{ Id = 'ImagePullFailed'; Because = 'an image that the engine lacks, and -NoPull'; Arguments = @{ Name = 'x'; Backend = 'Docker'; Image = 'agentsandbox-no-such-image:1'; NoPull = $true } }
        @{ Id = 'ImagePullFailed'; Because = 'an image of a registry that does not answer'; Arguments = @{ Name = 'x'; Backend = 'Docker'; Image = 'localhost:1/agentsandbox-no-such-image' } }
        @{ Id = 'ImageNotFound'; Because = 'a name that is none of an image'; Arguments = @{ Name = 'x'; Backend = 'Docker'; Image = '../image' } }
        @{ Id = 'UnknownBackend'; Because = 'an unknown backend'; Arguments = @{ Name = 'x'; Backend = 'hyper' } }
        @{ Id = 'MountSourceNotFound'; Because = 'a mount of nothing'; Arguments = @{ Name = 'x'; Mount = '/no/such/folder:/work' } }
        @{ Id = 'InvalidMount'; Because = 'a mount that is none'; Arguments = @{ Name = 'x'; Mount = 'a:b:c:d' } }
        @{ Id = 'InvalidMount'; Because = 'a hash table without a source'; Arguments = @{ Name = 'x'; Mount = @{ Target = '/work' } } }
        @{ Id = 'InvalidMount'; Because = 'a hash table with an unknown key'; Arguments = @{ Name = 'x'; Mount = @{ Source = '/tmp'; ReadWrite = $true } } }
        @{ Id = 'MemoryTooSmall'; Because = 'too little memory'; Arguments = @{ Name = 'x'; Memory = 1KB } }
        @{ Id = 'InvalidLimit'; Because = 'a negative CPU limit'; Arguments = @{ Name = 'x'; Cpu = -1 } }
        @{ Id = 'InvalidEnvironment'; Because = 'a variable with = in its name'; Arguments = @{ Name = 'x'; Environment = @{ 'a=b' = 'c' } } }
    ) {
        $failure = Get-Failure { New-AgentSandbox @Arguments -ErrorAction SilentlyContinue }
        $failure.FullyQualifiedErrorId | Should -Be "$Id,AgentSandbox.PowerShell.Cmdlets.NewAgentSandboxCommand"
        $failure.CategoryInfo.Category | Should -Not -Be 'NotSpecified'
        $failure.ErrorDetails.RecommendedAction | Should -Not -BeNullOrEmpty
        Get-Leftover | Should -BeNullOrEmpty
    }

    It 'reports everything that is wrong at once' {
        $failure = Get-Failure { New-AgentSandbox '../x' -Memory 1KB -Mount '/no/such/folder:/work' -Cpu -1 }
        foreach ($part in 'InvalidName', 'MemoryTooSmall', 'MountSourceNotFound', 'InvalidLimit', '/no/such/folder') {
            "$failure" | Should -Match ([regex]::Escape($part))
        }
    }

    It 'says that root is needed' {
        $line = "Import-Module '$ModulePath'; try { New-AgentSandbox x } catch { `$_.FullyQualifiedErrorId; `$_.CategoryInfo.Category }"
        $state = Join-Path ([IO.Path]::GetTempPath()) "as-user-$PID"
        try {
            $output = setpriv --reuid=65534 --regid=65534 --clear-groups env HOME=/tmp AGENTSANDBOX_HOME=$state pwsh -NoProfile -NonInteractive -Command $line
        }
        finally {
            Remove-Item $state -Recurse -Force -ErrorAction Ignore
        }

        $output | Should -Be 'RootRequired,AgentSandbox.PowerShell.Cmdlets.NewAgentSandboxCommand', 'PermissionDenied'
    }
}

Describe '-WhatIf' {
    It 'makes nothing' {
        'a', 'b' | New-AgentSandbox -WhatIf 6>&1 | Should -BeNullOrEmpty
        New-SandboxImage x -Directory /tmp -WhatIf | Should -BeNullOrEmpty
        Invoke-InSandbox -Backend Chroot 'true' -WhatIf | Should -BeNullOrEmpty
        Get-Leftover | Should -BeNullOrEmpty
        Get-SandboxImage x -ErrorAction SilentlyContinue | Should -BeNullOrEmpty
    }
}

Describe 'Things that are not there' {
    It '<Line> is the non-terminating error <Id>' -ForEach @(
        @{ Line = 'Get-AgentSandbox nothing'; Id = 'SandboxNotFound' }
        @{ Line = 'Get-AgentSandbox -Id 000000000000'; Id = 'SandboxNotFound' }
        @{ Line = 'Start-AgentSandbox nothing'; Id = 'SandboxNotFound' }
        @{ Line = 'Stop-AgentSandbox nothing'; Id = 'SandboxNotFound' }
        @{ Line = 'Remove-AgentSandbox nothing'; Id = 'SandboxNotFound' }
        @{ Line = '"nothing" | Invoke-InSandbox "true"'; Id = 'SandboxNotFound' }
        @{ Line = 'Test-SandboxIsolation nothing'; Id = 'SandboxNotFound' }
        @{ Line = 'Copy-SandboxItem /etc/hostname nothing:/tmp/'; Id = 'SandboxNotFound' }
        @{ Line = 'Get-SandboxBackend nothing'; Id = 'UnknownBackend' }
        @{ Line = 'Get-SandboxImage nothing'; Id = 'ImageNotFound' }
        @{ Line = 'Remove-SandboxImage nothing'; Id = 'ImageNotFound' }
        @{ Line = 'Remove-SandboxImage host'; Id = 'InvalidImage' }
    ) {
        $errors = @()
        . ([scriptblock]::Create("$Line -ErrorAction SilentlyContinue -ErrorVariable +errors")) | Should -BeNullOrEmpty
        $errors.Count | Should -Be 1
        $errors[0].FullyQualifiedErrorId | Should -BeLike "$Id,AgentSandbox.PowerShell.Cmdlets.*"
        $errors[0].ErrorDetails.RecommendedAction | Should -Not -BeNullOrEmpty
        $errors[0].TargetObject | Should -Not -BeNullOrEmpty
    }

    It 'are none where a pattern matches nothing' {
        Get-AgentSandbox 'nothing*' | Should -BeNullOrEmpty
        Remove-AgentSandbox 'nothing*'
        Get-SandboxImage 'nothing*' | Should -BeNullOrEmpty
    }

    It 'are fine for Remove-AgentSandbox -Force' {
        Remove-AgentSandbox nothing -Force
    }
}

Describe 'Invoke-InSandbox, what it needs' {
    It '<Line> is the terminating error <Id>' -ForEach @(
        @{ Line = 'Invoke-InSandbox'; Id = 'CommandRequired' }
        @{ Line = 'Invoke-InSandbox nothing'; Id = 'CommandRequired' }
        @{ Line = 'Invoke-InSandbox -CommandLine true'; Id = 'SandboxRequired' }
        @{ Line = 'Invoke-InSandbox nothing true'; Id = 'SandboxNotFound' }
        @{ Line = 'Invoke-InSandbox nothing true -Backend Chroot'; Id = 'SandboxAmbiguous' }
        @{ Line = 'Invoke-InSandbox nothing -FilePath /no/such/script.sh'; Id = 'ScriptNotFound' }
        @{ Line = 'Invoke-InSandbox -Image no-such-image true'; Id = 'ImageNotFound' }
        @{ Line = 'Copy-SandboxItem a b -ToSandbox -FromSandbox -Sandbox x'; Id = 'InvalidSpecification' }
        @{ Line = 'Copy-SandboxItem a b -FromSandbox'; Id = 'CopyPathNotFound' }
        @{ Line = 'Test-SandboxIsolation -Probe no.such-probe'; Id = 'ProbeNotFound' }
    ) {
        $failure = Get-Failure ([scriptblock]::Create("$Line -ErrorAction SilentlyContinue"))
        $failure.FullyQualifiedErrorId | Should -BeLike "$Id,AgentSandbox.PowerShell.Cmdlets.*"
        $failure.ErrorDetails.RecommendedAction | Should -Not -BeNullOrEmpty
    }

    It 'tells an object that is no sandbox' {
        $errors = @()
        [Version]'1.0' | Invoke-InSandbox 'true' -ErrorAction SilentlyContinue -ErrorVariable errors
        $errors[0].FullyQualifiedErrorId | Should -BeLike 'SandboxRequired,*'
    }
}

BeforeAll {
    . $PSScriptRoot/Common.ps1
}

Describe 'Checkpoints with <_>' -ForEach 'Nspawn', 'Chroot' {
    BeforeEach {
        $s = New-AgentSandbox box -Backend $_ -WarningAction SilentlyContinue
        Invoke-InSandbox $s 'echo one > ~/f'
    }

    AfterEach {
        Get-AgentSandbox | Remove-AgentSandbox
        Get-Leftover | Should -BeNullOrEmpty
    }

    It 'keep the files and bring them back' {
        $s | Checkpoint-AgentSandbox -CheckpointName before | Should -BeNullOrEmpty
        Invoke-InSandbox box 'echo two > ~/f'
        (Get-Failure { Restore-AgentSandbox box before -Confirm:$false }).FullyQualifiedErrorId | Should -BeLike 'SandboxRunning,*'
        Invoke-InSandbox box 'cat ~/f' | Should -Be 'two'
        (Restore-AgentSandbox box -CheckpointName before -Force -PassThru).State | Should -Be 'Running'
        Invoke-InSandbox box 'cat ~/f' | Should -Be 'one'
        Stop-AgentSandbox box
        (Restore-AgentSandbox box before -Confirm:$false -PassThru).State | Should -Be 'Stopped'
    }

    It 'are listed with what they take, filtered and deleted' {
        $made = Checkpoint-AgentSandbox box first -PassThru
        $made | Should -BeOfType AgentSandbox.SandboxCheckpoint
        $made.SandboxId | Should -Be $s.Id
        $made.Size | Should -BeGreaterThan 0
        $made.WasRunning | Should -BeTrue
        Checkpoint-AgentSandbox box second
        (Get-SandboxCheckpoint).Name | Should -Be 'first', 'second'
        ($s | Get-SandboxCheckpoint -CheckpointName s*).Name | Should -Be 'second'
        Get-SandboxCheckpoint | Format-Table | Out-String | Should -Match 'Sandbox\s+Name\s+Size\s+Created\s+-+[\s-]+box\s+first\s+[\d.]+ [KM]B\s+20\d\d-'
        (Get-Failure { Get-SandboxCheckpoint box third }).FullyQualifiedErrorId | Should -BeLike 'CheckpointNotFound,*'
        Get-SandboxCheckpoint b* third | Should -BeNullOrEmpty
        Get-SandboxCheckpoint box -CheckpointName first | Remove-SandboxCheckpoint
        (Get-SandboxCheckpoint box).Name | Should -Be 'second'
        Remove-SandboxCheckpoint box *
        Get-SandboxCheckpoint box | Should -BeNullOrEmpty
    }

    It 'go back by their object' {
        Checkpoint-AgentSandbox box first
        Invoke-InSandbox box 'echo two > ~/f'
        (Get-SandboxCheckpoint box | Select-Object -Last 1 | Restore-AgentSandbox -Force -PassThru).Name | Should -Be 'box'
        Invoke-InSandbox box 'cat ~/f' | Should -Be 'one'
    }

    It 'are replaced only when that is asked for' {
        Checkpoint-AgentSandbox box first
        Invoke-InSandbox box 'echo two > ~/f'
        $failure = Get-Failure { Checkpoint-AgentSandbox box FIRST }
        $failure.FullyQualifiedErrorId | Should -BeLike 'CheckpointExists,*'
        $failure.CategoryInfo.Category | Should -Be 'ResourceExists'
        Checkpoint-AgentSandbox box FIRST -Force
        Invoke-InSandbox box 'echo three > ~/f'
        Restore-AgentSandbox box first -Force
        Invoke-InSandbox box 'cat ~/f' | Should -Be 'two'
    }

    It 'do nothing with -WhatIf' {
        Checkpoint-AgentSandbox box first -WhatIf
        Get-SandboxCheckpoint box | Should -BeNullOrEmpty
        Checkpoint-AgentSandbox box first
        Invoke-InSandbox box 'echo two > ~/f'
        Restore-AgentSandbox box first -Force -WhatIf
        & { $WhatIfPreference = $true; Restore-AgentSandbox box first -Force }
        Remove-SandboxCheckpoint box first -WhatIf
        Copy-AgentSandbox box other -WhatIf
        Invoke-InSandbox box 'cat ~/f' | Should -Be 'two'
        (Get-SandboxCheckpoint box).Name | Should -Be 'first'
        (Get-AgentSandbox).Name | Should -Be 'box'
    }

    It 'ask before files are lost' {
        Checkpoint-AgentSandbox box first
        Stop-AgentSandbox box
        $line = "Import-Module '$ModulePath'; Restore-AgentSandbox box first"
        $said = pwsh -NoProfile -NonInteractive -Command $line 2>&1 | Out-String
        $LASTEXITCODE | Should -Be 1
        $said | Should -Match 'NonInteractive'
    }

    It 'copy a sandbox, which lives its own life' {
        $copy = Copy-AgentSandbox box -NewName other -PassThru -WarningAction SilentlyContinue
        $copy.Name | Should -Be 'other'
        $copy.State | Should -Be 'Running'
        $copy.Id | Should -Not -Be $s.Id
        Invoke-InSandbox other 'cat ~/f && echo changed > ~/f'
        Invoke-InSandbox box 'cat ~/f' | Should -Be 'one'
        (Get-Failure { Copy-AgentSandbox box other }).FullyQualifiedErrorId | Should -BeLike 'NameInUse,*'
        Copy-AgentSandbox box -WarningAction SilentlyContinue | Should -BeNullOrEmpty
        @(Get-AgentSandbox).Count | Should -Be 3
    }

    It 'are completed, those of the sandbox on the line' {
        Checkpoint-AgentSandbox box before
        New-AgentSandbox other -Backend $_ -WarningAction SilentlyContinue | Checkpoint-AgentSandbox -CheckpointName elsewhere
        Get-Completion 'Restore-AgentSandbox box ' | Should -Be 'before'
        Get-Completion 'Restore-AgentSandbox other -CheckpointName e' | Should -Be 'elsewhere'
        Get-Completion 'Remove-SandboxCheckpoint * -CheckpointName ' | Should -Be 'before', 'elsewhere'
        Get-Completion 'Get-SandboxCheckpoint -CheckpointName ' | Should -Be 'before', 'elsewhere'
    }
}

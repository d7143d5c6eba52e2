BeforeAll {
    . $PSScriptRoot/Common.ps1
}

Describe 'Test-SandboxIsolation' {
    AfterEach {
        Get-AgentSandbox | Remove-AgentSandbox
        Get-Leftover | Should -BeNullOrEmpty
    }

    It 'finds <Probe> <Verdict> in <Backend>' -ForEach @(
        @{ Probe = 'process.host-visible'; Backend = 'Chroot'; Verdict = 'Exposed' }
        @{ Probe = 'process.host-visible'; Backend = 'Nspawn'; Verdict = 'Isolated' }
    ) {
        $result = Test-SandboxIsolation -Backend $Backend -Probe $Probe
        $result | Should -BeOfType AgentSandbox.Isolation.IsolationResult
        $result.Id | Should -Be $Probe
        $result.Verdict | Should -Be $Verdict
        $result.Backend | Should -Be $Backend
        $result.Evidence | Should -Not -BeNullOrEmpty
    }

    It 'finds nothing of the first probes open in nspawn' {
        $results = Test-SandboxIsolation -Backend Nspawn -Severity High, Critical
        $results.Count | Should -BeGreaterThan 3
        $results | Where-Object Verdict -EQ 'Exposed' | ForEach-Object { "$($_.Id): $($_.Evidence)" } | Should -BeNullOrEmpty
    }

    It 'tests a sandbox by object and by name, in a sibling' {
        $s = New-AgentSandbox box -Backend Chroot -WarningAction SilentlyContinue
        ($s | Test-SandboxIsolation -Probe 'process.host-v*').Subject | Should -Be 'box'
        (Test-SandboxIsolation box -Probe 'process.host-v*').Subject | Should -Be 'box'
        (Get-AgentSandbox).Name | Should -Be 'box'
    }

    It 'takes patterns, categories and severities together' {
        $results = Test-SandboxIsolation -Backend Nspawn -Probe 'p*' -Category Process
        $results.Count | Should -BeGreaterThan 0
        $results.Category | Sort-Object -Unique | Should -Be 'Process'
        $results.Id | ForEach-Object { $_ | Should -BeLike 'p*' }
    }

    It 'never gives an empty answer for a question that fits no probe' {
        (Get-Failure { Test-SandboxIsolation -Backend Nspawn -Probe 'x.*' }).FullyQualifiedErrorId | Should -BeLike 'ProbeNotFound,*'
    }

    It 'completes the ids of probes' {
        Get-Completion 'Test-SandboxIsolation -Probe process.host-' | Should -Contain 'process.host-visible'
    }
}

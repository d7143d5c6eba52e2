# The operator that the module adds to Pester. The module is imported by Common.ps1 when Pester is there, as in anybody's test file.
BeforeAll {
    . $PSScriptRoot/Common.ps1

    function New-Verdict([string] $Id, [string] $Verdict, [string] $Severity = 'Medium', [string] $Category = 'Network', [string] $Subject = 'box') {
        $probe = [AgentSandbox.Isolation.IsolationProbeInfo]::new($Id, $Category, $Severity, 'Is it open?', 'man 2 x', '-Network None.')
        $result = [Activator]::CreateInstance([AgentSandbox.Isolation.IsolationResult])
        foreach ($pair in @{ Subject = $Subject; Backend = 'Nspawn'; Probe = $probe; Verdict = [AgentSandbox.Isolation.IsolationVerdict] $Verdict; Evidence = "It was seen."; Duration = [TimeSpan]::Zero }.GetEnumerator()) {
            [AgentSandbox.Isolation.IsolationResult].GetProperty($pair.Key).SetValue($result, $pair.Value)
        }

        $result
    }

    function Get-Message([scriptblock] $Script) { (Get-Failure $Script).Exception.Message -replace "`r" }
}

Describe 'Should -BeIsolated' {
    AfterAll {
        Get-Leftover | Should -BeNullOrEmpty
    }

    It 'measures sandboxes and backends' {
        $s = New-AgentSandbox box -Backend Nspawn
        try {
            $s | Should -BeIsolated -Category Process, Network
            'box' | Should -BeIsolated -Probe priv.*
            $s | Should -BeIsolated -Severity Critical, High -MinimumGrade B
        }
        finally { $s | Remove-AgentSandbox }

        Get-SandboxBackend Nspawn | Should -BeIsolated -Because 'that is what it is for'
        Get-SandboxBackend Chroot | Should -Not -BeIsolated
    }

    It 'says what falls short, with evidence, remedy and reason' {
        $message = Get-Message { Get-SandboxBackend Chroot | Should -BeIsolated -Category Process, Network -Because 'agents run in it' }
        $message | Should -Match '^Expected Chroot to be isolated \(Process, Network\), because agents run in it, but:\n  Chroot: \d of \d+ probes fall short\.\n'
        $message | Should -Match '\n    process\.host-visible \(High\) is Exposed: The sandbox returned the host''s secret: .+ To close it: -Backend Nspawn'
        $message | Should -Match '\n    net\.egress \(Medium\) is Exposed'
        $message | Should -Not -Match 'process\.signal-host'
        $message.IndexOf('(High)') | Should -BeLessThan $message.IndexOf('(Medium)')
    }

    It 'does not measure again what was measured' {
        $verdicts = (New-Verdict net.raw Exposed), (New-Verdict net.vsock Isolated), (New-Verdict fs.x Isolated -Category FileSystem)
        $verdicts | Should -BeIsolated -Category FileSystem
        $verdicts | Should -BeIsolated -Probe net.v*, fs.*
        $verdicts | Should -Not -BeIsolated -Probe net.*
        $verdicts | Should -BeIsolated -MinimumGrade C
        $summary = [AgentSandbox.Isolation.IsolationGrading]::Summarize([AgentSandbox.Isolation.IsolationResult[]] $verdicts, $null)
        $summary | Should -BeIsolated -Category FileSystem
        Get-Message { $summary | Should -BeIsolated } | Should -Match '^Expected box \(Nspawn\) to be isolated with grade B or better, but:\n  box \(Nspawn\): the grade is C\. .*\n    net\.raw \(Medium\) is Exposed: It was seen\. To close it: -Network None\.$'
        Get-Message { $verdicts | Should -BeIsolated -Category Ipc } | Should -Match 'nothing was measured that fits'
    }

    It 'takes for isolated: <Verdict> <Holds>; for not isolated: <Open>' -ForEach @(
        @{ Verdict = 'Isolated'; Holds = $true; Open = $false }
        @{ Verdict = 'NotApplicable'; Holds = $true; Open = $false }
        @{ Verdict = 'Declared'; Holds = $false; Open = $true }
        @{ Verdict = 'Exposed'; Holds = $false; Open = $true }
        @{ Verdict = 'Inconclusive'; Holds = $false; Open = $false }
    ) {
        $verdict = New-Verdict net.raw $Verdict
        -not (Get-Failure { $verdict | Should -BeIsolated -Probe net.raw }) | Should -Be $Holds
        -not (Get-Failure { $verdict | Should -Not -BeIsolated -Probe net.raw }) | Should -Be $Open
    }

    It 'passes neither way what has no grade' {
        $doubt = New-Verdict fs.proc-root Inconclusive Critical
        Get-Message { $doubt | Should -BeIsolated } | Should -Match 'the grade is NotGraded'
        Get-Message { $doubt | Should -Not -BeIsolated } | Should -Match '^Expected box \(Nspawn\) not to be isolated with grade B or better, but:\n  box \(Nspawn\): the grade is NotGraded'
    }

    It 'says of -Not that everything holds' {
        $good = New-Verdict net.raw Isolated
        Get-Message { $good | Should -Not -BeIsolated -Category Network -Because 'it should leak' } | Should -Be "Expected box (Nspawn) not to be isolated (Network), because it should leak, but:`n  box (Nspawn): the boundary holds at all 1 probes."
    }

    It 'wants each of several to hold' {
        $both = (New-Verdict net.raw Isolated -Subject a), (New-Verdict net.raw Exposed -Subject b)
        $message = Get-Message { $both | Should -BeIsolated -Probe net.raw }
        $message | Should -Match '^Expected b \(Nspawn\) to be'
        Get-Failure { $both | Should -Not -BeIsolated -Probe net.raw } | Should -Not -BeNullOrEmpty
    }

    It 'fails for nothing, and for what is no sandbox' {
        Get-Message { $null | Should -BeIsolated } | Should -Match 'nothing was given'
        Get-Message { @() | Should -Not -BeIsolated } | Should -Match 'nothing was given'
        (Get-Failure { 'no-such' | Should -BeIsolated -Probe priv.nnp }).FullyQualifiedErrorId | Should -BeLike 'SandboxNotFound*'
    }
}

Describe 'The operator and the import' {
    It 'is there when the module comes after Pester, once, however often it is imported' {
        $line = "Import-Module Pester; Import-Module '$ModulePath'; Import-Module '$ModulePath' -Force; Remove-Module AgentSandbox; Import-Module '$ModulePath'; (Get-ShouldOperator | Where-Object Name -EQ BeIsolated).Count"
        pwsh -NoProfile -NonInteractive -Command $line | Should -Be 1
    }

    It 'is added by -Force when the module was there before' {
        $line = "Import-Module '$ModulePath'; Import-Module Pester; Import-Module '$ModulePath' -Force; (Get-ShouldOperator | Where-Object Name -EQ BeIsolated).Count"
        pwsh -NoProfile -NonInteractive -Command $line | Should -Be 1
    }

    It 'does not load Pester, and adds no command' {
        $line = "Import-Module '$ModulePath'; `$null = Get-SandboxBackend; (Get-Module Pester).Count; (Get-Command -Module AgentSandbox -CommandType Function).Count"
        pwsh -NoProfile -NonInteractive -Command $line | Should -Be 0, 0
    }
}

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
        (Test-SandboxIsolation -Name box -Probe 'process.host-v*').Subject | Should -Be 'box'
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
        (Get-Failure { Test-SandboxIsolation -Backend Nspawn -Require 'x.*' }).FullyQualifiedErrorId | Should -BeLike 'ProbeNotFound,*'
    }

    It 'completes the ids of probes' {
        Get-Completion 'Test-SandboxIsolation -Probe process.host-' | Should -Contain 'process.host-visible'
        Get-Completion 'Test-SandboxIsolation -Require process.host-' | Should -Contain 'process.host-visible'
        Get-Completion 'Test-SandboxIsolation -MinimumGrade ' | Should -Be 'A', 'B', 'C', 'D'
    }

    It 'tests several at a time and tells them one after the other, whatever the limit' -ForEach 1, 4 {
        $results = Test-SandboxIsolation -Backend Chroot, Nspawn, Chroot -Category Process, Network -ThrottleLimit $_
        $subjects = $results.Subject
        $switches = 1..($subjects.Count - 1) | Where-Object { $subjects[$_] -ne $subjects[$_ - 1] }
        @($switches).Count | Should -Be 2
        $results | Where-Object Subject -EQ 'Nspawn' | Where-Object Verdict -EQ 'Exposed' | Should -BeNullOrEmpty
        ($results | Where-Object { $_.Id -eq 'process.host-visible' -and $_.Subject -eq 'Chroot' }).Verdict | Should -Be 'Exposed', 'Exposed'
    }

    It 'writes the first verdict before the last probe has run' {
        $first = Test-SandboxIsolation -Backend Nspawn, Chroot | Select-Object -First 1
        $first.Subject | Should -Be 'Nspawn'
    }

    It 'shows progress, and takes it away' {
        $job = Start-ThreadJob { Import-Module $using:ModulePath; Test-SandboxIsolation -Backend Nspawn -Category Process }
        $null = $job | Wait-Job
        $records = @($job.Progress)
        $job | Remove-Job
        $records.Activity | Should -Contain 'Testing the isolation of Nspawn'
        $records[-1].RecordType | Should -Be 'Completed'
    }

    It 'goes on with the others when one can not be tested' {
        $found = Test-SandboxIsolation -Backend NoSuch, Nspawn -Probe priv.nnp -ErrorVariable problems -ErrorAction SilentlyContinue
        $found.Subject | Should -Be 'Nspawn'
        $problems.FullyQualifiedErrorId | Should -Be 'UnknownBackend,AgentSandbox.PowerShell.Cmdlets.TestSandboxIsolationCommand'
        $problems.TargetObject | Should -Be 'NoSuch'
    }
}

Describe 'Test-SandboxIsolation -Summary' {
    It 'grades a boundary above a chroot, and says why' {
        $nspawn, $chroot = Test-SandboxIsolation -Backend Nspawn, Chroot -Summary
        $nspawn | Should -BeOfType AgentSandbox.Isolation.IsolationSummary
        $nspawn.Grade | Should -Be 'B' -Because ($nspawn.Why -join ' ')
        $nspawn.Exposed - @($nspawn.Results | Where-Object { $_.Id -eq 'kernel.shared' -and $_.Verdict -eq 'Exposed' }).Count | Should -Be 0
        $nspawn.Complete | Should -BeTrue
        $chroot.Grade | Should -BeIn 'D', 'F'
        $chroot.WorstExposed | Should -BeGreaterOrEqual ([AgentSandbox.Isolation.IsolationSeverity]::High)
        $chroot.Why[0] | Should -Match 'process\.host-visible|critical'
        ($chroot.Categories | Where-Object Category -EQ 'Network').Exposed | Should -BeGreaterThan 2
        $chroot.Duration.TotalMilliseconds | Should -BeGreaterThan 1
    }

    It 'says what a selection leaves out' {
        $summary = Test-SandboxIsolation -Backend Nspawn -Probe priv.nnp -Summary
        $summary.Complete | Should -BeFalse
        $summary.Probes | Should -Be 1
        $summary.Why[-1] | Should -Match 'were not asked'
    }
}

Describe 'Test-SandboxIsolation as a gate' {
    It 'lets pass what holds' {
        { Test-SandboxIsolation -Backend Nspawn -Probe net.* -MinimumGrade B -Require process.*, net.* } | Should -Not -Throw
    }

    It 'ends with one error that lists what fell short, after the results' {
        $failure = $null
        try { Test-SandboxIsolation -Backend Chroot -Probe priv.nnp -MinimumGrade C -Require process.host-*, net.egress -OutVariable found | Out-Null } catch { $failure = $_ }
        $failure.FullyQualifiedErrorId | Should -Be 'IsolationInsufficient,AgentSandbox.PowerShell.Cmdlets.TestSandboxIsolationCommand'
        $failure.CategoryInfo.Category | Should -Be 'SecurityError'
        $failure.Exception.Message | Should -Match 'Chroot: the grade is D, at least C is required\.'
        $failure.Exception.Message | Should -Match 'process\.host-visible \(High\) is Exposed: .* To close it: -Backend Nspawn'
        $failure.Exception.Message | Should -Match 'net\.egress \(Medium\) is Exposed'
        $failure.Exception.Message | Should -Not -Match 'priv\.nnp'
        $failure.ErrorDetails.RecommendedAction | Should -Not -BeNullOrEmpty
        $failure.TargetObject.Grade | Should -Be 'D'
        $found.Id | Should -Contain 'priv.nnp'
        $found.Id | Should -Contain 'process.host-visible'
    }

    It 'does not take for required what was asked for: -Require wants the boundary' {
        $s = New-AgentSandbox gate -Backend Nspawn -Network Host
        try {
            (Test-SandboxIsolation $s -Probe net.* -Summary -MinimumGrade B).Declared | Should -BeGreaterThan 0
            (Get-Failure { Test-SandboxIsolation $s -Require net.host-loopback }).Exception.Message | Should -Match 'net\.host-loopback \(High\) is Declared'
        }
        finally { $s | Remove-AgentSandbox }
    }

    It 'does not pass what could not be tested, nor nothing' {
        (Get-Failure { Test-SandboxIsolation -Backend NoSuch -MinimumGrade D -ErrorAction SilentlyContinue }).Exception.Message | Should -Match 'NoSuch: it could not be tested'
        (Get-Failure { @() | Test-SandboxIsolation -MinimumGrade D }).Exception.Message | Should -Match 'nothing to test'
        { @() | Test-SandboxIsolation } | Should -Not -Throw
    }

    It 'has no grade that everything passes' -ForEach 'F', 'NotGraded', 'E' {
        Get-Failure { Test-SandboxIsolation -Backend Nspawn -MinimumGrade $_ } | Should -Not -BeNullOrEmpty
    }
}

Describe 'Test-SandboxIsolation -Path' {
    It 'tests the specification of a file, relative to PowerShell''s location' {
        $text = '{ "$schema": "x", "Backend": "Nspawn", "Network": "Host", "Mounts": ["sub:/sub"] }'
        $null = New-Item TestDrive:/spec/sub -ItemType Directory -Force
        Set-Content TestDrive:/spec/open.json $text
        Push-Location TestDrive:/spec
        try { $result = Test-SandboxIsolation -Path open.json -Probe net.host-loopback } finally { Pop-Location }
        $result.Subject | Should -Be 'open'
        $result.Backend | Should -Be 'Nspawn'
        $result.Verdict | Should -Be 'Declared'
    }

    It 'names what was probably meant, and measures nothing' {
        Set-Content TestDrive:/bad.json '{ "Backend": "Nspawn", "Memroy": "1GB", "Netwrok": "None" }'
        $failure = Get-Failure { Test-SandboxIsolation -Path TestDrive:/bad.json }
        $failure.FullyQualifiedErrorId | Should -BeLike 'InvalidSpecificationFile,*'
        $failure.ErrorDetails.Message | Should -Match "Did you mean 'Memory'\?"
        $failure.ErrorDetails.Message | Should -Match "Did you mean 'Network'\?"
        (Get-Failure { Test-SandboxIsolation -Path TestDrive:/none.json }).FullyQualifiedErrorId | Should -BeLike 'InvalidSpecificationFile,*'
    }

    It 'agrees with the schema: <Json> is <Valid>' -ForEach @(
        @{ Valid = $true; Json = '{ "Backend": "Nspawn", "Memory": "512MB", "Cpu": 0.5, "Mounts": ["a:/b:ro", { "Source": "/x" }], "Network": "None", "TimeToLive": "01:00:00", "ReadOnly": true, "Environment": { "A": "b" }, "User": null }' }
        @{ Valid = $true; Json = '{ "Memory": 536870912, "IdleTimeout": 90 }' }
        @{ Valid = $false; Json = '{ "Memroy": 1 }' }
        @{ Valid = $false; Json = '{ "Memory": "lots" }' }
        @{ Valid = $false; Json = '{ "Network": "Bridge" }' }
        @{ Valid = $false; Json = '{ "Mounts": [{ "Target": "/x" }] }' }
        @{ Valid = $false; Json = '{ "ReadOnly": "yes" }' }
        @{ Valid = $false; Json = '{ "TimeToLive": "soon" }' }
        @{ Valid = $false; Json = '[]' }
    ) {
        Test-Json -Json $Json -SchemaFile (Join-Path $ModulePath 'schemas/sandbox-specification.schema.json') -ErrorAction SilentlyContinue | Should -Be $Valid
        Set-Content TestDrive:/schema.json $Json
        $file = (Get-Item TestDrive:/schema.json).FullName
        $failure = Get-Failure { [AgentSandbox.SpecificationFile]::Read($file) }
        [bool] $failure | Should -Be (-not $Valid)
    }
}

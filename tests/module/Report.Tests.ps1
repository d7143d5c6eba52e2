BeforeAll {
    . $PSScriptRoot/Common.ps1

    # Rendered as for a terminal without colours.
    function Format-Plain {
        end {
            $before = $PSStyle.OutputRendering
            $PSStyle.OutputRendering = 'PlainText'
            try { ($input | Out-String -Width 200) -replace "`r" } finally { $PSStyle.OutputRendering = $before }
        }
    }

    function Test-Report([string] $Path) {
        Test-Json -Path $Path -SchemaFile (Join-Path $ModulePath 'schemas/isolation-report.schema.json')
    }
}

Describe 'Compare-SandboxBackend' {
    BeforeAll {
        $rows = Compare-SandboxBackend Nspawn, chroot -Category Process, Network
        Get-Leftover | Should -BeNullOrEmpty
    }

    It 'has a line for each probe and a property for each backend' {
        $rows[0] | Should -BeOfType AgentSandbox.Isolation.ComparisonRow
        $line = $rows | Where-Object Id -EQ process.host-visible
        $line.Nspawn | Should -Be 'Isolated'
        $line.Chroot | Should -Be 'Exposed'
        $line.Severity | Should -Be 'High'
        $line.Results.Evidence.Count | Should -Be 2
        ($rows | Where-Object Probe).Category | Sort-Object -Unique | Should -Be 'Process', 'Network'
    }

    It 'tells start time and memory last' {
        $rows[-2].Id | Should -Be 'start time'
        $rows[-2].Nspawn | Should -BeOfType TimeSpan
        $rows[-2].Nspawn.TotalMilliseconds | Should -BeGreaterThan 1
        $rows[-1].Id | Should -Be 'memory'
        $rows[-1].Chroot | Should -BeGreaterThan 100KB
    }

    It 'is shown as a matrix' {
        $text = $rows | Format-Plain
        $text | Should -Match '(?m)^Probe +Severity +Nspawn +Chroot$'
        $text | Should -Match '(?m)^process\.host-visible +High +Isolated +Exposed$'
        $text | Should -Match '(?m)^start time +(\d+ ms|[\d.]+ s) +(\d+ ms|[\d.]+ s)$' # seconds on a busy machine
        $text | Should -Match '(?m)^memory +[\d.]+ MB +[\d.]+ MB$'
        ([regex]::Matches($text, 'Probe')).Count | Should -Be 1
        $text | Should -Not -Match "`e"
    }

    It 'has colours where they are wanted, and none with NO_COLOR' {
        $before = $PSStyle.OutputRendering
        $PSStyle.OutputRendering = 'Ansi'
        try {
            $text = $rows | Out-String -Width 200
            $text | Should -Match "`e\[32mIsolated`e\[0m"
            $text | Should -Match "`e\[91mExposed`e\[0m"
            $text | Should -Match "`e\[31mExposed`e\[0m"
        }
        finally { $PSStyle.OutputRendering = $before }

        $env:NO_COLOR = '1'
        try { $plain = pwsh -NoProfile -NonInteractive -Command "Import-Module '$ModulePath'; Compare-SandboxBackend Chroot -Probe priv.nnp" } finally { $env:NO_COLOR = $null }
        $plain -join "`n" | Should -Match 'priv\.nnp +Medium +Isolated'
        $plain -join "`n" | Should -Not -Match "`e"
    }

    It 'fits a terminal of <Width> columns' -ForEach @{ Width = 200 }, @{ Width = 52 }, @{ Width = 44 }, @{ Width = 34 } {
        $lines = foreach ($row in $rows) { [AgentSandbox.PowerShell.Views.ComparisonView]::Line($row, $Width) -replace "`e\[\d*m" }
        $lines += ([AgentSandbox.PowerShell.Views.ComparisonView]::Header($rows[0], $Width, '') -replace "`e\[\d*m" -split "`n")[-2..-1]
        $lines | Where-Object { $_.Length -gt $Width } | Should -BeNullOrEmpty
        if ($Width -lt 60) {
            $lines -join "`n" | Should -Match '(?m)OPEN$'
            [AgentSandbox.PowerShell.Views.ComparisonView]::Header($rows[0], $Width, '') | Should -Match 'OPEN: exposed'
        }
    }

    It 'gives the verdicts themselves with -AsResult' {
        $results = Compare-SandboxBackend Nspawn, Chroot -Probe priv.nnp -AsResult
        $results | Should -BeOfType AgentSandbox.Isolation.IsolationResult
        $results.Subject | Should -Be 'Nspawn', 'Chroot'
    }

    It 'compares the others when one is not ready' {
        $some = Compare-SandboxBackend NoSuch, Chroot -Probe priv.nnp -ErrorVariable problems -ErrorAction SilentlyContinue
        $problems.FullyQualifiedErrorId | Should -BeLike 'UnknownBackend,*'
        $some[0].Chroot | Should -Be 'Isolated'
        $some[0].PSObject.Properties.Name | Should -Not -Contain 'NoSuch'
    }

    It 'takes an image, and says when it is not there' {
        $none = Compare-SandboxBackend Chroot -Image no-such -Probe priv.nnp -ErrorVariable problems -ErrorAction SilentlyContinue
        $none | Should -BeNullOrEmpty
        $problems.FullyQualifiedErrorId | Should -BeLike 'ImageNotFound,*'
    }
}

Describe 'Export-SandboxIsolationReport' {
    BeforeAll {
        $rows = Compare-SandboxBackend Nspawn, Chroot -Category Process, Network
        $folder = (New-Item TestDrive:/reports -ItemType Directory).FullName
    }

    It 'writes <Format> by the name of the file' -ForEach @(
        @{ Format = 'Html'; Name = 'r.html'; Begin = '<!DOCTYPE html>' }
        @{ Format = 'Json'; Name = 'r.json'; Begin = '{' }
        @{ Format = 'Markdown'; Name = 'r.md'; Begin = '# Isolation report' }
        @{ Format = 'JUnit'; Name = 'r.xml'; Begin = '<?xml version="1.0" encoding="utf-8"?>' }
    ) {
        $rows | Export-SandboxIsolationReport (Join-Path $folder $Name) | Should -BeNullOrEmpty
        (Get-Content (Join-Path $folder $Name))[0] | Should -BeExactly $Begin
        $text = Get-Content (Join-Path $folder $Name) -Raw
        $text | Should -Match 'process\.host-visible'
        $text | Should -Match 'Nspawn'
    }

    It 'writes JSON that its schema accepts, of comparisons, verdicts and summaries' {
        $rows | Export-SandboxIsolationReport "$folder/a.json"
        Test-Report "$folder/a.json" | Should -BeTrue
        $json = Get-Content "$folder/a.json" -Raw | ConvertFrom-Json
        $json.Subjects.Name | Should -Be 'Nspawn', 'Chroot'
        $json.Subjects[0].Memory | Should -BeGreaterThan 0
        $json.Subjects[1].Summary.Grade | Should -Be 'D'
        Test-SandboxIsolation -Backend Chroot -Probe priv.* | Export-SandboxIsolationReport "$folder/b.json"
        Test-Report "$folder/b.json" | Should -BeTrue
        Test-SandboxIsolation -Backend Chroot -Probe priv.* -Summary | Export-SandboxIsolationReport "$folder/c.json"
        Test-Report "$folder/c.json" | Should -BeTrue
        ((Get-Content "$folder/c.json" -Raw) -replace '"Version": 1', '"Version": 2') | Set-Content "$folder/d.json"
        Test-Json -Path "$folder/d.json" -SchemaFile (Join-Path $ModulePath 'schemas/isolation-report.schema.json') -ErrorAction SilentlyContinue | Should -BeFalse
    }

    It 'writes JUnit''s XML in which the exposed fail' {
        $rows | Export-SandboxIsolationReport "$folder/a.xml"
        $suites = ([xml](Get-Content "$folder/a.xml" -Raw)).testsuites.testsuite
        $suites.name | Should -Be 'isolation of Nspawn', 'isolation of Chroot'
        $suites[0].failures | Should -Be 0
        ($suites[1].testcase | Where-Object failure).name | Should -Contain 'process.host-visible'
        $suites[1].failures | Should -Be @($suites[1].testcase | Where-Object failure).Count
    }

    It 'does not replace a file unless it is told to, and says so before anything is measured' {
        Set-Content "$folder/mine.md" 'mine'
        $script:measured = $false
        (Get-Failure { & { $script:measured = $true; $rows } | Export-SandboxIsolationReport "$folder/mine.md" }).FullyQualifiedErrorId | Should -BeLike 'ReportExists,*'
        $script:measured | Should -BeFalse
        Get-Content "$folder/mine.md" | Should -Be 'mine'
        ($rows | Export-SandboxIsolationReport "$folder/mine.md" -Force -PassThru).FullName | Should -Be "$folder/mine.md"
        (Get-Content "$folder/mine.md")[0] | Should -Be '# Isolation report'
    }

    It 'writes nothing with -WhatIf' {
        $rows | Export-SandboxIsolationReport "$folder/whatif.html" -WhatIf
        "$folder/whatif.html" | Should -Not -Exist
    }

    It 'takes the format that is said, and a path relative to PowerShell''s location' {
        Push-Location $folder
        try { $rows | Export-SandboxIsolationReport report.txt -Format Markdown } finally { Pop-Location }
        (Get-Content "$folder/report.txt")[0] | Should -Be '# Isolation report'
        (Get-Failure { $rows | Export-SandboxIsolationReport "$folder/other.txt" }).FullyQualifiedErrorId | Should -BeLike 'ReportFailed,*'
        (Get-Failure { $rows | Export-SandboxIsolationReport "$folder/none/x.html" }).FullyQualifiedErrorId | Should -BeLike 'ReportFailed,*'
    }

    It 'is no report of nothing, nor of something else' {
        (Get-Failure { @() | Export-SandboxIsolationReport "$folder/empty.html" }).FullyQualifiedErrorId | Should -BeLike 'ReportFailed,*'
        (Get-Failure { 'x' | Export-SandboxIsolationReport "$folder/x.html" }).FullyQualifiedErrorId | Should -BeLike 'ReportFailed,*'
        (Get-Failure { $rows | Select-Object Id | Export-SandboxIsolationReport "$folder/x.html" }).FullyQualifiedErrorId | Should -BeLike 'ReportFailed,*'
        Get-ChildItem $folder -Filter '*x*.html' | Should -BeNullOrEmpty
        "$folder/empty.html" | Should -Not -Exist
    }

    It 'can follow a gate that did not let pass' {
        try { Test-SandboxIsolation -Backend Chroot -Probe process.* -MinimumGrade B -OutVariable verdicts | Out-Null }
        catch { $failure = $_ }
        finally { $verdicts | Export-SandboxIsolationReport "$folder/gate.json" }
        $failure.FullyQualifiedErrorId | Should -BeLike 'IsolationInsufficient,*'
        (Get-Content "$folder/gate.json" -Raw | ConvertFrom-Json).Subjects[0].Results.Count | Should -Be $verdicts.Count
    }
}

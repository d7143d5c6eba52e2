BeforeAll {
    . $PSScriptRoot/Common.ps1

    function New-Result([string] $Verdict) {
        $probe = [AgentSandbox.Isolation.IsolationProbeInfo]::new('process.host-visible', 'Process', 'High', 'Are processes of the host visible?', 'CIS 5.16', '-Backend Nspawn')
        # A record with required members has a constructor that only a compiler is strict about.
        $result = [Activator]::CreateInstance([AgentSandbox.Isolation.IsolationResult])
        foreach ($pair in @{ Subject = 'Chroot'; Backend = 'Chroot'; Probe = $probe; Verdict = [AgentSandbox.Isolation.IsolationVerdict]$Verdict; ObservedBy = [AgentSandbox.Isolation.IsolationObserver]'GuestProof'; Evidence = 'It read the nonce.'; Duration = [TimeSpan]::FromMilliseconds(12) }.GetEnumerator()) {
            [AgentSandbox.Isolation.IsolationResult].GetProperty($pair.Key).SetValue($result, $pair.Value)
        }

        $result
    }

    function Format-Plain {
        end {
            $before = $PSStyle.OutputRendering
            $PSStyle.OutputRendering = 'PlainText'
            try { $input | Out-String -Width 200 } finally { $PSStyle.OutputRendering = $before }
        }
    }
}

Describe 'Views' {
    It 'show backends as a table, and all there is as a list' {
        $text = Get-SandboxBackend | Format-Plain
        $text | Should -Match 'Name\s+Available\s+Default\s+Boundary\s+Version\s+Isolates'
        $text | Should -Match 'Nspawn\s+True\s+True'
        Get-SandboxBackend Chroot | Format-List | Format-Plain | Should -Match 'DoesNotIsolate\s+:\s+\S'
    }

    It 'show images with a readable size' {
        $image = Get-SandboxImage host
        $image | Format-Plain | Should -Match 'Name\s+Kind\s+Size\s+Created\s+Source'
        $image | Format-Plain | Should -Match 'host\s+BuiltIn\s+[\d.]+ [KMGT]?B'
    }

    It 'show results of isolation grouped by subject' {
        $text = New-Result Exposed | Format-Plain
        $text | Should -Match 'Subject: Chroot'
        $text | Should -Match 'process\.host-visible\s+High\s+Exposed\s+GuestProof\s+It read the nonce\.'
        $text | Should -Not -Match "`e"
    }

    It 'show summaries as a list, reasons line by line, and as a table' {
        $summary = [AgentSandbox.Isolation.IsolationGrading]::Summarize([AgentSandbox.Isolation.IsolationResult[]] (New-Result Exposed), [TimeSpan]::FromSeconds(1.5))
        $text = $summary | Format-Plain
        $text | Should -Match 'Grade\s+: D'
        $text | Should -Match 'Why\s+: An opening of high severity is at most D: process\.host-visible\.\s+At most B'
        $text | Should -Match 'Categories\s+: Process 0/1 \(High exposed\)'
        $text | Should -Match 'Duration\s+: 1\.5 s'
        $summary | Format-Table | Format-Plain | Should -Match 'Subject\s+Grade\s+Worst\s+Exposed'
    }

    It 'colour a verdict where colours are wanted' {
        $before = $PSStyle.OutputRendering
        $PSStyle.OutputRendering = 'Ansi'
        try {
            New-Result Exposed | Out-String -Width 200 | Should -Match "`e\[[0-9;]*mExposed"
            New-Result Isolated | Out-String -Width 200 | Should -Match "`e\[32mIsolated"
        }
        finally {
            $PSStyle.OutputRendering = $before
        }
    }

    It 'have only members that the types have' {
        $types = @{}
        $views = Get-ChildItem $ModulePath -Filter *.Format.ps1xml | ForEach-Object { ([xml](Get-Content $_ -Raw)).Configuration.ViewDefinitions.View }
        foreach ($view in $views | Where-Object Name -NotIn 'StandardErrorLine', 'ScriptBlockError') {
            $type = $view.ViewSelectedBy.TypeName -as [type]
            $type | Should -Not -BeNullOrEmpty -Because "$($view.ViewSelectedBy.TypeName) has a view"
            $types[$type] = $true
            foreach ($name in $view.SelectNodes('.//PropertyName').InnerText) {
                $type.GetProperty($name) | Should -Not -BeNullOrEmpty -Because "the view $($view.Name) shows $name"
            }
        }

        $types.Count | Should -Be 13
    }
}

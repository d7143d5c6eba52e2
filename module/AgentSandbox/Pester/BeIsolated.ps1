# The operator "Should -BeIsolated" of Pester. Run by the module's import, in a module of its own so that no function of it is seen, and only where Pester is loaded.

<#
.SYNOPSIS
Asserts that sandboxes isolate what they should.
.DESCRIPTION
What is piped in is measured as Test-SandboxIsolation does, in fresh siblings: sandboxes, names or ids of sandboxes, backends (Get-SandboxBackend), or what was measured
before (verdicts and summaries of Test-SandboxIsolation).

With -Category, -Probe or -Severity the boundary has to hold at every probe that they select: each is Isolated or NotApplicable. With -MinimumGrade the grade decides instead. With none of them
the grade has to be B or better.

-Not passes when something is open (Exposed or Declared), or the grade is lower. What could not be measured passes neither way.
.EXAMPLE
$s | Should -BeIsolated -Category Process, Network
.EXAMPLE
Get-SandboxBackend Chroot | Should -Not -BeIsolated -Because 'a chroot is no boundary'
#>
function Should-BeIsolated {
    [Diagnostics.CodeAnalysis.SuppressMessageAttribute('PSUseApprovedVerbs', '', Justification = 'Pester names its operators so.')]
    [Diagnostics.CodeAnalysis.SuppressMessageAttribute('PSReviewUnusedParameter', 'CallerSessionState', Justification = 'Pester passes it to every operator.')]
    [CmdletBinding()]
    param(
        $ActualValue,
        [string[]] $Category,
        [string[]] $Probe,
        [string[]] $Severity,
        [string] $MinimumGrade,
        [string] $Because,
        [switch] $Negate,
        $CallerSessionState
    )

    $selection = @{}
    foreach ($name in 'Category', 'Probe', 'Severity') {
        if ($PSBoundParameters.ContainsKey($name)) {
            $selection[$name] = $PSBoundParameters[$name]
        }
    }

    $grade = if ($MinimumGrade) { $MinimumGrade } elseif ($selection.Count -eq 0) { 'B' }
    $subjects = @(Get-IsolationSummary $ActualValue $selection)
    $verdicts = foreach ($subject in $subjects) { Get-IsolationFinding $subject $grade }
    $what = 'to be isolated'
    if ($selection.Count) {
        $what += ' (' + (($selection.Keys | Sort-Object | ForEach-Object { $selection[$_] -join ', ' }) -join '; ') + ')'
    }

    if ($grade) {
        $what += " with grade $grade or better"
    }

    $reason = if ($Because) { ", because $($Because -replace '^because\s+')" }
    if ($Negate) {
        # One that holds, or can't be told, is one too many.
        $failed = @($verdicts | Where-Object { $_.State -ne 'Open' })
        $text = "not $what"
    }
    else {
        $failed = @($verdicts | Where-Object { $_.State -ne 'Holds' })
        $text = $what
    }

    $lines = foreach ($verdict in $failed) { "  $($verdict.Subject): $($verdict.Text)" }
    [pscustomobject]@{
        Succeeded      = $subjects.Count -gt 0 -and $failed.Count -eq 0
        FailureMessage = if ($subjects.Count -eq 0) { "Expected something $text$reason, but nothing was given." }
        else { "Expected $(($failed.Subject | Select-Object -Unique) -join ' and ') $text$reason, but:`n$($lines -join "`n")" }
    }
}

# Measures what was not measured before; a summary for each subject.
function Get-IsolationSummary($ActualValue, [hashtable] $Selection) {
    $measured = [Collections.Generic.List[AgentSandbox.Isolation.IsolationResult]]::new()
    foreach ($item in $ActualValue) {
        if ($item -is [AgentSandbox.Isolation.IsolationResult]) {
            $measured.Add($item)
        }
        elseif ($item -is [AgentSandbox.Isolation.IsolationSummary]) {
            $measured.AddRange($item.Results)
        }
        elseif ($item -is [AgentSandbox.BackendInfo]) {
            AgentSandbox\Test-SandboxIsolation -Backend $item.Name -Summary @Selection -ErrorAction Stop
        }
        elseif ($null -ne $item) {
            AgentSandbox\Test-SandboxIsolation -Sandbox $item -Summary @Selection -ErrorAction Stop
        }
    }

    foreach ($group in $measured | Group-Object Subject, Backend) {
        $fitting = @($group.Group | Where-Object {
                $result = $_
                (-not $Selection.Category -or "$($_.Category)" -in $Selection.Category) -and
                (-not $Selection.Severity -or "$($_.Severity)" -in $Selection.Severity) -and
                (-not $Selection.Probe -or ($Selection.Probe | Where-Object { $result.Id -like $_ }))
            })
        if ($fitting.Count -eq 0) {
            throw "Of $($group.Name) nothing was measured that fits: $($Selection.Values -join ', ')."
        }

        [AgentSandbox.Isolation.IsolationGrading]::Summarize([AgentSandbox.Isolation.IsolationResult[]] $fitting, $null)
    }
}

# Whether one subject holds, is open, or can't be told, and why.
function Get-IsolationFinding([AgentSandbox.Isolation.IsolationSummary] $Summary, [string] $Grade) {
    $short = foreach ($result in $Summary.Results | Where-Object { -not [AgentSandbox.Isolation.IsolationGate]::Holds($_) } | Sort-Object Severity -Descending -Stable) {
        $line = "$($result.Id) ($($result.Severity)) is $($result.Verdict): $($result.Evidence)"
        if ($result.Verdict -ne 'Inconclusive') {
            $line += " To close it: $($result.Remedy)"
        }

        [pscustomobject]@{ Open = $result.Verdict -ne 'Inconclusive'; Line = "    $line" }
    }

    if ($Grade) {
        $state = if ($Summary.Grade -eq 'NotGraded') { 'Unknown' } elseif ($Summary.Grade -ge [AgentSandbox.Isolation.IsolationGrade] $Grade) { 'Holds' } else { 'Open' }
        $text = "the grade is $($Summary.Grade). $($Summary.Why -join ' ')"
    }
    else {
        $state = if (-not $short) { 'Holds' } elseif ($short.Open -contains $true) { 'Open' } else { 'Unknown' }
        $text = if ($state -eq 'Holds') { "the boundary holds at all $($Summary.Probes) probes." } else { "$(@($short).Count) of $($Summary.Probes) probes fall short." }
    }

    if ($state -ne 'Holds' -and $short) {
        $text += "`n" + ($short.Line -join "`n")
    }

    [pscustomobject]@{ Subject = if ($Summary.Subject -eq $Summary.Backend) { $Summary.Backend } else { "$($Summary.Subject) ($($Summary.Backend))" }; State = $state; Text = $text }
}

foreach ($pester in Get-Module Pester) {
    # Older ones have no operators to be added.
    if ($pester.ExportedCommands.ContainsKey('Add-ShouldOperator')) {
        & $pester { param($Test) Add-ShouldOperator -Name BeIsolated -InternalName Should-BeIsolated -Test $Test -SupportsArrayInput } ${function:Should-BeIsolated}
        break
    }
}

Export-ModuleMember

BeforeAll {
    . $PSScriptRoot/Common.ps1

    # Writes a script and runs it in a PowerShell of its own that has nothing but what is given: no HOME, no TERM, no terminal, no standard input.
    function Invoke-Runbook([string] $Script, [string[]] $Variable = @()) {
        $file = Join-Path $TestDrive "runbook-$([Guid]::NewGuid().ToString('N')).ps1"
        Set-Content -LiteralPath $file -Value "`$ErrorActionPreference = 'Stop'`n$Script"
        $environment = @("PATH=$env:PATH", "AGENTSANDBOX_HOME=$env:AGENTSANDBOX_HOME", "MODULE=$ModulePath", "FOLDER=$TestDrive") + $Variable
        $output = setsid --wait sh -c 'exec env -i "$@" 0<&-' runbook @environment pwsh -NoProfile -NonInteractive -File $file 2>&1
        if ($LASTEXITCODE -ne 0) {
            throw "The runbook ended with exit code $LASTEXITCODE`: $output"
        }

        $output
    }
}

AfterAll {
    Get-AgentSandbox | Remove-AgentSandbox
    Get-Leftover | Should -BeNullOrEmpty
}

Describe 'A runbook without a terminal, standard input or environment, with <Place>' -ForEach @(
    @{ Place = 'no HOME'; Variable = @() }
    @{ Place = 'a HOME that is not there'; Variable = @('HOME=/nonexistent/home') }
    @{ Place = 'a HOME that nobody can write to'; Variable = @('HOME=/sys') } # Nor can root. On a read-only file system PowerShell itself does not start.
) {
    It 'makes a sandbox, runs commands in it, copies in and out, and removes it, without a question' {
        $script = @'
Import-Module $env:MODULE
"confirm $ConfirmPreference, input $([Console]::IsInputRedirected)"
$sandbox = New-AgentSandbox runbook -Backend Nspawn -Memory 256MB
Set-Content "$env:FOLDER/in.txt" 'from outside'
Copy-SandboxItem "$env:FOLDER/in.txt" runbook:/tmp/in.txt
'piped' | Invoke-InSandbox $sandbox 'cat /tmp/in.txt -'
Invoke-InSandbox $sandbox 'echo from inside > /tmp/out.txt'
Copy-SandboxItem runbook:/tmp/out.txt "$env:FOLDER/out.txt"
Get-Content "$env:FOLDER/out.txt"
Invoke-InSandbox $sandbox { "object $(1 + 1)" }
$job = Invoke-InSandbox $sandbox 'echo of a job' -AsJob
$job | Receive-Job -Wait -AutoRemoveJob
try { Get-AgentSandbox nothing } catch { $_.FullyQualifiedErrorId }
try { Enter-AgentSandbox runbook } catch { $_.FullyQualifiedErrorId }
($sandbox | Get-AgentSandbox | Out-String -Width 200) -match 'runbook +Running'
$sandbox | Remove-AgentSandbox
@(Get-AgentSandbox).Count
Remove-Module AgentSandbox
'@
        Invoke-Runbook $script $Variable | Should -Be @(
            'confirm High, input True', 'from outside', 'piped', 'from inside', 'object 2', 'of a job'
            'SandboxNotFound,AgentSandbox.PowerShell.Cmdlets.GetAgentSandboxCommand'
            'TerminalRequired,AgentSandbox.PowerShell.Cmdlets.EnterAgentSandboxCommand'
            'True', '0')
    }

    It 'uses a throw-away sandbox, and ends at the first error with an exit code' {
        Invoke-Runbook 'Import-Module $env:MODULE; Invoke-InSandbox -Backend Nspawn "echo thrown away"' $Variable | Should -Be 'thrown away'
        { Invoke-Runbook 'Import-Module $env:MODULE; Get-AgentSandbox nothing; "went on"' $Variable } | Should -Throw 'The runbook ended with exit code 1: *'
    }

    It 'has images and checkpoints, and is asked nothing where -Force or -Confirm:$false says so' {
        $script = @'
Import-Module $env:MODULE
New-AgentSandbox runbook -Backend Nspawn | Out-Null
Invoke-InSandbox runbook 'echo before > /root/file'
Checkpoint-AgentSandbox runbook first
Invoke-InSandbox runbook 'echo after > /root/file'
Restore-AgentSandbox runbook first -Force
Invoke-InSandbox runbook 'cat /root/file'
Restore-AgentSandbox runbook first -Force -Confirm:$false
Remove-SandboxCheckpoint runbook first
Remove-AgentSandbox runbook
(Get-SandboxImage host).Name
'@
        Invoke-Runbook $script $Variable | Should -Be 'before', 'host'
    }

    It 'gets an error, and does not hang, where it would be asked' {
        $script = @'
Import-Module $env:MODULE
New-AgentSandbox runbook -Backend Nspawn | Checkpoint-AgentSandbox -CheckpointName first
try { Restore-AgentSandbox runbook first; 'restored' } catch { 'was asked' } finally { Remove-AgentSandbox runbook }
'@
        Invoke-Runbook $script $Variable | Should -Be 'was asked'
    }

    It 'says that there is no place for defaults, or that it can not be written' {
        $script = @'
Import-Module $env:MODULE
@(Get-SandboxDefault).Count
try { Set-SandboxDefault -Memory 1GB; 'set' } catch { $_.FullyQualifiedErrorId; $_.ErrorDetails.RecommendedAction.Length -gt 0 }
'@
        $folder = "$Variable" -replace '^HOME=', ''
        try {
            $output = Invoke-Runbook $script $Variable
            $output | Should -Be $(if ($folder -eq '/nonexistent/home') { '0', 'set' } else { '0', 'DefaultsFailed,AgentSandbox.PowerShell.Cmdlets.SetSandboxDefaultCommand', 'True' })
        }
        finally {
            Remove-Item /nonexistent -Recurse -Force -ErrorAction Ignore # Root can make a home that was not there.
        }
    }
}

Describe 'A runbook in constrained language' {
    It 'does the same with cmdlets alone, and shows views, if without what has to be computed' {
        $script = @'
Import-Module $env:MODULE
$ExecutionContext.SessionState.LanguageMode = 'ConstrainedLanguage'
$sandbox = New-AgentSandbox runbook -Backend Nspawn
try { [Console]::WriteLine('free') } catch { $_.FullyQualifiedErrorId }
'x' | Invoke-InSandbox $sandbox 'cat'
(Invoke-InSandbox $sandbox 'printf "text\033[2J"; exit 3' -AsResult | Out-String -Width 200) -match 'runbook +3 exited +text[^\x1b]\[2J'
($sandbox | Format-Table | Out-String -Width 200) -match 'runbook +Running +Nspawn +host'
$sandbox | Remove-AgentSandbox
'@
        Invoke-Runbook $script | Should -Be 'MethodInvocationNotSupportedInConstrainedLanguage', 'x', 'True', 'True'
    }
}

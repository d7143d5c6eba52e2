BeforeAll {
    . $PSScriptRoot/Common.ps1
    $ids = [AgentSandbox.SandboxErrorId], [AgentSandbox.PowerShell.Errors.CmdletErrorId] | ForEach-Object { $_.GetFields().Name } | Sort-Object
}

AfterAll {
    Get-AgentSandbox | Remove-AgentSandbox
    Get-Leftover | Should -BeNullOrEmpty
}

Describe 'Remedies' {
    It 'are there for every error id' {
        $remedies = Get-SandboxRemedy *
        foreach ($id in $ids) {
            $remedy = $remedies | Where-Object ErrorId -CEQ $id
            $remedy | Should -Not -BeNullOrEmpty -Because "$id is documented"
            $remedy.Meaning | Should -Not -BeNullOrEmpty
        }
    }

    It 'are completed by the id, with what to do beside it' {
        Get-Completion 'Get-SandboxRemedy SandboxNot' | Should -Be 'SandboxNotFound', 'SandboxNotRunning'
        (TabExpansion2 'Get-SandboxRemedy -ErrorId imagenotf' 36).CompletionMatches.ToolTip | Should -Be 'No image has that name. Get-SandboxImage lists them.'
    }

    It 'have commands that parse, that this machine would know, and that delete nothing' {
        $commands = (Get-SandboxRemedy *).Command
        $commands.Count | Should -BeGreaterThan 10
        foreach ($line in $commands) {
            $problems = $null
            $ast = [Management.Automation.Language.Parser]::ParseInput($line, [ref] $null, [ref] $problems)
            $problems | Should -BeNullOrEmpty
            foreach ($call in $ast.FindAll({ $args[0] -is [Management.Automation.Language.CommandAst] }, $true)) {
                $name = $call.GetCommandName()
                $name | Should -Not -Match '^(Remove|Restore|Uninstall|Reset|Clear)-'
                if ($name -ne 'wsl') {
                    $command = Get-Command $name
                    $call.CommandElements | Where-Object { $_ -is [Management.Automation.Language.CommandParameterAst] } | ForEach-Object {
                        $command.ResolveParameter($_.ParameterName) | Should -Not -BeNullOrEmpty
                    }
                }
            }
        }
    }

    It 'are structured data of the error, with the sandbox''s name, and can be run' {
        $null = New-AgentSandbox remedied -Backend Nspawn
        Stop-AgentSandbox remedied
        $failure = Get-Failure { Invoke-InSandbox remedied 'true' -ErrorAction Stop }
        $failure.Exception.RecommendedCommands[0] | Should -Be 'Start-AgentSandbox remedied'
        $remedy = $failure | Get-SandboxRemedy
        $remedy.ErrorId | Should -Be 'SandboxNotRunning'
        $remedy.RecommendedAction | Should -Be $failure.ErrorDetails.RecommendedAction
        & ([scriptblock]::Create($remedy.Command[0]))
        (Get-AgentSandbox remedied).State | Should -Be 'Running'
    }

    It 'are of the last error of the module where none is given' {
        $line = "Import-Module '$ModulePath'; Get-SandboxImage nothing -ErrorAction SilentlyContinue; Get-Item /nothing -ErrorAction SilentlyContinue; `$r = Get-SandboxRemedy; `$r.ErrorId; `$r.Command; `$r.Message"
        pwsh -NoProfile -NonInteractive -Command $line | Select-Object -First 2 | Should -Be 'ImageNotFound', 'Get-SandboxImage'
    }

    It 'of several problems at once are all there' {
        $failure = Get-Failure { New-AgentSandbox '../x' -Image no-such-image -ErrorAction Stop }
        ($failure | Get-SandboxRemedy).Command | Should -Contain 'Get-SandboxImage'
    }

    It 'never put what somebody else chose into a command line' {
        foreach ($target in '; rm -rf /', '$(id)', "a`nb", '-Force', "x'") {
            foreach ($id in $ids) {
                foreach ($command in [AgentSandbox.SandboxException]::new($id, 'm', 'a', $target).RecommendedCommands) {
                    $command | Should -Not -Match ([regex]::Escape($target))
                }
            }
        }
    }

    It 'are of this module alone' {
        $failure = Get-Failure { Get-Item /no/such/file -ErrorAction Stop }
        (Get-Failure { $failure | Get-SandboxRemedy -ErrorAction Stop }).FullyQualifiedErrorId | Should -BeLike 'ErrorNotOurs,*'
        (Get-Failure { Get-SandboxRemedy NoSuchId -ErrorAction Stop }).FullyQualifiedErrorId | Should -BeLike 'ErrorNotOurs,*'
        Get-SandboxRemedy 'NoSuch*' | Should -BeNullOrEmpty
    }

    It 'ask nobody: not even where there is no state and no engine' {
        $line = "`$env:AGENTSANDBOX_HOME = '/nonexistent/agentsandbox'; `$env:DOCKER_HOST = 'tcp://192.0.2.1:1'; Import-Module '$ModulePath'; (Get-SandboxRemedy EngineUnreachable).Command; Test-Path /nonexistent"
        pwsh -NoProfile -NonInteractive -Command $line | Should -Be 'Get-SandboxBackend | Format-List', 'False'
    }
}

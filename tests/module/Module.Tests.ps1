BeforeDiscovery {
    $cmdlets = (Import-PowerShellDataFile (Join-Path $PSScriptRoot '../../module/AgentSandbox/AgentSandbox.psd1')).CmdletsToExport
}

BeforeAll {
    . $PSScriptRoot/Common.ps1
}

Describe 'The built module' {
    It 'has a valid manifest for PowerShell 7.4 and later, Core only' {
        $manifest = Test-ModuleManifest (Join-Path $ModulePath 'AgentSandbox.psd1')
        $manifest.PowerShellVersion | Should -Be '7.4'
        $manifest.CompatiblePSEditions | Should -Be 'Core'
    }

    It 'exports the cmdlets that the manifest names, and nothing else' {
        $module = Get-Module AgentSandbox
        $module.ExportedCommands.Count | Should -Be 33
        $module.ExportedCommands.Keys | Sort-Object | Should -Be ((Import-PowerShellDataFile (Join-Path $ModulePath 'AgentSandbox.psd1')).CmdletsToExport | Sort-Object)
    }

    It 'ships no assembly but its own: what it loaded would share the process with every other module' {
        # Those of the guest for Windows Sandbox are loaded by that program alone, which is never run here.
        $own = Get-ChildItem $ModulePath -Recurse -Filter *.dll | Where-Object Directory -NotLike '*windows-guest'
        $own.Name | Sort-Object | Should -Be 'AgentSandbox.dll', 'AgentSandbox.PowerShell.dll', 'AgentSandbox.PowerShell.Transport.dll', 'AgentSandbox.Protocol.dll'
    }

    It 'carries the native programs' {
        Join-Path $ModulePath 'bin/agentsandbox' | Should -Exist
        Join-Path $ModulePath 'bin/agentsandbox-guest' | Should -Exist
        Join-Path $ModulePath 'bin/win-x64/agentsandbox.exe' | Should -Exist
        Join-Path $ModulePath 'bin/windows-guest/agentsandbox-guest.exe' | Should -Exist
    }

    It 'finds them, whatever folder PowerShell is in' {
        $line = "Set-Location /; Import-Module '$ModulePath'; `$null = Get-AgentSandbox; [AgentSandbox.Backends.SandboxPrograms]::Supervisor"
        pwsh -NoProfile -NonInteractive -Command $line | Should -Be (Join-Path $ModulePath 'bin/agentsandbox')
    }

    It 'can be removed and imported again' {
        $line = "Import-Module '$ModulePath'; Get-SandboxBackend | Out-Null; Remove-Module AgentSandbox; Import-Module '$ModulePath'; (Get-SandboxBackend).Count"
        pwsh -NoProfile -NonInteractive -Command $line | Should -Be 7
    }
}

Describe '<_>' -ForEach $cmdlets {
    BeforeAll {
        $command = Get-Command $_ -Module AgentSandbox
    }

    It 'has an approved verb' {
        (Get-Verb).Verb | Should -Contain $command.Verb
    }

    It 'says what it writes' {
        $command.OutputType.Count | Should -BeGreaterThan 0
    }

    It 'has -WhatIf exactly when it changes state' {
        $command.Parameters.ContainsKey('WhatIf') | Should -Be ($command.Verb -notin 'Compare', 'Enter', 'Get', 'Receive', 'Test', 'Wait') # Enter as Enter-PSSession.
    }

    It 'has parameters in singular and Pascal case' {
        $own = $command.Parameters.Keys | Where-Object { $_ -notin [Management.Automation.PSCmdlet]::CommonParameters }
        foreach ($name in $own) {
            $name | Should -MatchExactly '^[A-Z][A-Za-z]+$'
            $name | Should -Not -MatchExactly '^(Names|Ids|Images|Mounts|Sandboxes|Paths|Probes)$'
        }
    }
}

Describe 'Completion' {
    It 'offers backends' {
        Get-Completion 'New-AgentSandbox -Backend ' | Should -Be 'Auto', 'Chroot', 'Docker', 'GVisor', 'HyperV', 'Nspawn', 'WindowsSandbox', 'Wsl'
    }

    It 'offers states' {
        Get-Completion 'Get-AgentSandbox -State Ru' | Should -Be 'Running'
    }

    It 'offers nothing, and does not fail, where there is no state' {
        $line = "`$env:AGENTSANDBOX_HOME = '/nonexistent/agentsandbox'; Import-Module '$ModulePath'; (TabExpansion2 'Get-AgentSandbox -Name x' 24).CompletionMatches.Count; `$Error.Count"
        pwsh -NoProfile -NonInteractive -Command $line | Should -Be 0, 0
    }
}

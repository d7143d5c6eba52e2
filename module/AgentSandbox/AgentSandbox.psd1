@{
    RootModule             = 'AgentSandbox.PowerShell.dll'
    ModuleVersion          = '0.1.0'
    GUID                   = '52a91579-86e8-49ee-b518-77d580dd40c5'
    Author                 = 'AgentSandbox.PowerShell contributors'
    CompanyName            = 'AgentSandbox.PowerShell contributors'
    Copyright              = 'Copyright (c) 2026 the AgentSandbox.PowerShell contributors. MIT license.'
    Description            = 'Sandboxes for code that you do not trust: make one, run commands in it with live streams, copy files in and out, measure what it isolates, remove it without a trace.'
    PowerShellVersion      = '7.4'
    CompatiblePSEditions   = @('Core')
    FormatsToProcess       = @('AgentSandbox.Format.ps1xml', 'AgentSandbox.Isolation.Format.ps1xml')
    TypesToProcess         = @('AgentSandbox.Types.ps1xml')
    CmdletsToExport        = @(
        'Checkpoint-AgentSandbox'
        'Compare-SandboxBackend'
        'Copy-AgentSandbox'
        'Copy-SandboxItem'
        'Enable-SandboxBackend'
        'Enter-AgentSandbox'
        'Export-AgentSandbox'
        'Export-SandboxIsolationReport'
        'Get-AgentSandbox'
        'Get-SandboxBackend'
        'Get-SandboxCheckpoint'
        'Get-SandboxDefault'
        'Get-SandboxImage'
        'Get-SandboxProcess'
        'Get-SandboxRemedy'
        'Install-SandboxBackend'
        'Invoke-InSandbox'
        'New-AgentSandbox'
        'New-SandboxImage'
        'New-SandboxSession'
        'Receive-SandboxProcess'
        'Remove-AgentSandbox'
        'Remove-SandboxCheckpoint'
        'Remove-SandboxImage'
        'Restore-AgentSandbox'
        'Set-SandboxDefault'
        'Start-AgentSandbox'
        'Stop-AgentSandbox'
        'Stop-SandboxProcess'
        'Test-SandboxIsolation'
        'Uninstall-SandboxBackend'
        'Wait-AgentSandbox'
        'Wait-SandboxProcess'
    )
    FunctionsToExport      = @()
    AliasesToExport        = @()
    VariablesToExport      = @()
    PrivateData            = @{
        PSData = @{
            Tags = @('sandbox', 'isolation', 'container', 'nspawn', 'chroot', 'security', 'agent', 'Linux', 'Windows', 'PSEdition_Core')
        }
    }
}

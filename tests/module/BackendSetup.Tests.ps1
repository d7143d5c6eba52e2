BeforeAll {
    . $PSScriptRoot/Common.ps1
}

Describe 'Making a backend ready' {
    It '<_> knows no such backend' -ForEach 'Enable-SandboxBackend', 'Install-SandboxBackend', 'Uninstall-SandboxBackend' {
        { & $_ NoSuchBackend -Confirm:$false } | Should -Throw -ErrorId 'UnknownBackend*'
    }

    It '<_> does nothing to one that needs none of it, and says so' -ForEach 'Enable-SandboxBackend', 'Install-SandboxBackend', 'Uninstall-SandboxBackend' {
        { & $_ Nspawn -Confirm:$false } | Should -Throw -ErrorId 'BackendSetupNotSupported*'
        { & $_ Nspawn -WhatIf } | Should -Throw -ErrorId 'BackendSetupNotSupported*'
    }

    It '<Cmdlet> asks before it does what can not be taken back: <Expected>' -ForEach @(
        @{ Cmdlet = 'Enable-SandboxBackend'; Expected = 'High' }
        @{ Cmdlet = 'Install-SandboxBackend'; Expected = 'Medium' }
        @{ Cmdlet = 'Uninstall-SandboxBackend'; Expected = 'High' }
    ) {
        $type = (Get-Command $Cmdlet).ImplementingType
        $attribute = $type.GetCustomAttributes([Management.Automation.CmdletAttribute], $false)[0]
        $attribute.ConfirmImpact | Should -Be $Expected
        $attribute.SupportsShouldProcess | Should -BeTrue
    }

    It 'says at once, with -WhatIf too, when a feature of Windows is asked for elsewhere' {
        { Enable-SandboxBackend WindowsSandbox -WhatIf } | Should -Throw -ErrorId 'BackendSetupFailed*'
        { Install-SandboxBackend WindowsSandbox -Confirm:$false } | Should -Throw -ErrorId 'BackendSetupNotSupported*'
        { Enable-SandboxBackend Wsl -Confirm:$false } | Should -Throw
    }

    It 'takes an archive of a file system only' {
        { Install-SandboxBackend Nspawn -RootFileSystem variable:x } | Should -Throw -ErrorId 'PathNotFileSystem*'
    }
}

Describe 'What Auto takes' {
    It 'is one backend at most, ready, and a boundary' {
        $default = @(Get-SandboxBackend | Where-Object Default)
        $default.Count | Should -BeLessOrEqual 1
        $default | ForEach-Object { $_.Available | Should -BeTrue; $_.SecurityBoundary | Should -BeTrue }
    }

    It 'is what New-AgentSandbox takes, and says with -Verbose' {
        $default = (Get-SandboxBackend | Where-Object Default).Name
        $default | Should -Not -BeNullOrEmpty
        $sandbox = New-AgentSandbox -Verbose 4>&1 | Tee-Object -Variable output | Where-Object { $_ -is [AgentSandbox.Sandbox] }
        try {
            $sandbox.Backend | Should -Be $default
            ($output | Where-Object { $_ -is [Management.Automation.VerboseRecord] }).Message | Should -Contain "Auto takes $default."
        }
        finally {
            $sandbox | Remove-AgentSandbox
        }
    }
}

BeforeAll {
    . $PSScriptRoot/Common.ps1
    $file = Join-Path $env:XDG_CONFIG_HOME 'agentsandbox/defaults.json'
    $settings = Join-Path $TestDrive 'settings'
    New-Item -ItemType Directory $settings | Out-Null
}

Describe 'Defaults of a user' {
    BeforeEach {
        Set-SandboxDefault -Reset *
    }

    AfterAll {
        Set-SandboxDefault -Reset *
        $file | Should -Not -Exist
        Get-Leftover | Should -BeNullOrEmpty
    }

    It 'are none at first' {
        Get-SandboxDefault | Should -BeNullOrEmpty
        (Get-SandboxDefault -Verbose 4>&1).Message | Should -Be "The defaults are in $file."
    }

    It 'are kept in a file that one can read, and listed' {
        Set-SandboxDefault -Memory 300MB -TimeToLive 1h -Mount "${settings}:/settings" -PassThru | ForEach-Object Name | Should -Be 'Mounts', 'Memory', 'TimeToLive'
        (Get-Content $file -Raw | ConvertFrom-Json).Memory | Should -Be '300MB'
        Test-Json -Path $file -SchemaFile (Join-Path $ModulePath 'schemas/sandbox-specification.schema.json') | Should -BeTrue
        (Get-SandboxDefault Mem*).Value | Should -Be 300MB
        (Get-SandboxDefault | Out-String) | Should -Match '(?m)^Memory +300 MB\s*$'
        (Get-SandboxDefault | Out-String) | Should -Match "(?m)^Mounts +$([regex]::Escape($settings)):/settings:ro\s*$"
    }

    It 'are what a new sandbox is, where nothing else is said' {
        Set-SandboxDefault -Memory 300MB -PidLimit 70 -Environment @{ COLOUR = 'red' } -ReadOnly
        $said = $(New-AgentSandbox box -PidLimit 80 -Verbose -OutVariable box) 4>&1
        try {
            $said.Message | Should -Contain "From your defaults in ${file}: Memory, Environment, ReadOnly."
            $box.Specification.Memory | Should -Be 300MB
            $box.Specification.PidLimit | Should -Be 80
            Invoke-InSandbox box 'echo $COLOUR; touch /x' -ErrorAction Ignore 2>$null | Should -Be 'red'
            $LASTEXITCODE | Should -Not -Be 0
        }
        finally {
            Remove-AgentSandbox box
        }
    }

    It 'can be said away for one sandbox' {
        Set-SandboxDefault -Memory 300MB -ReadOnly
        $sandbox = New-AgentSandbox -Memory $null -ReadOnly:$false
        try {
            $sandbox.Specification.Memory | Should -Not -Be 300MB
            Invoke-InSandbox $sandbox 'touch /x; echo $?' | Should -Be 0
        }
        finally {
            $sandbox | Remove-AgentSandbox
        }
    }

    It 'are those of a throw-away sandbox and of the command line too' {
        Set-SandboxDefault -Environment @{ COLOUR = 'blue' }
        Invoke-InSandbox -Backend Nspawn 'echo $COLOUR' | Should -Be 'blue'
        & (Join-Path $ModulePath 'bin/agentsandbox') run --backend nspawn -- sh -c 'echo $COLOUR' | Should -Be 'blue'
    }

    It 'are changed one at a time, and reset by name or pattern' {
        Set-SandboxDefault -Memory 300MB -Cpu 1
        Set-SandboxDefault -Cpu 2
        Set-SandboxDefault -PidLimit 99 -Reset memory
        Get-SandboxDefault | ForEach-Object { "$($_.Name)=$_" } | Should -Be 'Cpu=2', 'PidLimit=99'
        Set-SandboxDefault -Reset *
        $file | Should -Not -Exist
    }

    It 'are not touched by -WhatIf, or by something that can be no default' {
        Set-SandboxDefault -Cpu 1
        Set-SandboxDefault -Cpu 2 -WhatIf
        (Get-Failure { Set-SandboxDefault -Memory 1KB }).FullyQualifiedErrorId | Should -BeLike 'MemoryTooSmall,*'
        (Get-Failure { Set-SandboxDefault -Reset Memroy }).ErrorDetails.RecommendedAction | Should -Match 'Memory'
        (Get-Failure { Set-SandboxDefault }).FullyQualifiedErrorId | Should -BeLike 'DefaultRequired,*'
        (Get-SandboxDefault).Value | Should -Be 1
    }

    It 'are refused when another user could have written them: root would mount what that user says' {
        Set-SandboxDefault -Cpu 1
        chown 65534 $file
        try {
            $failure = Get-Failure { New-AgentSandbox box }
            $failure.FullyQualifiedErrorId | Should -BeLike 'DefaultsFailed,*'
            $failure.CategoryInfo.Category | Should -Be 'SecurityError'
            Get-AgentSandbox | Should -BeNullOrEmpty
        }
        finally {
            chown 0 $file
        }
    }

    It 'are none where there is no $HOME, and nothing fails for that' {
        $line = "Import-Module '$ModulePath'; Get-SandboxDefault; (Invoke-InSandbox -Backend Nspawn 'echo fine')"
        env -u HOME -u XDG_CONFIG_HOME pwsh -NoProfile -NonInteractive -Command $line | Should -Be 'fine'
    }

    It 'complete by Tab' {
        Get-Completion 'Set-SandboxDefault -Reset Mem' | Should -Be 'Memory'
        Get-Completion 'Get-SandboxDefault Time' | Should -Be 'TimeToLive'
    }
}

Describe 'Specifications as files' {
    BeforeAll {
        Set-SandboxDefault -Cpu 3
        New-AgentSandbox first -Memory 300MB -Mount "${settings}:/settings" -Environment @{ COLOUR = 'green' } | Out-Null
        New-AgentSandbox second | Out-Null
    }

    AfterAll {
        Set-SandboxDefault -Reset *
        Get-AgentSandbox | Remove-AgentSandbox
        Get-Leftover | Should -BeNullOrEmpty
    }

    It 'are written by Export-AgentSandbox, taken by New-AgentSandbox, and make the same sandbox' {
        $written = Get-AgentSandbox first | Export-AgentSandbox -Path "$TestDrive/first.sandbox.json" -PassThru
        $written.FullName | Should -Be "$TestDrive/first.sandbox.json"
        Test-Json -Path $written.FullName -SchemaFile (Join-Path $ModulePath 'schemas/sandbox-specification.schema.json') | Should -BeTrue
        Remove-AgentSandbox first
        $again = New-AgentSandbox -Path $written.FullName
        $again.Name | Should -Be 'first'
        $again.Specification.Memory | Should -Be 300MB
        Invoke-InSandbox first 'echo $COLOUR; ls -d /settings' | Should -Be 'green', '/settings'
    }

    It 'are used without the defaults, and parameters go before them' {
        Set-Content "$TestDrive/plain.json" '{ "Memory": "200MB", "PidLimit": 77 }'
        $sandbox = New-AgentSandbox other -Path "$TestDrive/plain.json" -PidLimit 88
        $sandbox.Name | Should -Be 'other'
        $sandbox.Specification.Memory | Should -Be 200MB
        $sandbox.Specification.PidLimit | Should -Be 88
        $sandbox.Specification.Cpu | Should -Not -Be 3
    }

    It 'of several sandboxes go into a folder, and never into one file' {
        New-Item -ItemType Directory "$TestDrive/all" | Out-Null
        Export-AgentSandbox first, second "$TestDrive/all"
        (Get-ChildItem "$TestDrive/all").Name | Should -Be 'first.sandbox.json', 'second.sandbox.json'
        Export-AgentSandbox first, second "$TestDrive/one.json" -Force -ErrorAction SilentlyContinue -ErrorVariable failed
        $failed.FullyQualifiedErrorId | Should -BeLike 'SpecificationFileExists,*'
        (Get-Content "$TestDrive/one.json" -Raw | ConvertFrom-Json).Name | Should -Be 'first'
    }

    It 'are not replaced unless that is said, and not written with -WhatIf' {
        Set-Content "$TestDrive/mine.json" 'mine'
        (Get-Failure { Export-AgentSandbox first "$TestDrive/mine.json" -ErrorAction Stop }).FullyQualifiedErrorId | Should -BeLike 'SpecificationFileExists,*'
        Export-AgentSandbox first "$TestDrive/mine.json" -Force -WhatIf
        Get-Content "$TestDrive/mine.json" | Should -Be 'mine'
        (Get-Failure { Export-AgentSandbox first "$TestDrive/none/x.json" -ErrorAction Stop }).FullyQualifiedErrorId | Should -BeLike 'SpecificationFileFailed,*'
    }

    It 'name the nearest key for one that is not known' {
        Set-Content "$TestDrive/wrong.json" '{ "Memroy": 1 }'
        $failure = Get-Failure { New-AgentSandbox -Path "$TestDrive/wrong.json" }
        $failure.FullyQualifiedErrorId | Should -BeLike 'InvalidSpecificationFile,*'
        $failure.ErrorDetails.RecommendedAction | Should -Match "'Memory'"
    }

    It 'are taken by the command line' {
        $program = Join-Path $ModulePath 'bin/agentsandbox'
        & $program run --path "$TestDrive/plain.json" -- sh -c 'ulimit -a >/dev/null; echo ran' | Should -Be 'ran'
        & $program create fromfile --path "$TestDrive/plain.json" --json --quiet | ConvertFrom-Json | ForEach-Object { $_.Specification.Memory } | Should -Be 200MB
    }
}

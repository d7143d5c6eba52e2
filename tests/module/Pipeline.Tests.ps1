BeforeAll {
    . $PSScriptRoot/Common.ps1
}

AfterAll {
    Get-AgentSandbox | Remove-AgentSandbox
    Get-Leftover | Should -BeNullOrEmpty
}

Describe 'Objects with the right properties' {
    It 'make sandboxes: Import-Csv | New-AgentSandbox' {
        $file = Join-Path $TestDrive 'boxes.csv'
        Set-Content $file 'Name,Backend,Memory,TimeToLive,Network,Mount', 'csv-a,Nspawn,128MB,1h,None,/tmp:/data:ro', 'csv-b,Nspawn,256MB,30m,None,/tmp:/data'
        $made = Import-Csv $file | New-AgentSandbox
        $made.Name | Should -Be 'csv-a', 'csv-b'
        $made.Limits.Memory | Should -Be 128MB, 256MB
        ($made[0].Expires - $made[0].Created).TotalMinutes | Should -BeGreaterThan 59
        @($made.Mounts.Target -eq '/data').Count | Should -Be 2
        $made | Remove-AgentSandbox
    }

    It 'make none where a value is none, and say which' {
        $failure = Get-Failure { [pscustomobject]@{ Name = 'csv-c'; Memory = 'much' } | New-AgentSandbox -ErrorAction Stop }
        $failure.FullyQualifiedErrorId | Should -BeLike 'ParameterArgumentTransformationError*'
        Get-AgentSandbox csv-c -ErrorAction Ignore | Should -BeNullOrEmpty
    }

    It 'stay a command''s input for Invoke-InSandbox, whatever they are named' {
        $null = New-AgentSandbox piped -Backend Nspawn
        [pscustomobject]@{ Backend = 'Chroot'; Image = 'none'; User = 'nobody' } | Invoke-InSandbox piped { $input | ForEach-Object { "$($_.Backend) $($_.User) $(id -u)" } } | Should -Be 'Chroot nobody 0'
    }

    It 'name sandboxes: <_>' -ForEach 'Get-AgentSandbox', 'Get-SandboxCheckpoint', 'Stop-AgentSandbox -PassThru', 'Start-AgentSandbox -PassThru', 'Wait-AgentSandbox -State Running' {
        { [pscustomobject]@{ Name = 'piped'; Other = 1 } | & ([scriptblock]::Create("`$input | $_ -ErrorAction Stop")) } | Should -Not -Throw
    }

    It 'say what to copy and where: Copy-SandboxItem' {
        Set-Content "$TestDrive/one.txt" '1'
        Set-Content "$TestDrive/two.txt" '2'
        $list = Join-Path $TestDrive 'copies.csv'
        Set-Content $list 'Path,Destination', "$TestDrive/one.txt,piped:/root/one", "$TestDrive/two.txt,piped:/root/two"
        Import-Csv $list | Copy-SandboxItem
        Invoke-InSandbox piped 'cat /root/one /root/two' | Should -Be '1', '2'
        [pscustomobject]@{ Path = '/root/one'; Destination = "$TestDrive/back.txt"; Sandbox = 'piped' } | Copy-SandboxItem -FromSandbox
        Get-Content "$TestDrive/back.txt" | Should -Be '1'
        Get-Item "$TestDrive/*.txt" | Copy-SandboxItem -Destination piped:/tmp/
        Invoke-InSandbox piped 'cd /tmp; echo *.txt' | Should -Be 'back.txt one.txt two.txt'
    }
}

Describe 'Tab' {
    It 'completes a mount: <Line>' -ForEach @(
        @{ Line = 'New-AgentSandbox x -Mount /usr/share:/data:'; Expected = '/usr/share:/data:ro', '/usr/share:/data:rw' }
        @{ Line = 'New-AgentSandbox x -Mount /usr/share:/data:r'; Expected = '/usr/share:/data:ro', '/usr/share:/data:rw' }
        @{ Line = 'New-AgentSandbox x -Mount /usr/share:/data'; Expected = '/usr/share:/data:ro', '/usr/share:/data:rw' }
        @{ Line = 'New-AgentSandbox x -Mount /usr/share:r'; Expected = '/usr/share:ro', '/usr/share:rw' }
        @{ Line = 'Invoke-InSandbox -Mount /usr/shar'; Expected = @('/usr/share') }
        @{ Line = 'Set-SandboxDefault -Mount "C:\x:/d"'; Expected = "'C:\x:/d:ro'", "'C:\x:/d:rw'" }
    ) {
        Get-Completion $Line | Should -Be $Expected
    }
}

Describe 'Progress' {
    BeforeAll {
        # All progress records of a line in a runspace of its own.
        function Get-Progress([string] $Line) {
            $shell = [powershell]::Create()
            try {
                $null = $shell.AddScript('param($module, $line) $ErrorActionPreference = "Stop"; Import-Module $module; & ([scriptblock]::Create($line))').AddArgument($ModulePath).AddArgument($Line).Invoke()
                $shell.Streams.Progress
            }
            finally {
                $shell.Dispose()
            }
        }

        if (-not (Get-AgentSandbox piped -ErrorAction Ignore)) { $null = New-AgentSandbox piped -Backend Nspawn }
    }

    It 'of a copy in says how much there is in all' {
        [IO.File]::WriteAllBytes("$TestDrive/large", [byte[]]::new(64MB))
        $records = @(Get-Progress "Copy-SandboxItem '$TestDrive/large' piped:/root/large")
        $running = @($records | Where-Object RecordType -EQ 'Processing')
        $running.Count | Should -BeGreaterThan 0
        $running[0].Activity | Should -Match 'Copying .*large to piped:/root/large'
        $running.StatusDescription | Should -Match 'items, .* of 64 MB'
        $running.PercentComplete | ForEach-Object { $_ | Should -BeIn (0..100) }
        $records[-1].RecordType | Should -Be 'Completed'
    }

    It 'of a copy out says how much came' {
        $records = @(Get-Progress "Copy-SandboxItem piped:/root/large '$TestDrive/back'")
        @($records.StatusDescription -match 'items, .*B').Count | Should -BeGreaterThan 0
        $records[-1].RecordType | Should -Be 'Completed'
    }

    It 'does not stay when a copy fails' {
        $records = @(Get-Progress "Copy-SandboxItem piped:/no/such/file '$TestDrive/none' -ErrorAction SilentlyContinue")
        @($records | Where-Object RecordType -EQ 'Processing').Count | Should -BeLessOrEqual @($records | Where-Object RecordType -EQ 'Completed').Count
    }

    It 'of <What> is shown and ended' -ForEach @(
        @{ What = 'a checkpoint'; Line = 'Checkpoint-AgentSandbox piped progress' }
        @{ What = 'a copy of a sandbox'; Line = 'Copy-AgentSandbox piped of-progress' }
        @{ What = 'an image from a folder'; Line = 'New-SandboxImage of-progress -Directory $env:PROGRESS_TREE' }
        @{ What = 'an image from an archive'; Line = 'New-SandboxImage of-progress-archive -Archive $env:PROGRESS_ARCHIVE' }
    ) {
        $env:PROGRESS_TREE = Join-Path $TestDrive 'tree'
        $env:PROGRESS_ARCHIVE = Join-Path $TestDrive 'tree.tar'
        if (-not (Test-Path $env:PROGRESS_TREE)) {
            New-Item -ItemType Directory "$env:PROGRESS_TREE/bin", "$env:PROGRESS_TREE/etc", "$env:PROGRESS_TREE/usr" | Out-Null
            Copy-Item /bin/true "$env:PROGRESS_TREE/bin/sh"
            [IO.File]::WriteAllBytes("$env:PROGRESS_TREE/usr/large", [byte[]]::new(32MB))
            tar -C $env:PROGRESS_TREE -cf $env:PROGRESS_ARCHIVE .
        }

        try {
            $records = @(Get-Progress $Line)
            @($records | Where-Object RecordType -EQ 'Processing').Count | Should -BeGreaterThan 0
            $records[-1].RecordType | Should -Be 'Completed'
        }
        finally {
            $env:PROGRESS_TREE = $env:PROGRESS_ARCHIVE = $null
            Get-SandboxImage of-progress* | Remove-SandboxImage
        }
    }
}

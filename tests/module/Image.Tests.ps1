BeforeAll {
    . $PSScriptRoot/Common.ps1

    # A root file system with a shell and what it links to: enough to run, small enough to copy.
    $rootfs = Join-Path $TestDrive 'rootfs'
    New-Item -ItemType Directory "$rootfs/bin", "$rootfs/etc", "$rootfs/tmp" | Out-Null
    Copy-Item (Get-Item /bin/sh).ResolvedTarget "$rootfs/bin/sh"
    foreach ($library in (ldd /bin/sh) -match '/' -replace '.*?(/\S+).*', '$1') {
        New-Item -ItemType Directory (Join-Path $rootfs (Split-Path $library)) -Force | Out-Null
        Copy-Item -LiteralPath (Resolve-Path $library) (Join-Path $rootfs $library)
    }

    Set-Content "$rootfs/etc/passwd" 'root:x:0:0::/:/bin/sh'
    Set-Content "$rootfs/mark" 'made by the test'
}

Describe 'Images' {
    AfterEach {
        Get-AgentSandbox | Remove-AgentSandbox
        Get-SandboxImage 't-*' | Remove-SandboxImage
        Get-Leftover | Should -BeNullOrEmpty
    }

    It 'have the built-in one' {
        (Get-SandboxImage host).Kind | Should -Be 'BuiltIn'
        (Get-SandboxImage).Name | Should -Contain 'host'
    }

    It 'are made from a folder, used, and kept while they are used' {
        Push-Location $TestDrive
        try { $image = New-SandboxImage t-folder -Directory ./rootfs } finally { Pop-Location }
        $image | Should -BeOfType AgentSandbox.SandboxImage
        $image.Kind | Should -Be 'Directory'
        $image.Size | Should -BeGreaterThan 0
        $s = New-AgentSandbox box -Image t-folder -Backend Nspawn
        Invoke-InSandbox $s 'read line < /mark; echo "$line"' | Should -Be 'made by the test'
        Remove-SandboxImage t-folder -ErrorAction SilentlyContinue -ErrorVariable errors
        $errors.FullyQualifiedErrorId | Should -BeLike 'ImageInUse,*'
        $s | Remove-AgentSandbox
        Get-SandboxImage t-folder | Remove-SandboxImage
        Get-SandboxImage t-folder -ErrorAction SilentlyContinue | Should -BeNullOrEmpty
    }

    It 'are made from an archive' {
        $archive = Join-Path $TestDrive 'root.tar.gz'
        tar -czf $archive -C $rootfs .
        (New-SandboxImage t-archive -Archive $archive).Kind | Should -Be 'Archive'
        Invoke-InSandbox -Image t-archive -Backend Nspawn 'read line < /mark; echo "$line"' | Should -Be 'made by the test'
    }

    It 'are completed by name' {
        New-SandboxImage t-folder -Directory $rootfs | Out-Null
        Get-Completion 'New-AgentSandbox -Image t-' | Should -Be 't-folder'
    }

    It '<Id>: <Because>' -ForEach @(
        @{ Id = 'InvalidImage'; Because = 'no folder'; Arguments = @{ Name = 't-x'; Directory = '/no/such/folder' } }
        @{ Id = 'InvalidImage'; Because = 'no archive'; Arguments = @{ Name = 't-x'; Archive = '/etc/hostname' } }
        @{ Id = 'InvalidName'; Because = 'a hostile name'; Arguments = @{ Name = '../x'; Directory = '/tmp' } }
        @{ Id = 'ImageInUse'; Because = 'the name of the built-in one'; Arguments = @{ Name = 'host'; Directory = '/tmp' } }
    ) {
        $failure = Get-Failure { New-SandboxImage @Arguments }
        $failure.FullyQualifiedErrorId | Should -BeLike "$Id,*"
        Get-SandboxImage t-x -ErrorAction SilentlyContinue | Should -BeNullOrEmpty
    }
}

BeforeAll {
    . $PSScriptRoot/Common.ps1
}

Describe 'Copy-SandboxItem with <_>' -ForEach 'Nspawn', 'Chroot', 'Docker', 'GVisor' {
    BeforeAll {
        $backend = $_
        # Not with ls, which gets EINVAL of statx(2) in gVisor releases of before 2023.
        $list = 'cd /tmp/c && find . -mindepth 1 -maxdepth 1 -printf "%f\n" | sort'
        $s = New-AgentSandbox box -Backend $backend -WarningAction SilentlyContinue
        $root = Join-Path $TestDrive "copy-$backend"
        New-Item -ItemType Directory $root, "$root/tree/sub dir", "$root/tree/empty", "$root/out" | Out-Null
        Set-Content "$root/tree/a.txt" 'a'
        Set-Content -LiteralPath "$root/tree/sub dir/b [1].txt" "b `u{fc}"
        [IO.File]::WriteAllBytes("$root/big.bin", [byte[]](0..255 * 4096))
    }

    AfterAll {
        Get-AgentSandbox | Remove-AgentSandbox
        Get-Leftover | Should -BeNullOrEmpty
    }

    BeforeEach {
        Push-Location $root
        Invoke-InSandbox $s 'rm -rf /tmp/c && mkdir /tmp/c'
    }

    AfterEach {
        Pop-Location
    }

    It 'copies a folder in, under its own name, relative to PowerShell''s location' {
        $result = Copy-SandboxItem ./tree box:/tmp/c/ -PassThru
        $result.Entries | Should -Be 5
        $result.Bytes | Should -Be 7
        Invoke-InSandbox $s 'cd /tmp/c && find . | sort' | Should -Be '.', './tree', './tree/a.txt', './tree/empty', './tree/sub dir', './tree/sub dir/b [1].txt'
        Invoke-InSandbox $s 'cat "/tmp/c/tree/sub dir/b [1].txt"' | Should -Be "b `u{fc}"
    }

    It 'copies a folder out again, the same' {
        Copy-SandboxItem ./tree box:/tmp/c/
        Copy-SandboxItem box:/tmp/c/tree ./out/
        (Get-ChildItem ./out/tree -Recurse).Name | Sort-Object | Should -Be 'a.txt', 'b [1].txt', 'empty', 'sub dir'
        Get-Content -LiteralPath './out/tree/sub dir/b [1].txt' | Should -Be "b `u{fc}"
    }

    It 'copies a file to a new name, byte by byte, both ways' {
        Copy-SandboxItem ./big.bin -Destination /tmp/c/renamed -Sandbox $s
        Copy-SandboxItem -Sandbox box -FromSandbox /tmp/c/renamed ./out/back.bin
        (Get-FileHash ./out/back.bin).Hash | Should -Be (Get-FileHash ./big.bin).Hash
    }

    It 'expands wildcards of this machine, and takes -LiteralPath as it is' {
        Copy-SandboxItem './tree/*.txt' box:/tmp/c/
        Copy-SandboxItem -LiteralPath './tree/sub dir/b [1].txt' box:/tmp/c/
        Invoke-InSandbox $s $list | Should -Be 'a.txt', 'b [1].txt'
    }

    It 'takes what Get-ChildItem writes' {
        Get-ChildItem ./tree -Recurse -File | Copy-SandboxItem -Destination box:/tmp/c/
        Invoke-InSandbox $s $list | Should -Be 'a.txt', 'b [1].txt'
    }

    It 'writes nothing without -PassThru, and changes nothing with -WhatIf' {
        Copy-SandboxItem ./big.bin box:/tmp/c/ | Should -BeNullOrEmpty
        Copy-SandboxItem ./tree box:/tmp/c/ -WhatIf
        Invoke-InSandbox $s $list | Should -Be 'big.bin'
    }

    It 'gives files to the user that is given' {
        # A chroot runs everything as one user of its own, which can't take on another.
        $user, $id = if ($backend -ne 'Chroot') { '1000:1000', '1000:1000' } else { 'sandbox', (Invoke-InSandbox $s 'echo $(id -u):$(id -g)') }
        Copy-SandboxItem ./tree/a.txt box:/tmp/owned -User $user
        Invoke-InSandbox $s 'find /tmp/owned -printf "%U:%G\n" -delete' -User $user | Should -Be $id
    }

    It 'does not follow a link that the sandbox planted' {
        $outside = Join-Path $TestDrive "outside-$backend"
        New-Item -ItemType Directory $outside | Out-Null
        Invoke-InSandbox $s "mkdir /tmp/c/evil; ln -s $outside /tmp/c/evil/link; echo x > /tmp/c/evil/file"
        Copy-SandboxItem box:/tmp/c/evil ./out/ -WarningAction SilentlyContinue
        Copy-SandboxItem box:/tmp/c/evil ./out/ -WarningAction SilentlyContinue
        Get-ChildItem $outside | Should -BeNullOrEmpty
        './out/evil/file' | Should -Exist
    }

    It '<Line> is the error <Id>' -ForEach @(
        @{ Line = 'Copy-SandboxItem ./no-such-file box:/tmp/c/'; Id = 'CopyPathNotFound' }
        @{ Line = 'Copy-SandboxItem ./no-such-* box:/tmp/c/'; Id = 'CopyPathNotFound' }
        @{ Line = 'Copy-SandboxItem box:/no/such/file ./out/'; Id = 'CopyPathNotFound' }
        @{ Line = 'Copy-SandboxItem ./tree ./out'; Id = 'CopyPathNotFound' }
        @{ Line = 'Copy-SandboxItem box:/tmp box:/var'; Id = 'CopyPathNotFound' }
        @{ Line = 'Copy-SandboxItem ./tree box:relative'; Id = 'CopyPathNotFound' }
        @{ Line = 'Copy-SandboxItem Env:PATH -Sandbox box /tmp/c/'; Id = 'PathNotFileSystem' }
    ) {
        . ([scriptblock]::Create("$Line -ErrorAction SilentlyContinue -ErrorVariable errors"))
        $errors[0].FullyQualifiedErrorId | Should -BeLike "$Id,AgentSandbox.PowerShell.Cmdlets.CopySandboxItemCommand"
        $errors[0].ErrorDetails.RecommendedAction | Should -Not -BeNullOrEmpty
    }
}

# Script blocks and sessions where the PowerShell comes from: this machine's in containers of the image host, an image's own, and none.

BeforeAll {
    . (Join-Path $PSScriptRoot 'Common.ps1')

    # A root file system with a shell and no PowerShell, and one with a copy of this PowerShell, at a place where no mount of ours ever is.
    $without = Join-Path $TestDrive 'without'
    New-Item -ItemType Directory "$without/bin", "$without/etc", "$without/tmp" | Out-Null
    chmod 1777 "$without/tmp"
    Copy-Item (Get-Command busybox).Source "$without/bin/busybox"
    foreach ($applet in 'sh', 'id', 'cat') { ln -s busybox "$without/bin/$applet" }
    Set-Content "$without/etc/passwd" 'root:x:0:0::/tmp:/bin/sh'

    $own = Join-Path $TestDrive 'own'
    cp -a $without $own
    mkdir -p "$own/srv/dotnet" "$own/srv/powershell"
    cp -a "$PSHOME/." "$own/srv/powershell"
    $runtime = [Runtime.InteropServices.RuntimeEnvironment]::GetRuntimeDirectory().TrimEnd('/')
    if ($runtime -ne $PSHOME) {
        # A PowerShell that runs on a .NET of its own place: bring that, too.
        $dotnet = Resolve-Path "$runtime/../../.."
        mkdir -p "$own/srv/dotnet/shared/Microsoft.NETCore.App"
        cp -a $runtime "$own/srv/dotnet/shared/Microsoft.NETCore.App/"
        cp -a "$dotnet/host" "$dotnet/dotnet" "$own/srv/dotnet/"
    }

    $start = $runtime -ne $PSHOME ? '/srv/dotnet/dotnet /srv/powershell/pwsh.dll' : '/srv/powershell/pwsh'
    # What they link to, and OpenSSL, which .NET looks for when it is started.
    $programs = @(Get-ChildItem "$own/srv" -Recurse -Include libcoreclr.so, libSystem.Native.so).FullName + '/bin/sh'
    $openssl = @((ldconfig -p) -match 'lib(ssl|crypto)\.so\.\d.*x86-64' -replace '.*=> ')
    foreach ($file in @((ldd @programs) -match '^\s.*/' -replace '.*?\s(/\S+).*', '$1') + $openssl | Select-Object -Unique) {
        mkdir -p (Split-Path "$own$file")
        cp -L $file "$own$file"
    }

    # The image has no data of cultures, which .NET wants to be told.
    Set-Content "$own/bin/pwsh" "#!/bin/sh`nexport DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1`nexec $start `"`$@`""
    chmod a+rx "$own/bin/pwsh"
    New-SandboxImage t-own -Directory $own | Out-Null
    New-SandboxImage t-without -Directory $without | Out-Null
    rm -r $own
    $imported = @(docker images --quiet --no-trunc)
}

AfterAll {
    Get-AgentSandbox | Remove-AgentSandbox
    Get-SandboxImage 't-*' | Remove-SandboxImage
    docker images --quiet --no-trunc | Where-Object { $_ -notin $imported } | ForEach-Object { docker rmi $_ | Out-Null }
    Get-Leftover | Should -BeNullOrEmpty
}

Describe 'A script block in <Backend> with the image <Image>' -ForEach @(
    @{ Backend = 'Docker'; Image = 'host' }
    @{ Backend = 'GVisor'; Image = 'host' }
    @{ Backend = 'Docker'; Image = 't-own' }
    @{ Backend = 'Nspawn'; Image = 't-own' }
) {
    BeforeAll {
        $s = New-AgentSandbox box -Backend $Backend -Image $Image -Memory 1GB
    }

    AfterAll {
        $s | Remove-AgentSandbox
    }

    It 'brings objects back, and is fast the second time' {
        $number = 7
        $first = Invoke-InSandbox $s { [pscustomobject]@{ Sum = $using:number + ($input | Measure-Object -Sum).Sum; Id = $PID; Home = $PSHOME } } -InputObject 35
        $first.Sum | Should -Be 42
        $first.PSSandboxName | Should -Be box
        $first.Home | Should -Match ($Image -eq 'host' ? '^/(opt/agentsandbox|usr)/' : '^/srv/')
        Invoke-InSandbox $s { $PID } | Should -Be $first.Id
    }

    It 'brings errors, and is ended by its time-out' {
        (Invoke-InSandbox $s { Get-Item /no/such/file } -ErrorAction Continue 2>&1).CategoryInfo.Category | Should -Be ObjectNotFound
        (Invoke-InSandbox $s { while ($true) { } } -TimeoutSec 5 -ErrorAction Continue 2>&1).FullyQualifiedErrorId | Should -BeLike 'CommandTimedOut,*'
    }

    It 'has sessions' {
        $session = New-SandboxSession $s
        Invoke-Command -Session $session { $x = 5 }
        Invoke-Command -Session $session { $x + 1 } | Should -Be 6
        Set-Content "$TestDrive/file" 'content'
        Copy-Item "$TestDrive/file" -Destination /tmp/file -ToSession $session
        Invoke-InSandbox $s 'cat /tmp/file' | Should -Be 'content'
        Remove-PSSession $session
    }
}

Describe 'A sandbox without a PowerShell' {
    AfterEach {
        Get-AgentSandbox | Remove-AgentSandbox
    }

    It 'is an error that says how to get one in: <Backend>, <Image>' -ForEach @(
        @{ Backend = 'Nspawn'; Image = 't-without'; More = @{}; Says = '*Take an image that has PowerShell 7.2*' }
        @{ Backend = 'Docker'; Image = 't-without'; More = @{}; Says = '*Take an image that has PowerShell 7.2*' }
        @{ Backend = 'Docker'; Image = 'host'; More = @{ NoPowerShell = $true }; Says = '*without -NoPowerShell*' }
    ) {
        $s = New-AgentSandbox box -Backend $Backend -Image $Image @More
        $s.Mounts | Should -BeNullOrEmpty
        $failure = Get-Failure { Invoke-InSandbox $s { 1 } }
        $failure.FullyQualifiedErrorId | Should -BeLike 'CommandNotFound,*'
        $failure.CategoryInfo.Category | Should -Be ObjectNotFound
        $failure.ErrorDetails.RecommendedAction | Should -BeLike $Says
        New-SandboxSession $s -ErrorVariable e -ErrorAction SilentlyContinue | Should -BeNullOrEmpty
        $e[0].FullyQualifiedErrorId | Should -BeLike 'CommandNotFound,*'
        Invoke-InSandbox $s 'echo on' | Should -Be on
    }
}

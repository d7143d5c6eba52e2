BeforeAll {
    . $PSScriptRoot/Common.ps1

    # What a user's own image is: one that the engine has, of nothing but busybox.
    $image = "agentsandbox-module-tests:$([Guid]::NewGuid().ToString('N'))"
    $rootfs = Join-Path $TestDrive 'busybox'
    New-Item -ItemType Directory "$rootfs/bin", "$rootfs/tmp" | Out-Null
    chmod 1777 "$rootfs/tmp"
    Copy-Item (Get-Command busybox).Source "$rootfs/bin/busybox"
    foreach ($applet in 'sh', 'id', 'sleep', 'cat', 'ls', 'env') { ln -s busybox "$rootfs/bin/$applet" }
    tar -C $rootfs -c . | docker import --change 'ENV GREETING=hello' --change 'WORKDIR /tmp' - $image | Out-Null
}

AfterAll {
    docker rmi $image | Out-Null
}

Describe 'A container engine' {
    AfterEach {
        Get-AgentSandbox | Remove-AgentSandbox
        Get-Leftover | Should -BeNullOrEmpty
    }

    It 'is described: what it isolates, and what not' {
        $backends = Get-SandboxBackend Docker, GVisor
        $backends.Name | Sort-Object | Should -Be 'Docker', 'GVisor'
        foreach ($backend in $backends) {
            $backend.Available | Should -BeTrue
            $backend.SecurityBoundary | Should -BeTrue
            $backend.Version | Should -Match '^engine \S+ \(API 1\.\d+\)'
            $backend.Isolates | Should -Contain 'network'
            $backend.DoesNotIsolate | Should -Not -BeNullOrEmpty
        }

        "$(($backends | Where-Object Name -EQ 'GVisor').Isolates)" | Should -Match 'kernel'
        "$(($backends | Where-Object Name -EQ 'Docker').DoesNotIsolate)" | Should -Match 'kernel'
    }

    It 'says which runtime is missing, and how to add it' {
        $line = "`$env:AGENTSANDBOX_GVISOR_RUNTIME = 'no-such'; Import-Module '$ModulePath'; `$b = Get-SandboxBackend GVisor; `$b.Available; `$b.Reason; `$b.RecommendedAction"
        $available, $reason, $action = pwsh -NoProfile -NonInteractive -Command $line
        $available | Should -Be 'False'
        $reason | Should -Match "no runtime 'no-such'.*runc"
        $action | Should -Match 'runsc install'
    }

    It 'runs its own images by name, with their variables and folder, and not as root' {
        $s = New-AgentSandbox box -Backend Docker -Image $image -NoPull
        $s.Image | Should -Be $image
        Invoke-InSandbox $s 'echo $GREETING $PWD $HOME; id -u' | Should -Be 'hello /tmp /tmp', '65532'
        Invoke-InSandbox -Backend Docker -Image $image -NoPull 'id -u' -User 7:7 | Should -Be '7'
    }

    It 'shows how far an import is' {
        # Content that no engine can have.
        $own = Join-Path $TestDrive 'own'
        Copy-Item $rootfs $own -Recurse
        [IO.File]::WriteAllBytes("$own/random", [Security.Cryptography.RandomNumberGenerator]::GetBytes(8MB))
        New-SandboxImage t-own -Directory $own | Out-Null
        $shell = [powershell]::Create()
        try {
            $shell.AddScript("Import-Module '$ModulePath'; New-AgentSandbox box -Backend Docker -Image t-own").Invoke() | Out-Null
            $shell.Streams.Error | Should -BeNullOrEmpty
            "$($shell.Streams.Progress.Activity)" | Should -Match 't-own'
            "$($shell.Streams.Progress.StatusDescription)" | Should -Match 'importing'
        }
        finally {
            $shell.Dispose()
        }

        $content = docker inspect --format '{{.Image}}' (Get-EngineContainer)
        Get-AgentSandbox | Remove-AgentSandbox
        # Not again: it is there.
        New-AgentSandbox again -Backend Docker -Image t-own | Out-Null
        docker inspect --format '{{.Image}}' (Get-EngineContainer) | Should -Be $content
        Get-AgentSandbox | Remove-AgentSandbox
        Remove-SandboxImage t-own
        docker rmi $content | Out-Null
    }

    It 'warns when commands are root, and only then' {
        $folder = Join-Path $TestDrive 'roots'
        New-Item -ItemType Directory $folder | Out-Null
        New-AgentSandbox a -Backend Docker -Mount "${folder}:/work:rw" -WarningVariable warnings -WarningAction SilentlyContinue | Out-Null
        "$warnings" | Should -Match 'root'
        Invoke-InSandbox a 'id -u' | Should -Be '0'
        New-AgentSandbox b -Backend Docker -Mount "${folder}:/work" -WarningVariable warnings -WarningAction SilentlyContinue | Out-Null
        $warnings | Should -BeNullOrEmpty
        Invoke-InSandbox b 'id -u' | Should -Be '1000'
    }

    It 'has a container of somebody else with our name, which is left alone' {
        $name = "agentsandbox-$EngineScope-box"
        docker create --name $name --network none $image sleep 1000 | Out-Null
        try {
            (Get-Failure { New-AgentSandbox box -Backend Docker }).FullyQualifiedErrorId | Should -BeLike 'NameInUse,*'
            Get-AgentSandbox | Should -BeNullOrEmpty
            Remove-AgentSandbox box -ErrorAction SilentlyContinue -ErrorVariable errors
            $errors.FullyQualifiedErrorId | Should -BeLike 'SandboxNotFound,*'
            docker inspect --format '{{.State.Status}}' $name | Should -Be 'created'
        }
        finally {
            docker rm -f $name | Out-Null
        }
    }

    It 'is used by several PowerShells at once' {
        $s = New-AgentSandbox box -Backend Docker
        Invoke-InSandbox $s 'echo first > /tmp/file'
        $seen, $id = pwsh -NoProfile -NonInteractive -Command "Import-Module '$ModulePath'; 'second' | Invoke-InSandbox box 'cat /tmp/file -'; (Get-AgentSandbox box).Id; Invoke-InSandbox box 'exit 3'; exit `$LASTEXITCODE"  | Join-String -Separator ' ' | ForEach-Object { $_ -split ' (?=[0-9a-f]{12}$)' }
        $LASTEXITCODE | Should -Be 3
        $seen | Should -Be 'first second'
        $id | Should -Be $s.Id
        Invoke-InSandbox $s 'echo still here' | Should -Be 'still here'
    }

    It 'shows a sandbox whose container was removed with docker as gone' {
        New-AgentSandbox box -Backend Docker | Out-Null
        docker rm -f (Get-EngineContainer) | Out-Null
        Get-AgentSandbox | Should -BeNullOrEmpty
        (Get-Failure { Invoke-InSandbox box 'true' }).FullyQualifiedErrorId | Should -BeLike 'SandboxNotFound,*'
    }

    It 'ends a throw-away sandbox of <_> whose PowerShell was killed' -ForEach 'Docker', 'GVisor' {
        $info = [Diagnostics.ProcessStartInfo]::new('pwsh')
        # Not the number itself: PowerShell's own command line must not have it.
        '-NoProfile', '-NonInteractive', '-Command', "Import-Module '$ModulePath'; Invoke-InSandbox -Backend $_ `"sleep `$(40730 + 1)`"" | ForEach-Object { $info.ArgumentList.Add($_) }
        $info.RedirectStandardInput = $true
        $process = [Diagnostics.Process]::Start($info)
        try {
            Wait-Until { Test-HostProcess 'sleep 40731' } 'the command runs'
            Get-EngineContainer | Should -Not -BeNullOrEmpty
        }
        finally {
            $process.Kill() # SIGKILL: no code of ours runs any more.
            $process.WaitForExit()
        }

        Wait-Until { -not (Get-EngineContainer) } 'the engine has deleted the container'
    }

    It 'that does not answer is a warning where others can answer, and an error where it was named' {
        New-AgentSandbox here -Backend Nspawn | Out-Null
        $lines = @(
            "`$env:DOCKER_HOST = 'tcp://127.0.0.1:1'"
            "Import-Module '$ModulePath'"
            "(Get-AgentSandbox -WarningVariable warnings -WarningAction SilentlyContinue).Name"
            "`"`$warnings`""
            "(Get-SandboxBackend Docker).Available"
            "try { New-AgentSandbox box -Backend Docker } catch { `$_.FullyQualifiedErrorId }"
            "(New-AgentSandbox auto).Backend"
        ) -join '; '
        $name, $warning, $state, $failure, $auto = pwsh -NoProfile -NonInteractive -Command $lines
        $name | Should -Be 'here'
        $warning | Should -Match '127\.0\.0\.1:1'
        $state | Should -Be 'False'
        $failure | Should -BeLike 'EngineUnreachable,*'
        $auto | Should -Be 'Nspawn'
    }
}

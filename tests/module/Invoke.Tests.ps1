BeforeAll {
    . $PSScriptRoot/Common.ps1
}

Describe 'Invoke-InSandbox in <_>' -ForEach 'Nspawn', 'Chroot', 'Docker', 'GVisor' {
    BeforeAll {
        $backend = $_
        $s = New-AgentSandbox box -Backend $backend -WarningAction SilentlyContinue
        $other = New-AgentSandbox other -Backend $backend -WarningAction SilentlyContinue
    }

    AfterAll {
        Get-AgentSandbox | Remove-AgentSandbox
        Get-Leftover | Should -BeNullOrEmpty
    }

    Context 'Streams' {
        It 'passes lines on while the command runs' {
            # The command only ends when its first line was seen.
            $lines = Invoke-InSandbox $s 'rm -f /tmp/go; echo one; while [ ! -e /tmp/go ]; do sleep 0.05; done; echo two' |
                ForEach-Object { if ($_ -eq 'one') { Invoke-InSandbox $s 'touch /tmp/go' }; $_ }
            $lines | Should -Be 'one', 'two'
        }

        It 'writes standard error as error records, each a line' {
            $all = Invoke-InSandbox $s 'echo out; echo "first problem" >&2; echo "second" >&2' 2>&1
            $all | Where-Object { $_ -is [string] } | Should -Be 'out'
            $errors = $all | Where-Object { $_ -is [Management.Automation.ErrorRecord] }
            $errors.Exception.Message | Should -Be 'first problem', 'second'
            $errors[0].FullyQualifiedErrorId | Should -BeLike 'NativeCommandError,*'
            $errors[0].TargetObject | Should -Be 'box'
        }

        It 'ends no script by a line of standard error, as with native commands' {
            $ErrorActionPreference = 'Stop'
            Invoke-InSandbox $s 'echo problem >&2; echo out' 2>$null | Should -Be 'out'
            $errors = $null
            Invoke-InSandbox $s 'echo problem >&2; echo out' -ErrorVariable errors 2>$null | Should -Be 'out'
            "$errors" | Should -Be 'problem'
            $ErrorActionPreference | Should -Be 'Stop'
        }

        It 'does not take standard error for a failure, but an exit code' {
            Invoke-InSandbox $s 'echo problem >&2' 2>$null
            $? | Should -BeTrue
            Invoke-InSandbox $s 'exit 3'
            $? | Should -BeFalse
            Invoke-InSandbox $s 'exit 3' -AsResult | Out-Null
            $? | Should -BeTrue
            $chain = (Invoke-InSandbox $s 'exit 3') || 'after'
            $chain | Should -Be 'after'
        }

        It 'ends a script by an error of its own, after standard error too' {
            $ErrorActionPreference = 'Stop'
            (Get-Failure { Invoke-InSandbox $s 'echo problem >&2; sleep 40709' -TimeoutSec 3 2>$null }).FullyQualifiedErrorId | Should -BeLike 'CommandTimedOut,*'
        }

        It 'shows standard error as the bare line, also in a script' {
            $script = Join-Path $TestDrive "shown-$backend.ps1"
            Set-Content $script "Import-Module '$ModulePath'`nInvoke-InSandbox box 'echo the problem >&2'"
            $shown = pwsh -NoProfile -NonInteractive -Command "`$PSStyle.OutputRendering = 'PlainText'; & '$script'" 2>&1
            "$shown" | Should -Be 'the problem'
        }

        It 'does with a line of standard error what -ErrorAction says' {
            $errors = $null
            Invoke-InSandbox $s 'echo problem >&2; echo out' -ErrorAction SilentlyContinue -ErrorVariable errors 2>&1 | Should -Be 'out'
            "$errors" | Should -Be 'problem'
            "$(Get-Failure { Invoke-InSandbox $s 'echo problem >&2; sleep 40710' -ErrorAction Stop })" | Should -Match 'problem'
            Test-HostProcess 'sleep 40710' | Should -BeFalse
        }

        It 'cuts lines at LF and CR LF, and keeps a last line without an end' {
            Invoke-InSandbox $s 'printf "a\r\nb\n\nc"' | Should -Be 'a', 'b', '', 'c'
        }

        It 'decodes UTF-8 that arrives in pieces, and replaces what is none' {
            Invoke-InSandbox $s 'printf "gr\303"; sleep 0.1; printf "\274n \360\237\230"; sleep 0.1; printf "\200\n\377x\n"' | Should -Be "gr`u{fc}n `u{1f600}", "`u{fffd}x"
        }

        It 'loses nothing of much output' {
            $lines = Invoke-InSandbox $s 'seq 1 200000'
            $lines.Count | Should -Be 200000
            $lines[-1] | Should -Be '200000'
        }

        It 'does not wait for a process left behind that keeps the output' {
            Invoke-InSandbox $s 'sleep 40712 & echo done' -WarningAction SilentlyContinue | Should -Be 'done'
        }
    }

    Context 'Standard input' {
        It 'is lines of UTF-8' {
            'a', "`u{fc}", '' | Invoke-InSandbox $s 'od -An -tx1 | tr -d " \n"' | Should -Be '610ac3bc0a0a'
        }

        It 'is end-of-file without input' {
            Invoke-InSandbox $s 'cat; echo end' | Should -Be 'end'
            @() | Invoke-InSandbox $s 'cat; echo end' | Should -Be 'end'
            $null | Invoke-InSandbox $s 'cat; echo end' | Should -Be 'end'
        }

        It 'takes -InputObject, numbers and arrays' {
            Invoke-InSandbox $s 'cat' -InputObject 'a', 1.5, @('b', 'c') | Should -Be 'a', '1.5', 'b', 'c'
        }

        It 'takes bytes as they are' {
            [byte[]] $bytes = 0..255
            , $bytes | Invoke-InSandbox $s 'od -An -v -tu1 | tr -s " \n" "  "' | ForEach-Object { $_.Trim() } | Should -Be ($bytes -join ' ')
            $bytes | Invoke-InSandbox $s 'wc -c' | Should -Be '256'
        }

        It 'flows both ways at once, more than any buffer holds' {
            $sent = 1..60000 | ForEach-Object { "line $_ of what is sent and comes back, long enough to fill buffers" }
            $back = $sent | Invoke-InSandbox $s 'cat'
            $back.Count | Should -Be $sent.Count
            Compare-Object $back $sent -SyncWindow 0 | Should -BeNullOrEmpty
        }

        It 'may be left unread' {
            1..200000 | Invoke-InSandbox $s 'head -n 1' | Should -Be '1'
        }

        It 'goes to each of several sandboxes' {
            'x', 'y' | Invoke-InSandbox box, other 'cat' | Sort-Object | Should -Be 'x', 'x', 'y', 'y'
        }
    }

    Context 'Bytes' {
        It 'come unchanged' {
            [byte[]] $sent = 0..255 * 300
            [byte[]] $back = , $sent | Invoke-InSandbox $s 'cat' -AsByteStream
            [Linq.Enumerable]::SequenceEqual($back, $sent) | Should -BeTrue
        }

        It 'go into a file' {
            $file = Join-Path $TestDrive "bytes-$backend"
            Invoke-InSandbox $s 'printf "\000\377\012"' -AsByteStream | Set-Content $file -AsByteStream
            [IO.File]::ReadAllBytes($file) | Should -Be 0, 255, 10
        }

        It 'are an array in a result' {
            $result = Invoke-InSandbox $s 'printf "\000\377"' -AsByteStream -AsResult
            , $result.StandardOutput | Should -BeOfType byte[]
            $result.StandardOutput | Should -Be 0, 255
        }
    }

    Context 'The end' {
        It 'sets $LASTEXITCODE to <_>' -ForEach 0, 1, 42, 126, 127, 255 {
            Invoke-InSandbox $s "exit $_"
            $LASTEXITCODE | Should -Be $_
        }

        It 'is an object with -AsResult' {
            $result = Invoke-InSandbox $s 'echo out; echo err >&2; exit 3' -AsResult
            $result.Sandbox | Should -Be 'box'
            $result.ExitCode | Should -Be 3
            $result.Signal | Should -BeNullOrEmpty
            $result.StandardOutput | Should -Be "out`n"
            $result.StandardError | Should -Be "err`n"
            $result.Duration | Should -BeOfType TimeSpan
            $result.TimedOut | Should -BeFalse
            $result.Truncated | Should -BeFalse
            $LASTEXITCODE | Should -Be 3
            $result | Out-String -Width 200 | Should -Match 'box\s+\S*3\S*\s+exited\s'
        }

        It 'names the signal' {
            $result = Invoke-InSandbox $s 'kill -9 $$' -AsResult
            $result.ExitCode | Should -Be 137
            $result.Signal | Should -Be 9
        }

        It 'is an error where $PSNativeCommandUseErrorActionPreference says so' {
            $PSNativeCommandUseErrorActionPreference = $true
            Invoke-InSandbox $s 'exit 4' -ErrorAction SilentlyContinue -ErrorVariable errors
            $errors.FullyQualifiedErrorId | Should -BeLike 'ProgramExitedWithNonZeroCode,*'
            $LASTEXITCODE | Should -Be 4
        }

        It 'is a time-out: an error, 124, and nothing goes on' {
            $errors = @()
            Invoke-InSandbox $s 'echo before; sleep 40713' -TimeoutSec 3 -ErrorAction SilentlyContinue -ErrorVariable errors | Should -Be 'before'
            $errors.FullyQualifiedErrorId | Should -BeLike 'CommandTimedOut,*'
            $errors[0].CategoryInfo.Category | Should -Be 'OperationTimeout'
            $LASTEXITCODE | Should -Be 124
            Test-HostProcess 'sleep 40713' | Should -BeFalse
        }

        It 'is a time-out in a result, without an error' {
            $result = Invoke-InSandbox $s 'echo before; sleep 40714' -TimeoutSec 3 -AsResult -ErrorVariable errors
            $result.TimedOut | Should -BeTrue
            $result.ExitCode | Should -Be 124
            $result.StandardOutput | Should -Be "before`n"
            $errors | Should -BeNullOrEmpty
        }

        It 'comes when a later command has seen enough' {
            Invoke-InSandbox $s 'while :; do echo y; sleep 0.01; : 40715; done' | Select-Object -First 2 | Should -Be 'y', 'y'
            Test-HostProcess ': 40715' | Should -BeFalse
        }

        It 'comes when the pipeline before it fails' {
            { & { 'x'; throw 'broken' } | Invoke-InSandbox $s 'cat >/dev/null; sleep 40716' } | Should -Throw 'broken'
            Test-HostProcess 'sleep 40716' | Should -BeFalse
        }

        It 'comes with Ctrl+C, for all that the command started' {
            $shell = [powershell]::Create()
            try {
                $shell.AddScript("Import-Module '$ModulePath'; Invoke-InSandbox box 'sleep 40717 & (setsid sleep 40718 &) ; sleep 40719'") | Out-Null
                $running = $shell.BeginInvoke()
                Wait-Until { (Test-HostProcess 'sleep 40718') -and (Test-HostProcess 'sleep 40719') } 'the command runs'
                $shell.Stop()
                $running.IsCompleted | Should -BeTrue
            }
            finally {
                $shell.Dispose()
            }

            foreach ($seconds in 40717, 40718, 40719) {
                Test-HostProcess "sleep $seconds" | Should -BeFalse
            }
        }
    }

    Context 'Programs' {
        It 'get their arguments as they are' {
            Invoke-InSandbox $s -Command printf -ArgumentList '[%s]\n', 'a b', '$HOME', '*', '', '"q"', "it's", "`u{fc};|&" |
                Should -Be '[a b]', '[$HOME]', '[*]', '[]', '["q"]', "[it's]", "[`u{fc};|&]"
        }

        It 'that are not there are errors of their own, not exit codes' {
            $global:LASTEXITCODE = 77
            $failure = Get-Failure { Invoke-InSandbox $s -Command no-such-program }
            $failure.FullyQualifiedErrorId | Should -BeLike 'CommandNotFound,*'
            $failure.CategoryInfo.Category | Should -Be 'ObjectNotFound'
            $LASTEXITCODE | Should -Be 77
            Invoke-InSandbox $s 'echo x > /tmp/no-program'
            (Get-Failure { Invoke-InSandbox $s -Command /tmp/no-program }).FullyQualifiedErrorId | Should -BeLike 'CommandNotExecutable,*'
        }

        It 'run with the folder, variables and user that are given' {
            Invoke-InSandbox $s 'echo "$PWD|$V"' -WorkingDirectory /usr -Environment ([ordered]@{ V = 'x y' }) | Should -Be '/usr|x y'
            if ($backend -ne 'Chroot') {
                Invoke-InSandbox $s 'id -u; id -g' -User 1000:1001 | Should -Be '1000', '1001'
            }
            else {
                # A chroot runs everything as one user of its own, which can't take on another.
                (Get-Failure { Invoke-InSandbox $s 'id' -User 1000:1001 }).FullyQualifiedErrorId | Should -BeLike 'UserNotFound,*'
            }

            (Get-Failure { Invoke-InSandbox $s 'true' -WorkingDirectory /no/such }).FullyQualifiedErrorId | Should -BeLike 'WorkingDirectoryNotFound,*'
            (Get-Failure { Invoke-InSandbox $s 'true' -User no-such-user }).FullyQualifiedErrorId | Should -BeLike 'UserNotFound,*'
        }

        It 'get nothing of this process''s environment' {
            $env:AGENTSANDBOX_TEST_SECRET = 'secret'
            Invoke-InSandbox $s 'env' | Should -Not -Match 'secret'
            Remove-Item Env:AGENTSANDBOX_TEST_SECRET
        }

        It 'are refused by the kernel when their arguments are too long' {
            (Get-Failure { Invoke-InSandbox $s -Command true -ArgumentList (1..20 | ForEach-Object { 'x' * 120KB }) }).FullyQualifiedErrorId | Should -BeLike 'ArgumentListTooLong,*'
        }
    }

    Context 'Scripts' {
        BeforeAll {
            $folder = Join-Path $TestDrive "scripts-$backend"
            New-Item -ItemType Directory $folder | Out-Null
            Set-Content "$folder/plain.sh" 'cat; echo "plain $# $1"; exit 5'
            Set-Content "$folder/line" "#!/usr/bin/env -S sh -u`necho `"line `$1`""
            Set-Content -LiteralPath "$folder/odd [name].txt" 'echo odd'
        }

        It 'run with arguments and standard input, and are gone afterwards' {
            'in' | Invoke-InSandbox $s -FilePath "$folder/plain.sh" -ArgumentList 'a b', 'c' | Should -Be 'in', 'plain 2 a b'
            $LASTEXITCODE | Should -Be 5
            Invoke-InSandbox $s 'ls /tmp' | Should -Not -Match 'agentsandbox-'
        }

        It 'are run by what their first line says' {
            Invoke-InSandbox $s -FilePath "$folder/line" -ArgumentList x | Should -Be 'line x'
        }

        It 'are found relative to PowerShell''s location' {
            Push-Location $folder
            try { Invoke-InSandbox $s -FilePath './odd [name].txt' | Should -Be 'odd' } finally { Pop-Location }
        }

        It 'run as the user that is given' {
            $script = "$folder/id.sh"
            Set-Content $script 'id -u'
            $user, $id = if ($backend -ne 'Chroot') { '1000', '1000' } else { 'sandbox', (Invoke-InSandbox $s 'id -u') }
            Invoke-InSandbox $s -FilePath $script -User $user | Should -Be $id
        }
    }

    Context 'Which sandbox' {
        It 'is an object, a name, an id' {
            foreach ($target in $s, 'box', 'BOX', $s.Id) {
                Invoke-InSandbox $target 'echo here' | Should -Be 'here'
            }
        }

        It 'comes by pipeline: objects, names, what came back from JSON' {
            $results = $s, 'other', ($s | Select-Object Name, Id | ConvertTo-Json | ConvertFrom-Json) | Invoke-InSandbox 'echo here' -AsResult
            $results.Sandbox | Sort-Object | Should -Be 'box', 'box', 'other'
            $results.StandardOutput | Should -Be "here`n", "here`n", "here`n"
            Get-AgentSandbox | Invoke-InSandbox -Command echo -ArgumentList there | Should -Be 'there', 'there'
        }

        It 'is several at once, so many as -ThrottleLimit says' {
            Invoke-InSandbox box, other 'rm -f /tmp/both'
            # Each waits until both have said that they run.
            $seen = 0
            Invoke-InSandbox box, other 'echo ready; while [ ! -e /tmp/both ]; do sleep 0.05; done' -ThrottleLimit 2 |
                ForEach-Object { if (++$seen -eq 2) { Invoke-InSandbox box, other 'touch /tmp/both' } }
            $seen | Should -Be 2
            # One after the other.
            Invoke-InSandbox box, other 'echo start; sleep 0.3; echo end' -ThrottleLimit 1 | Should -Be 'start', 'end', 'start', 'end'
        }

        It 'does the others when one is not there, and gives the highest exit code' {
            Invoke-InSandbox box, missing, other 'echo here; [ "$(cat /tmp/code 2>/dev/null)" ] && exit 9; exit 2' -ErrorAction SilentlyContinue -ErrorVariable errors | Should -Be 'here', 'here'
            $errors.FullyQualifiedErrorId | Should -BeLike 'SandboxNotFound,*'
            $LASTEXITCODE | Should -Be 2
        }
    }
}

Describe 'A script block that is run as a program' {
    BeforeAll {
        $s = New-AgentSandbox blocks -Backend Nspawn -Memory 1GB
    }

    AfterAll {
        Get-AgentSandbox | Remove-AgentSandbox
        Get-Leftover | Should -BeNullOrEmpty
    }

    It 'gets arguments as they are, and standard input as its pipeline' {
        $hostile = "a'; 'b", '$(1+1)', '', '-x', "‘curly’"
        $result = Invoke-InSandbox $s -ScriptBlock { foreach ($a in $args) { "<$a>" } } -ArgumentList $hostile -AsResult
        $result.StandardOutput -split "`n" | Where-Object { $_ } | Should -Be $hostile.ForEach({ "<$_>" })
        (1..3 | Invoke-InSandbox $s { process { "got $_" } } -AsResult).StandardOutput | Should -Be "got 1`ngot 2`ngot 3`n"
    }

    It 'refuses $using:, which nobody there could fill in' {
        (Get-Failure { Invoke-InSandbox $s { $using:PID } -AsResult }).FullyQualifiedErrorId | Should -BeLike 'InvalidSpecification,*'
    }

    It 'refuses a block that fits on no command line' {
        (Get-Failure { Invoke-InSandbox $s ([scriptblock]::Create("'" + 'x' * 20000 + "'")) -AsResult }).FullyQualifiedErrorId | Should -BeLike 'ArgumentListTooLong,*'
    }

    It 'has its errors and exit code in the result' {
        $result = Invoke-InSandbox $s { [Console]::Error.WriteLine('problem'); exit 7 } -AsResult
        $result.ExitCode | Should -Be 7
        $result.StandardError | Should -BeLike '*problem*'
    }

    It 'runs a script of PowerShell in the same one' {
        Set-Content (Join-Path $TestDrive 'x.ps1') '"$($args[0]) $(1 + 2)"'
        Invoke-InSandbox $s -FilePath (Join-Path $TestDrive 'x.ps1') -ArgumentList sum | Should -Be 'sum 3'
    }
}

Describe 'A throw-away sandbox of <_>' -ForEach 'Nspawn', 'Chroot', 'Docker', 'GVisor' {
    BeforeAll {
        $backend = $_
        $PSDefaultParameterValues['Invoke-InSandbox:WarningAction'] = 'SilentlyContinue'
    }

    AfterAll {
        $PSDefaultParameterValues.Remove('Invoke-InSandbox:WarningAction')
    }

    AfterEach {
        # Removed even so, or one failure would be every later test's.
        $left = Get-Leftover
        Get-AgentSandbox | Remove-AgentSandbox
        $left | Should -BeNullOrEmpty
    }

    It 'runs the command and is gone' {
        Invoke-InSandbox -Backend $backend -Memory 128MB 'echo here; exit 6' | Should -Be 'here'
        $LASTEXITCODE | Should -Be 6
    }

    It 'takes data from the pipeline' {
        'a', 'b' | Invoke-InSandbox -Backend $backend -Command cat | Should -Be 'a', 'b'
    }

    It 'is gone after an error' {
        (Get-Failure { Invoke-InSandbox -Backend $backend -Command no-such-program }).FullyQualifiedErrorId | Should -BeLike 'CommandNotFound,*'
    }

    It 'is gone when a later command has seen enough' {
        Invoke-InSandbox -Backend $backend 'yes' | Select-Object -First 1 | Should -Be 'y'
    }

    It 'is gone after a time-out' {
        (Invoke-InSandbox -Backend $backend 'sleep 40721' -TimeoutSec 1 -AsResult).TimedOut | Should -BeTrue
    }

    It 'is gone after Ctrl+C' {
        $shell = [powershell]::Create()
        try {
            $shell.AddScript("Import-Module '$ModulePath'; Invoke-InSandbox -Backend $backend 'sleep 40722' -WarningAction SilentlyContinue") | Out-Null
            $shell.BeginInvoke() | Out-Null
            Wait-Until { Test-HostProcess 'sleep 40722' } 'the command runs'
            $shell.Stop()
        }
        finally {
            $shell.Dispose()
        }
    }

    It 'sees its mounts' {
        $folder = Join-Path $TestDrive "throw-$backend"
        New-Item -ItemType Directory $folder | Out-Null
        Set-Content "$folder/file" 'mounted'
        chmod -R a+rX $folder
        Invoke-InSandbox -Backend $backend -Mount "${folder}:/mnt/x" 'cat /mnt/x/file' | Should -Be 'mounted'
    }
}

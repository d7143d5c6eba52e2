# Script blocks: objects from a PowerShell inside the sandbox.

BeforeAll {
    . (Join-Path $PSScriptRoot 'Common.ps1')

    function Get-Failure([scriptblock] $Action) {
        try { $null = & $Action } catch { return $_ }
        throw 'It did not fail.'
    }
}

Describe 'A script block in <_>' -ForEach 'Nspawn', 'Chroot' {
    BeforeAll {
        $s = New-AgentSandbox "blocks-$_" -Backend $_ -Memory 1GB -WarningAction Ignore
    }

    AfterAll {
        Get-AgentSandbox | Remove-AgentSandbox
        Get-Leftover | Should -BeNullOrEmpty
    }

    It 'brings objects back, marked with their sandbox' {
        $all = Invoke-InSandbox $s { Get-Process | Select-Object Name, Id }
        $all.Count | Should -BeGreaterThan 0
        $all[0].Id | Should -BeOfType [int]
        $all.PSSandboxName | Select-Object -Unique | Should -Be $s.Name
        $all[0].PSTypeNames[0] | Should -BeLike 'Deserialized.*'
        Invoke-InSandbox $s { 1 } | Should -BeOfType [int]
    }

    It 'gets arguments, $using: values and pipeline input as objects' {
        $table = @{ Inner = @{ Value = 5 } }
        $number = 7
        Invoke-InSandbox $s { param($a, $b) $a.Count; $b } -ArgumentList @(1, 2, 3), 'x' | Should -Be 3, 'x'
        Invoke-InSandbox $s { $args.Count; $args[0] } -ArgumentList "a'; `$(1+1)" | Should -Be 1, "a'; `$(1+1)"
        Invoke-InSandbox $s { $using:number + 1; $using:NUMBER; $using:table.Inner.Value; $using:table['Inner'].Value; & { $using:number } } | Should -Be 8, 7, 5, 5, 7
        1..3 | Invoke-InSandbox $s { process { $_ * 2 } } | Should -Be 2, 4, 6
        [pscustomobject]@{ A = 1 } | Invoke-InSandbox $s { $input | ForEach-Object A } | Should -Be 1
        (Get-Failure { Invoke-InSandbox $s { $using:nosuchvariable } }).FullyQualifiedErrorId | Should -BeLike 'InvalidSpecification,*'
    }

    It 'is fast the second time, and keeps no variables' {
        $first = Invoke-InSandbox $s { $x = 5; $global:y = 6; function f { 1 }; Set-Location /tmp; $PID }
        Invoke-InSandbox $s { "$x$y$((Get-Command f -ErrorAction Ignore).Name)|$PWD|$PID" } | Should -BeLike "|*|$first"
        Invoke-InSandbox $s { "$PWD" } | Should -Not -Be '/tmp'
    }
}

Describe 'What a script block does' {
    BeforeAll {
        $s = New-AgentSandbox streams -Backend Nspawn -Memory 1GB
    }

    AfterAll {
        Get-AgentSandbox | Remove-AgentSandbox
        Get-Leftover | Should -BeNullOrEmpty
    }

    It 'comes to the caller''s own streams' {
        $DebugPreference = 'Continue' # -Debug would have Pester's host ask.
        $all = Invoke-InSandbox $s {
            $DebugPreference = 'Continue'
            'output'; Write-Warning 'warning'; Write-Error 'error'; Write-Information 'information'; Write-Host 'host' -ForegroundColor Red; Write-Verbose 'verbose'; Write-Debug 'debug'
        } -Verbose -ErrorAction Continue *>&1
        $by = $all | Group-Object { $_.GetType().Name -replace '^Remoting' } -AsHashTable
        $by.String | Should -Be 'output'
        $by.WarningRecord.Message | Should -Be 'warning'
        "$($by.ErrorRecord)" | Should -Be 'error'
        $by.InformationRecord | ForEach-Object { "$_" } | Should -Be 'information', 'host'
        $by.InformationRecord[1].MessageData.ForegroundColor | Should -Be 'Red'
        $by.VerboseRecord.Message | Should -Contain 'verbose'
        $by.DebugRecord.Message | Should -Be 'debug'
    }

    It 'shows progress here' {
        $shell = [powershell]::Create()
        $null = $shell.AddScript('Import-Module $args[0]; Invoke-InSandbox streams { Write-Progress -Activity working -Status half -PercentComplete 50 }').AddArgument($ModulePath).Invoke()
        $shell.Streams.Progress.Where({ $_.Activity -eq 'working' }).PercentComplete | Should -Contain 50
        $shell.Dispose()
    }

    It 'comes one by one while it runs' {
        # The second object is only written when the first one has been seen here.
        $seen = Invoke-InSandbox $s {
            'first'
            while (-not (Test-Path /tmp/go)) { Start-Sleep -Milliseconds 20 }
            'second'
        } -TimeoutSec 60 | ForEach-Object { if ($_ -eq 'first') { Invoke-InSandbox $s 'touch /tmp/go' }; $_ }
        $seen | Should -Be 'first', 'second'
    }

    It 'keeps errors'' category, id and place' {
        $e = $null
        Invoke-InSandbox $s {
            1
            Get-Item /no/such/file
            2
        } -ErrorVariable e -ErrorAction SilentlyContinue | Should -Be 1, 2
        $e.Count | Should -Be 1
        $e[0].CategoryInfo.Category | Should -Be ObjectNotFound
        $e[0].FullyQualifiedErrorId | Should -Be 'PathNotFound,Microsoft.PowerShell.Commands.GetItemCommand'
        $e[0].TargetObject | Should -Be '/no/such/file'
        $e[0].PSSandboxName | Should -Be streams
        $e[0].OriginInfo.PSComputerName | Should -Be streams
        $e[0].PSSandboxInvocation.ScriptLineNumber | Should -Be 3
        $e[0].ScriptStackTrace | Should -BeLike '*line 3*'
    }

    It 'shows nothing by itself that tells the terminal more than a color' {
        $attack = "`e]52;c;cm0gLXJm`a`e[31mred"
        $all = Invoke-InSandbox $s {
            Write-Warning $using:attack; Write-Host $using:attack; Write-Error $using:attack
        } -ErrorAction Continue *>&1
        $all.Count | Should -Be 3
        foreach ($record in $all) {
            "$record" | Should -Match "52;c;.*`e\[31mred"
            "$record" | Should -Not -Match "`a|`e(?!\[[0-9;:]*m)"
        }

        (Get-Failure { Invoke-InSandbox $s { throw $using:attack } }).Exception.Message | Should -Be "]52;c;cm0gLXJm`e[31mred"
    }

    It 'shows errors with their sandbox and their line in the block' {
        $before = $ErrorView, $PSStyle.OutputRendering
        $PSStyle.OutputRendering = 'PlainText'
        try {
            $block = {
                1
                Get-Item /no/such/file
            }
            $e = Invoke-InSandbox $s $block -ErrorAction Continue 2>&1 | Where-Object { $_ -isnot [int] }
            $shown = @(
                'Get-Item: streams, in the script block'
                'Line |'
                '   3 |                 Get-Item /no/such/file'
                '     |                 ~~~~~~~~~~~~~~~~~~~~~~'
                "     | Cannot find path '/no/such/file' because it does not exist.")
            ($e | Out-String).Trim() -split '\r?\n' | Should -Be $shown
            $one = Invoke-InSandbox $s { Write-Error "a`e]0;title`a`e[2Jb" } -ErrorAction Continue 2>&1
            ($one | Out-String).Trim() | Should -Be 'Write-Error: streams: a]0;title[2Jb'
            $native = Invoke-InSandbox $s { & ls /no/such/file } -ErrorAction Continue 2>&1
            ($native | Out-String).Trim() | Should -Match '^\S*ls: cannot access ./no/such/file.: No such file or directory$'
            $ErrorView = 'CategoryView'
            ($e | Out-String).Trim() | Should -Be 'ObjectNotFound: (/no/such/file:String) [Get-Item], ItemNotFoundException'
            $ErrorView = 'NormalView'
            $e | Out-String -Width 200 | Should -Match '(?s)^Get-Item: streams: Cannot find.*At line:3 char:17.*FullyQualifiedErrorId : PathNotFound,'
        }
        finally {
            $ErrorView, $PSStyle.OutputRendering = $before
        }
    }

    It 'ends the cmdlet with the error that ended it' {
        $failure = Get-Failure { Invoke-InSandbox $s { throw [InvalidOperationException]::new('boo') } }
        "$failure" | Should -Be 'boo'
        $failure.CategoryInfo.Category | Should -Be OperationStopped
        $failure.CategoryInfo.Reason | Should -Be InvalidOperationException
        $failure.Exception | Should -BeOfType [System.Management.Automation.RemoteException]
        $failure.Exception.PSSandboxName | Should -Be streams
        $failure.ScriptStackTrace | Should -BeLike '*line 1*'
        $failure.InvocationInfo.ScriptName | Should -Be $PSCommandPath
        $written = Invoke-InSandbox $s, $s.Id { throw 'boo' } -ErrorAction Continue 2>&1
        $written.ForEach({ "$_ $($_.PSSandboxName)" }) | Should -Be 'boo streams', 'boo streams'
    }

    It 'sets $LASTEXITCODE with exit, and leaves it alone without' {
        $global:LASTEXITCODE = 42
        Invoke-InSandbox $s { 1 } | Should -Be 1
        $LASTEXITCODE | Should -Be 42
        Invoke-InSandbox $s { 1; exit 7 } | Should -Be 1
        $LASTEXITCODE | Should -Be 7
        (Invoke-InSandbox $s { [Console]::Error.WriteLine('problem'); exit 3 } -AsResult).ExitCode | Should -Be 3
    }

    It 'is ended by its time-out, with what it started' {
        $failure = Invoke-InSandbox $s { & sleep 987 } -TimeoutSec 3 -ErrorAction Continue 2>&1
        $failure.FullyQualifiedErrorId | Should -BeLike 'CommandTimedOut,*'
        $LASTEXITCODE | Should -Be 124
        Wait-Until { -not (Invoke-InSandbox $s 'cat /proc/[0-9]*/cmdline 2>/dev/null' | Select-String 'sleep.987') } 'the sleep is gone'
    }

    It 'is ended by a command that has enough, and by Stop' {
        Invoke-InSandbox $s { 1; & sleep 988 } | Select-Object -First 1 | Should -Be 1
        $shell = [powershell]::Create()
        $null = $shell.AddScript('Import-Module $args[0]; Invoke-InSandbox streams { "up"; & sleep 989 }').AddArgument($ModulePath)
        $output = [System.Management.Automation.PSDataCollection[psobject]]::new()
        $run = $shell.BeginInvoke([System.Management.Automation.PSDataCollection[psobject]]::new(), $output)
        Wait-Until { $output.Count -gt 0 } 'it runs'
        $shell.Stop()
        $run.IsCompleted | Should -BeTrue
        $shell.Dispose()
        Wait-Until { -not (Invoke-InSandbox $s 'cat /proc/[0-9]*/cmdline 2>/dev/null' | Select-String 'sleep.98[89]') } 'the sleeps are gone'
    }

    It 'runs beside others' {
        $ids = 1..3 | ForEach-Object -Parallel {
            Import-Module $using:ModulePath
            Invoke-InSandbox streams { New-Item "/tmp/at$using:_" | Out-Null; while (@(Get-Item /tmp/at*).Count -lt 3) { Start-Sleep -Milliseconds 20 }; $PID } -TimeoutSec 120
        }
        ($ids | Select-Object -Unique).Count | Should -Be 3
    }

    It 'that never ends goes no faster than what reads it' {
        # A record is noted after it was written; only so many can be on their way.
        $taken = 0
        Invoke-InSandbox $s { for ($i = 1; $true; $i++) { 'x' * 100000; [IO.File]::WriteAllText('/tmp/written', $i) } } | ForEach-Object {
            if (++$taken -eq 1) {
                # The first one is held until the sandbox has to wait: two looks at what it has written say the same.
                $state = @{}
                Wait-Until { $last = $state.Count; Start-Sleep -Seconds 1; $state.Count = [int](Invoke-InSandbox $s 'cat /tmp/written'); $last -and $state.Count -eq $last } 'it waits' -Seconds 120
                $state.Count
            }
        } | Select-Object -First 1 | Should -BeLessThan 1000
        Invoke-InSandbox $s { 'on' } | Should -Be on
    }

    It 'holds a fast sandbox to the pace of the pipeline' {
        $count = 0
        Invoke-InSandbox $s { 1..20000 } | ForEach-Object { $count++ }
        $count | Should -Be 20000
        $all = Invoke-InSandbox $s { 1..700 | ForEach-Object { Write-Warning $_; Write-Verbose $_; Write-Information $_; $_ } } -Verbose *>&1
        $all.Where({ $_ -is [int] }).Count | Should -Be 700
    }

    It 'can''t ask this host' {
        foreach ($block in { Read-Host 'password' }, { $Host.UI.PromptForCredential('a', 'b', 'c', 'd') }, { $Host.UI.RawUI.ReadKey() }) {
            "$(Get-Failure { Invoke-InSandbox $s $block -ErrorAction Stop -TimeoutSec 60 })" | Should -Match 'refused|does not support user interaction'
        }
    }

    It 'waits for nobody when the sandbox is gone' {
        $t = New-AgentSandbox gone -Backend Nspawn -Memory 1GB
        Invoke-InSandbox $t { 1 } | Should -Be 1
        Remove-AgentSandbox gone
        (Get-Failure { Invoke-InSandbox $t { 1 } }).FullyQualifiedErrorId | Should -BeLike 'SandboxNotFound,*'
    }

    It 'says what is missing where there is no PowerShell' {
        $failure = Get-Failure { Invoke-InSandbox -Backend Nspawn -NoPowerShell -ScriptBlock { 1 } }
        $failure.FullyQualifiedErrorId | Should -BeLike 'CommandNotFound,*'
        $failure.ErrorDetails.RecommendedAction | Should -BeLike '*NoPowerShell*'
    }

    It 'runs in a throw-away sandbox, too' {
        Invoke-InSandbox -Backend Nspawn -ScriptBlock { $using:s.Name; 6 * 7 } | Should -Be 'streams', 42
    }
}

Describe 'A hostile PowerShell in a sandbox' {
    BeforeAll {
        $tools = Join-Path $TestDrive 'tools'
        New-Item $tools -ItemType Directory | Out-Null
        Copy-Item (Join-Path $PSScriptRoot 'hostile-server.py') (Join-Path $tools 'pwsh')
        chmod -R a+rx $tools
        $s = New-AgentSandbox hostile -Backend Nspawn -Memory 1GB -NoPowerShell -Mount "${tools}:/srv/tools" -Environment @{ PATH = '/srv/tools:/usr/bin:/bin' }
    }

    AfterAll {
        Get-AgentSandbox | Remove-AgentSandbox
        Get-Leftover | Should -BeNullOrEmpty
    }

    It 'can''t have live objects made, nor forge its name' {
        $all = @(Invoke-InSandbox $s { 1 } -Environment @{ HOSTILE = 'types' })
        $all.Count | Should -Be 7
        $all[0..5] | ForEach-Object { $_.PSObject.BaseObject | Should -BeOfType [System.Management.Automation.PSCustomObject] }
        $all[0..3] | ForEach-Object { $_.PSTypeNames[0] | Should -BeLike 'Deserialized.*' }
        $all.PSSandboxName | Select-Object -Unique | Should -Be hostile
        $all[6] | Should -BeOfType [string]
        '/tmp/pwned' | Should -Not -Exist
    }

    It 'is cut off: <_>' -ForEach 'cim', 'deep', 'document', 'large', 'object', 'other', 'client' {
        (Get-Failure { Invoke-InSandbox $s { 1 } -Environment @{ HOSTILE = $_ } -TimeoutSec 300 -ErrorAction Stop }).FullyQualifiedErrorId | Should -BeLike 'ProtocolViolation,*'
    }

    It 'gets no answer from the host, and changes nothing of it' {
        $title = try { $Host.UI.RawUI.WindowTitle } catch { '' }
        Invoke-InSandbox $s { 1 } -Environment @{ HOSTILE = 'prompts' } -TimeoutSec 60 6>$null | Should -Be 'after'
        $(try { $Host.UI.RawUI.WindowTitle } catch { '' }) | Should -Be $title
    }

    It 'can''t stop this PowerShell in a debugger' {
        Invoke-InSandbox $s { 1 } -Environment @{ HOSTILE = 'debugger' } -TimeoutSec 60 | Should -Be 'after'
    }

    It 'is held up by flow control, not by memory' {
        [GC]::Collect()
        $before = [GC]::GetTotalMemory($true)
        # The first object takes long; what waits meanwhile is bounded. 64 MB would be reached at once by a server that sends as fast as it can.
        $largest = Invoke-InSandbox $s { 1 } -Environment @{ HOSTILE = 'flood' } | Select-Object -First 2000 | ForEach-Object {
            [System.Threading.Thread]::Sleep(1)
            [GC]::GetTotalMemory($false)
        } | Measure-Object -Maximum
        $largest.Maximum - $before | Should -BeLessThan 256MB
    }

    It 'that never answers is ended: <_>' -ForEach 'mute', 'silent', 'unclosable' {
        $watch = [Diagnostics.Stopwatch]::StartNew()
        try { $null = Invoke-InSandbox $s { 1 } -Environment @{ HOSTILE = $_ } -TimeoutSec 5 2>&1 } catch { $_.FullyQualifiedErrorId | Should -BeLike 'CommandTimedOut,*' }
        $watch.Elapsed.TotalSeconds | Should -BeLessThan 60
    }
}

Describe 'The transport' {
    It 'uses nothing that this PowerShell has not' {
        # It is compiled against signatures of our own, so every method is compiled here to its end.
        $assembly = [AppDomain]::CurrentDomain.GetAssemblies().Where({ $_.GetName().Name -eq 'AgentSandbox.PowerShell.Transport' })[0]
        $methods = $assembly.GetTypes().ForEach({ $_.GetMethods('Public,NonPublic,Instance,Static,DeclaredOnly'); $_.GetConstructors('Public,NonPublic,Instance') }).Where({ -not $_.IsAbstract })
        $methods.Count | Should -BeGreaterThan 10
        $methods.ForEach({ [System.Runtime.CompilerServices.RuntimeHelpers]::PrepareMethod($_.MethodHandle) })
    }
}

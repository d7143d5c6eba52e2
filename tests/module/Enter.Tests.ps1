BeforeAll {
    . $PSScriptRoot/Common.ps1

    # A real terminal with a person at it: a pane of a tmux server of its own, in which a PowerShell runs as a user has it.
    $TmuxFolder = Join-Path ([IO.Path]::GetTempPath()) "asb-tmux-$([Guid]::NewGuid().ToString('N').Substring(0, 8))"
    $null = New-Item -ItemType Directory $TmuxFolder

    function Invoke-Tmux {
        $output = env -u TMUX LANG=C.UTF-8 tmux -S "$TmuxFolder/s" @args 2>&1
        if ($LASTEXITCODE -ne 0) { throw "tmux $args`: $output" }
        $output
    }

    function Send-Line([string] $Line) { Invoke-Tmux send-keys -l "$Line`r" }

    function Get-Screen { ((Invoke-Tmux capture-pane -p -J) -join "`n").TrimEnd() }

    function Wait-Screen([string] $Pattern) {
        try {
            Wait-Until { (Get-Screen) -match $Pattern } "'$Pattern' on the screen" -Seconds 90
        }
        catch {
            throw "$_ On it is:`n$(Get-Screen)"
        }
    }

    # Settings of the terminal as a program finds them that PowerShell starts.
    function Get-TerminalSetting([string] $Mark) {
        Send-Line "Clear-Host; stty -a | Select-String -NotMatch rows | Out-String; 'mark' + ' $Mark'"
        Wait-Screen "mark $Mark"
        (Get-Screen) -replace '(?s)^.*?(intr = .*)\nmark.*$', '$1'
    }

    function Start-Pane {
        $pwsh = (Get-Process -Id $PID).Path
        Invoke-Tmux -f /dev/null new-session -d -x 110 -y 30 -e "AGENTSANDBOX_HOME=$env:AGENTSANDBOX_HOME" -e "DOCKER_HOST=$env:DOCKER_HOST" -e NO_COLOR=1 $pwsh -NoLogo -NoProfile
        Wait-Screen 'PS .*> *$'
        Send-Line "function prompt { 'host> ' }; `$ErrorView = 'CategoryView'; Import-Module '$ModulePath'; 'lo' + 'aded'"
        Wait-Screen '(?m)^loaded$'
        Wait-Screen 'host> *$'
    }
}

AfterAll {
    Remove-Item $TmuxFolder -Recurse -Force
}

Describe 'Enter-AgentSandbox in <_>' -ForEach 'Nspawn', 'Chroot' {
    BeforeAll {
        $backend = $_
        $null = New-AgentSandbox box -Backend $backend -WarningAction SilentlyContinue
        Start-Pane
    }

    AfterAll {
        Invoke-Tmux kill-server
        Get-AgentSandbox | Remove-AgentSandbox -Confirm:$false
        Get-Leftover | Should -BeNullOrEmpty
    }

    It 'gives a shell on a terminal, resized with the window, and leaves PowerShell''s as it was' {
        $before = Get-TerminalSetting one
        Send-Line "Clear-Host; Enter-AgentSandbox box bash -ArgumentList --norc -Environment @{ PS1 = 'in-box$ ' }; `"code `$LASTEXITCODE `$?`""
        Wait-Screen 'in-box\$ *$'
        Send-Line 'clear; echo $(tty) $TERM $(stty size)'
        Wait-Screen '/dev/pts/0 tmux-256color 30 110'
        Invoke-Tmux resize-window -x 90 -y 25
        Send-Line 'clear; until test "$(stty size)" = "25 90"; do sleep 0.1; done; echo re""sized'
        Wait-Screen 'resized'
        Send-Line 'clear; echo be""gun; sleep 7491'
        Wait-Screen '(?m)^begun$'
        Invoke-Tmux send-keys C-c
        Wait-Screen 'in-box\$ *$'
        Send-Line 'seq 1000 >/tmp/numbers; less /tmp/numbers'
        Wait-Screen '\A1\n2\n3\n'
        Invoke-Tmux display-message -p '#{alternate_on}' | Should -Be 1
        Invoke-Tmux send-keys q
        Wait-Screen 'in-box\$ *$'
        Send-Line 'exit 7'
        Wait-Screen '(?m)^code 7 False$'
        Wait-Screen 'host> *$'
        Invoke-Tmux resize-window -x 110 -y 30
        Get-TerminalSetting two | Should -Be $before
    }

    It 'is left with Ctrl+D, the next line is PowerShell''s, and the way in works again' {
        # A chroot's guest is no root and can't become anybody else.
        $user, $name = if ($backend -eq 'Nspawn') { '-User nobody', 'nobody' } else { '', (Invoke-InSandbox box 'id -un 2>/dev/null') }
        foreach ($round in 1, 2) {
            Send-Line "Clear-Host; Get-AgentSandbox box | Enter-AgentSandbox $user -WorkingDirectory /tmp -Environment @{ PS1 = 'in-box$ '; MARK = '$round' }; `"code `$LASTEXITCODE `$?`""
            Wait-Screen "(?m)^[^']*[$#] *\z" # Not the line that was typed, in the middle of its echo.
            Send-Line 'clear; echo $(id -un 2>/dev/null) $(pwd) $MARK'
            Wait-Screen "(?m)^$name ?/tmp $round$"
            Invoke-Tmux send-keys C-d
            Wait-Screen '(?m)^code 0 True$'
            Wait-Screen 'host> *$'
            Send-Line "Clear-Host; 'two and ' + (1 + 1)"
            Wait-Screen '(?m)^two and 2$'
        }

        # Ctrl+C is PowerShell's again.
        Send-Line "Clear-Host; 'sleep' + 'ing'; Start-Sleep 1000"
        Wait-Screen '(?m)^sleeping$'
        Invoke-Tmux send-keys C-c
        Wait-Screen 'host> *$'
    }

    It 'says so when the sandbox is removed, with the screen and the terminal as before' {
        $before = Get-TerminalSetting three
        Send-Line "Clear-Host; Enter-AgentSandbox box less -ArgumentList /etc/passwd"
        Wait-Screen '\Aroot:'
        Invoke-Tmux display-message -p '#{alternate_on}' | Should -Be 1
        Get-AgentSandbox box | Remove-AgentSandbox -Confirm:$false
        Wait-Screen 'ConnectionError: \(box:String\) \[Enter-AgentSandbox\]'
        Wait-Screen 'host> *$'
        Invoke-Tmux display-message -p '#{alternate_on}' | Should -Be 0
        Get-TerminalSetting four | Should -Be $before
    }
}

Describe 'Enter-PSSession with a session in a sandbox' {
    BeforeAll {
        $null = New-AgentSandbox box -Backend Nspawn -Memory 1GB
        Start-Pane
        Send-Line "`$x = New-SandboxSession box; 'ope' + 'ned'"
        Wait-Screen '(?m)^opened$'
    }

    AfterAll {
        Invoke-Tmux kill-server
        Get-AgentSandbox | Remove-AgentSandbox -Confirm:$false
        Get-Leftover | Should -BeNullOrEmpty
    }

    It 'is a prompt inside, with errors and warnings, until <_>' -ForEach 'exit', 'exit 3', 'Exit-PSSession', '"by" + "e"; exit' {
        Send-Line 'Clear-Host; Enter-PSSession $x'
        Wait-Screen '(?m)^\[box\]: PS /root> *\z'
        Send-Line "Clear-Host; Get-Item /no/such/file; Write-Warning ('wa' + 'rned'); `$ErrorView; `$null -eq `$x"
        Wait-Screen '(?m)^Get-Item: Cannot find path ./no/such/file. because it does not exist'
        Wait-Screen '(?m)^WARNING: warned\n(ConciseView\n)?True$'
        Send-Line $_
        Wait-Screen '(?m)^host> *\z'
        Send-Line "Clear-Host; 'state ' + `$x.State"
        Wait-Screen '(?m)^state Opened$'
    }

    It 'is interrupted with Ctrl+C, and goes on' {
        Send-Line 'Enter-PSSession $x'
        Wait-Screen '(?m)^\[box\]: PS /root> *\z'
        Send-Line "Clear-Host; 'sleep' + 'ing'; Start-Sleep 1000"
        Wait-Screen '(?m)^sleeping$'
        Invoke-Tmux send-keys C-c
        Wait-Screen '(?m)^\[box\]: PS /root> *\z'
        Send-Line "Clear-Host; 'program' + 's'; & sleep 1000"
        Wait-Screen '(?m)^programs$'
        Invoke-Tmux send-keys C-c
        Wait-Screen '(?m)^\[box\]: PS /root> *\z'
        Send-Line "Clear-Host; 'goes ' + 'on'"
        Wait-Screen '(?m)^goes on$'
    }

    It 'can''t look as if it had been left' {
        Send-Line 'Clear-Host; function prompt { "`r`e[2K`e[1Ghost> " }'
        Wait-Screen '(?m)^\[box\]: .*host> *\z'
        Send-Line 'exit'
        Wait-Screen '(?m)^host> *\z'
    }

    It 'says so and is left when the sandbox is removed' {
        Send-Line 'Clear-Host; $ErrorView = "ConciseView"; Enter-PSSession $x'
        Wait-Screen '(?m)^\[box\]: .*> *\z'
        Send-Line "Clear-Host; 'sleep' + 'ing'; Start-Sleep 1000"
        Wait-Screen '(?m)^sleeping$'
        Get-AgentSandbox box | Remove-AgentSandbox -Confirm:$false
        Wait-Screen '(?s)sleeping.*(connection to the sandbox broke|The PowerShell in box ended)'
        Wait-Screen '(?m)^host> *\z'
    }
}

Describe 'Enter-AgentSandbox without a terminal' {
    It 'is an error that says what to do, and touches nothing' {
        $line = "Import-Module '$ModulePath'; try { Enter-AgentSandbox nowhere } catch { `$_.FullyQualifiedErrorId; `$_.CategoryInfo.Category; `$_.ErrorDetails.RecommendedAction }"
        $output = '' | & (Get-Process -Id $PID).Path -NoProfile -NonInteractive -Command $line
        $output[0] | Should -BeLike 'TerminalRequired,*'
        $output[1] | Should -Be 'InvalidOperation'
        $output[2] | Should -Match 'Invoke-InSandbox'
    }
}

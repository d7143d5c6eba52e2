BeforeAll {
    . $PSScriptRoot/Common.ps1

    # Runs lines in a PowerShell of its own, on a terminal of its own (as script(1) makes one) or with its output in a pipe, and gives all that it wrote.
    function Get-Written([string] $Script, [string[]] $Variable = @(), [switch] $Terminal) {
        $file = Join-Path $TestDrive "style-$([Guid]::NewGuid().ToString('N')).ps1"
        Set-Content -LiteralPath $file "`$ProgressPreference = 'SilentlyContinue'`nImport-Module '$ModulePath'`n$Script" # PowerShell draws its bar in colours, always.
        $line = "env -u NO_COLOR $Variable TERM=xterm-256color pwsh -NoProfile -NonInteractive -File $file"
        $output = if ($Terminal) { script --quiet --return --command $line /dev/null } else { sh -c "$line 2>&1" }
        $output -join "`n"
    }

    # What colours, moves, names or asks the terminal. A terminal's line discipline adds CR, and PowerShell says at its start whether it takes application keys; none of that is ours.
    function Select-Escape([string] $Text) {
        [regex]::Matches($Text, '\x1b\[[0-9;:]*m|[\x00-\x08\x0b\x0c\x0e-\x1a\x1c-\x1f\x7f\x80-\x9f]|\x1b[\]PX^_]').Value
    }

    $s = New-AgentSandbox styled -Backend Nspawn
    $views = @'
$s = Get-AgentSandbox styled
$s; $s | Format-List; $s | Checkpoint-AgentSandbox -CheckpointName shown -Force -PassThru
Get-SandboxBackend; Get-SandboxImage host; Get-SandboxCheckpoint styled
Test-SandboxIsolation styled -Probe process.host-visible, fs.host-path -OutVariable results
$results | Format-List
Compare-SandboxBackend Nspawn, Chroot -Probe process.host-visible
Invoke-InSandbox styled 'echo out; echo err >&2; exit 3' -AsResult; Invoke-InSandbox styled 'exit 3' -AsResult | Format-Table
Invoke-InSandbox styled 'echo of standard error >&2'
$p = Invoke-InSandbox styled 'sleep 1000' -Background; $p; $p | Stop-SandboxProcess -Force
Get-AgentSandbox nothing
'@
}

AfterAll {
    Get-AgentSandbox | Remove-AgentSandbox
    Get-Leftover | Should -BeNullOrEmpty
}

Describe 'Views, errors and warnings' {
    It 'write no colour where <What>' -ForEach @(
        @{ What = '$PSStyle.OutputRendering is PlainText'; Before = '$PSStyle.OutputRendering = "PlainText"'; Variable = @() }
        @{ What = 'NO_COLOR is set'; Before = ''; Variable = @('NO_COLOR=1') }
    ) {
        foreach ($terminal in $true, $false) {
            $text = Get-Written "$Before`n$views" $Variable -Terminal:$terminal
            $text | Should -Match 'styled\s+Running'
            $text | Should -Match 'of standard error'
            $text | Should -Match 'no sandbox ''nothing'''
            Select-Escape $text | Should -BeNullOrEmpty
        }
    }

    It 'are coloured on a terminal, and each colour is ended' {
        $text = Get-Written $views -Terminal
        $text | Should -Match '\x1b\[32mRunning\x1b\[0m'
        $text | Should -Match '\x1b\[31;1m.*of standard error'
        foreach ($line in $text -split "`n" | Where-Object { $_ -match '\x1b\[(?!0?m)[0-9;]*m(?!.*\x1b\[0?m)' }) {
            $line | Should -Match '\x1b\[(31;1|36;1|33;1)m' -Because 'only PowerShell''s own error view goes over lines'
        }
    }

    It 'have the matrix''s head in the user''s own style' {
        $text = Get-Written '$PSStyle.Formatting.TableHeader = $PSStyle.Foreground.BrightCyan; Compare-SandboxBackend Nspawn, Chroot -Probe process.host-visible' -Terminal
        $text | Should -Match '\x1b\[96mProbe +Severity +Nspawn +Chroot\x1b\[0m'
    }
}

Describe 'Text that a guest chose' {
    BeforeDiscovery {
        $attacks = @(
            @{ What = 'moves the cursor and clears'; Text = '\033[2J\033[1;1H' }
            @{ What = 'names the window'; Text = '\033]0;owned\007' }
            @{ What = 'asks the terminal'; Text = '\033[6n\033[c\033P$q"p\033\\' }
            @{ What = 'sets the clipboard'; Text = '\033]52;c;b3duZWQ=\007' }
            @{ What = 'is a C1 control'; Text = '\302\2332J' }
            @{ What = 'turns the line around'; Text = '\342\200\256' }
            @{ What = 'goes back'; Text = 'x\b\b\b\r' }
        )
    }

    It 'never reaches the terminal as what it is, in views and standard error: <What>' -ForEach $attacks {
        $script = "`$r = Invoke-InSandbox styled 'printf ''out-$Text-tuo''; printf ''err-$Text-rre'' >&2' -AsResult`n`$r; `$r | Format-Table; `$r | Format-List`nInvoke-InSandbox styled 'printf ''line-$Text-enil'' >&2'"
        $text = Get-Written "`$PSStyle.OutputRendering = 'Ansi'`n$($script -replace '\\', '\')"
        foreach ($part in 'out-', 'err-', 'line-') { $text | Should -Match $part }
        # Colours are the views' own; whatever else steers a terminal would be the guest's.
        [regex]::Matches($text, '\x1b(?!\[[0-9;]*m)|[\x00-\x08\x0b\x0c\x0e-\x1a\x1c-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]|\r(?!\n)').Value | Should -BeNullOrEmpty
    }

    It 'is kept as it is in the objects' {
        (Invoke-InSandbox $s 'printf ''\033[2J''' -AsResult).StandardOutput | Should -Be "`e[2J"
    }

    It 'forges no row of a table' {
        $result = Invoke-InSandbox $s 'printf ''first\rstyled  0 exited\nsecond''' -AsResult
        $lines = ($result | Format-Table | Out-String -Width 200) -split '\r?\n' | Where-Object { $_ -match 'exited' }
        @($lines).Count | Should -Be 1
    }

    It 'is harmless in the command line of a process' {
        $process = Invoke-InSandbox $s "sleep 1000 # `e[2J" -Background
        try {
            $process | Out-String -Width 200 | Should -Not -Match '\x1b\[2J'
            $process.Command | Should -Match 'sleep 1000'
        }
        finally {
            $process | Stop-SandboxProcess -Force
        }
    }

    It 'is harmless in an error''s message' {
        $failure = Get-Failure { Get-AgentSandbox "x`e7`a`u{202e}y" -ErrorAction Stop }
        "$failure" | Should -Not -Match '[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e]'
        $failure.FullyQualifiedErrorId | Should -BeLike 'SandboxNotFound,*'
        $failure = Get-Failure { Invoke-InSandbox $s -Command "no`e]0;owned`a" -ErrorAction Stop }
        "$failure" | Should -Not -Match '[\x00-\x08\x0b-\x1f\x7f-\x9f]'
    }
}

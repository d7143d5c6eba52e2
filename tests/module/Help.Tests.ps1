BeforeDiscovery {
    $manifest = Import-PowerShellDataFile (Join-Path $PSScriptRoot '../../module/AgentSandbox/AgentSandbox.psd1')
    $cmdlets = $manifest.CmdletsToExport
}

BeforeAll {
    . $PSScriptRoot/Common.ps1
}

Describe 'Help of <_>' -ForEach $cmdlets {
    BeforeAll {
        $name = $_
        $help = Get-Help $name -Full
        $command = Get-Command $name
        $common = [Management.Automation.PSCmdlet]::CommonParameters
    }

    It 'is the written one, with synopsis and description' {
        $help.Synopsis | Should -Not -BeNullOrEmpty
        $help.Synopsis | Should -Not -Match "^\s*$name"
        ($help.description.Text -join '').Length | Should -BeGreaterThan 60
    }

    It 'has two examples or more, each with code that parses and calls the cmdlet' {
        @($help.examples.example).Count | Should -BeGreaterOrEqual 2
        foreach ($example in $help.examples.example) {
            $errors = $null
            $ast = [Management.Automation.Language.Parser]::ParseInput($example.code, [ref] $null, [ref] $errors)
            $errors | Should -BeNullOrEmpty
            $calls = $ast.FindAll({ $args[0] -is [Management.Automation.Language.CommandAst] }, $true)
            $calls | ForEach-Object { $_.GetCommandName() } | Should -Contain $name
        }
    }

    It 'uses in its examples only parameters that there are' {
        foreach ($example in $help.examples.example) {
            $ast = [Management.Automation.Language.Parser]::ParseInput($example.code, [ref] $null, [ref] $null)
            foreach ($call in $ast.FindAll({ $args[0] -is [Management.Automation.Language.CommandAst] }, $true)) {
                $called = Get-Command $call.GetCommandName() -ErrorAction Ignore
                if ($called.ModuleName -eq 'AgentSandbox') {
                    foreach ($parameter in $call.CommandElements | Where-Object { $_ -is [Management.Automation.Language.CommandParameterAst] }) {
                        $called.Parameters.Keys | Should -Contain $parameter.ParameterName
                    }
                }
            }
        }
    }

    It 'describes every parameter' {
        foreach ($parameter in $command.Parameters.Values | Where-Object Name -NotIn $common) {
            $described = $help.parameters.parameter | Where-Object name -EQ $parameter.Name
            $described | Should -Not -BeNullOrEmpty -Because "-$($parameter.Name) has to be described"
            ($described.description.Text -join '').Length | Should -BeGreaterThan 10
        }
    }

    It 'has a syntax for each parameter set, with the parameters that the set has' {
        @($help.syntax.syntaxItem).Count | Should -Be $command.ParameterSets.Count
        foreach ($set in $command.ParameterSets) {
            $own = $set.Parameters.Name | Where-Object { $_ -notin $common } | Sort-Object
            $same = $help.syntax.syntaxItem | Where-Object { -not (Compare-Object @($_.parameter.name | Sort-Object) @($own)) }
            $same | Should -Not -BeNullOrEmpty -Because "the parameter set $($set.Name) has to be shown"
        }
    }

    It 'tells the truth about what is mandatory' {
        foreach ($set in $command.ParameterSets) {
            $own = $set.Parameters.Name | Where-Object { $_ -notin $common } | Sort-Object
            $item = $help.syntax.syntaxItem | Where-Object { -not (Compare-Object @($_.parameter.name | Sort-Object) @($own)) } | Select-Object -First 1
            foreach ($parameter in $set.Parameters | Where-Object Name -NotIn $common) {
                ($item.parameter | Where-Object name -EQ $parameter.Name).required | Should -Be "$($parameter.IsMandatory)".ToLowerInvariant()
            }
        }
    }
}

Describe 'about_AgentSandbox' {
    It 'is found and names every cmdlet' {
        $text = Get-Help about_AgentSandbox | Out-String
        foreach ($name in (Get-Module AgentSandbox).ExportedCommands.Keys) {
            $text | Should -Match $name
        }
    }
}

Describe '<_>' -ForEach 'about_AgentSandbox_Backends', 'about_AgentSandbox_Isolation', 'about_AgentSandbox_Security' {
    It 'is found, and names no cmdlet, parameter or topic that is not there' {
        $text = Get-Help $_ | Out-String
        $text | Should -Match "(?m)^ +$_`\s*$"
        $commands = (Get-Module AgentSandbox).ExportedCommands
        foreach ($name in [regex]::Matches($text, '(?<![\w-])[A-Z][a-z]+-(?:Agent|Sandbox|InSandbox)\w*').Value | Sort-Object -Unique) {
            $commands.Keys | Should -Contain $name
        }

        $parameters = $commands.Values.Parameters.Keys + 'BeIsolated' | Sort-Object -Unique
        foreach ($name in [regex]::Matches($text, '(?<=[\s(])-([A-Z]\w+)').ForEach({ $_.Groups[1].Value }) | Sort-Object -Unique) {
            $parameters | Should -Contain $name
        }

        foreach ($topic in [regex]::Matches($text, 'about_AgentSandbox\w*').Value | Sort-Object -Unique) {
            Get-Help $topic | Should -Not -BeNullOrEmpty
        }
    }

    It 'has lines that a terminal of 80 columns shows' {
        Get-Content (Join-Path $ModulePath "en-US/$_.help.txt") | Where-Object Length -GT 79 | Should -BeNullOrEmpty
    }
}

Describe 'about_AgentSandbox_Backends' {
    It 'has every backend' {
        $text = Get-Help about_AgentSandbox_Backends | Out-String
        foreach ($name in (Get-SandboxBackend).Name) {
            $text | Should -Match "(?m)^ +$name( |\s*$)"
        }
    }
}

Describe 'Get-Help -Online' {
    It 'opens each cmdlet''s page in the project that the manifest names; where it names none, no page claims an address' {
        $manifest = Import-PowerShellDataFile (Join-Path $ModulePath 'AgentSandbox.psd1')
        $project = $manifest.PrivateData.PSData.ProjectUri
        foreach ($name in $manifest.CmdletsToExport) {
            $addresses = @((Get-Help $name).relatedLinks.navigationLink.uri | Where-Object { $_ })
            if ($project) {
                $addresses | Should -Be "$($project.TrimEnd('/'))/blob/main/docs/cmdlets/$name.md"
            }
            else {
                $addresses | Should -BeNullOrEmpty
                { Get-Help $name -Online } | Should -Throw -ExceptionType ([InvalidOperationException])
            }

            Join-Path $PSScriptRoot "../../docs/cmdlets/$name.md" | Should -Exist
        }
    }
}

Describe 'Update-Help' {
    It 'is not needed, and has nothing to get: the help is in the module' {
        (Get-Module AgentSandbox).HelpInfoUri | Should -BeNullOrEmpty
        Join-Path $ModulePath 'en-US/AgentSandbox.PowerShell.dll-Help.xml' | Should -Exist
    }
}

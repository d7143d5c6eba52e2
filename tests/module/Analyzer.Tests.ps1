BeforeDiscovery {
    $root = [IO.Path]::GetFullPath((Join-Path $PSScriptRoot '../..'))
    $skipped = 'bin', 'obj', 'artifacts', '.git'
    $files = Get-ChildItem $root -Recurse -File -Include *.ps1, *.psm1, *.psd1 |
        Where-Object { -not (([IO.Path]::GetRelativePath($root, $_.FullName) -split '[\\/]') | Where-Object { $_ -in $skipped }) } |
        ForEach-Object { @{ Name = [IO.Path]::GetRelativePath($root, $_.FullName); File = $_.FullName } }

    # Where the module is not installed nothing is analyzed. Nothing is counted as skipped then, and nothing as passed; Invoke-ModuleTest.ps1 says so at the end, in large letters.
    $hasAnalyzer = [bool](Get-Module PSScriptAnalyzer -ListAvailable)
}

BeforeAll {
    . $PSScriptRoot/Common.ps1
}

Describe 'The scripts' {
    It 'parse: <Name>' -ForEach $files {
        $errors = $null
        $null = [Management.Automation.Language.Parser]::ParseFile($File, [ref] $null, [ref] $errors)
        $errors | Should -BeNullOrEmpty
    }

    It 'are where they are looked for' -ForEach @{ Files = $files } {
        $Files.Name | Should -Contain 'build.ps1'
        $Files.Name | Should -Contain (Join-Path 'module' 'AgentSandbox' 'AgentSandbox.psd1')
        $Files.Name | Should -Contain (Join-Path 'docs' 'examples' 'quickstart.ps1')
        $Files.Name | Should -Contain (Join-Path 'tests' 'module' 'Analyzer.Tests.ps1')
    }
}

if ($hasAnalyzer) {
    Describe 'PSScriptAnalyzer' {
        It 'finds nothing in <Name>' -ForEach $files {
            $settings = Join-Path ($Name -like 'tests*' ? $PSScriptRoot : "$PSScriptRoot/../..") 'PSScriptAnalyzerSettings.psd1'
            $findings = Invoke-ScriptAnalyzer -Path $File -Settings $settings
            $findings | ForEach-Object { "$($_.RuleName) at line $($_.Line): $($_.Message)" } | Should -BeNullOrEmpty
        }

        It 'would find something' {
            Invoke-ScriptAnalyzer -ScriptDefinition 'gci | Invoke-Expression' -Settings "$PSScriptRoot/PSScriptAnalyzerSettings.psd1" | ForEach-Object RuleName | Should -Contain 'PSAvoidUsingInvokeExpression'
        }
    }
}

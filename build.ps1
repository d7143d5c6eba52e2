#!/usr/bin/env pwsh
<#
.SYNOPSIS
Builds and tests this repository. The door for PowerShell users; it only calls dotnet and Pester.
.DESCRIPTION
Build  builds the solution, which lays out the module at artifacts/module/AgentSandbox.
Test   builds, then runs the .NET tests and the Pester tests of the built module. They need root.
Help   rewrites the generated blocks of the pages in docs/cmdlets (syntax, facts of parameters) from the compiled cmdlets.
Clean  deletes what was built.
.EXAMPLE
./build.ps1

Builds the release configuration.
.EXAMPLE
./build.ps1 -Task Test

Builds and runs every test.
#>
[CmdletBinding()]
param(
    [ValidateSet('Build', 'Test', 'Help', 'Clean')]
    [string] $Task = 'Build',

    [ValidateSet('Release', 'Debug')]
    [string] $Configuration = 'Release'
)

$ErrorActionPreference = 'Stop'
$solution = Join-Path $PSScriptRoot 'AgentSandbox.PowerShell.sln'
$cmdlets = Join-Path $PSScriptRoot 'src/AgentSandbox.PowerShell'

function Invoke-DotNet {
    dotnet @args
    if ($LASTEXITCODE -ne 0) {
        throw "dotnet $($args -join ' ') ended with exit code $LASTEXITCODE."
    }
}

switch ($Task) {
    'Build' {
        Invoke-DotNet build $solution -c $Configuration
    }
    'Test' {
        Invoke-DotNet build $solution -c $Configuration
        Invoke-DotNet test $solution -c $Configuration --no-build
        & (Join-Path $PSScriptRoot 'tests/module/Invoke-ModuleTest.ps1')
    }
    'Help' {
        Invoke-DotNet build $cmdlets -c $Configuration '-p:SkipHelp=true' '-t:Build' '-t:UpdateHelpPages'
    }
    'Clean' {
        Invoke-DotNet clean $solution -c $Configuration
        $artifacts = Join-Path $PSScriptRoot 'artifacts'
        if (Test-Path $artifacts) {
            Remove-Item $artifacts -Recurse -Force
        }
    }
}

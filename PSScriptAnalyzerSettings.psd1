# For the scripts, the module and its tests; editors that know PSScriptAnalyzer find this file by its name. tests/module/Analyzer.Tests.ps1 runs it.
@{
    ExcludeRules = @(
        # PowerShell 7 reads UTF-8 without a byte order mark, and so does everything else that reads these files.
        'PSUseBOMForUnicodeEncodedFile'
        # 'Invoke-DotNet build x' reads as 'dotnet build x' does.
        'PSAvoidUsingPositionalParameters'
    )
}

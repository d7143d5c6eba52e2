BeforeAll {
    . $PSScriptRoot/Common.ps1

    # Makes another version of an assembly, which differs in its number alone: that number is four 16-bit words in the row of its Assembly table.
    function Set-AssemblyVersion([string] $File, [version] $Version) {
        $bytes = [IO.File]::ReadAllBytes($File)
        $image = [Reflection.PortableExecutable.PEReader]::new([IO.MemoryStream]::new($bytes))
        $metadata = [Reflection.Metadata.PEReaderExtensions]::GetMetadataReader($image)
        $row = $image.PEHeaders.MetadataStartOffset + [Reflection.Metadata.Ecma335.MetadataReaderExtensions]::GetTableMetadataOffset($metadata, 'Assembly')
        $image.Dispose()
        foreach ($part in $Version.Major, $Version.Minor, $Version.Build, 0) {
            $row += $part -eq $Version.Major ? 4 : 2
            [BitConverter]::GetBytes([uint16] $part).CopyTo($bytes, $row)
        }

        [IO.File]::WriteAllBytes($File, $bytes)
    }

    # Installs the built module as a version, as a package manager does: Name/Version.
    function Install-Version([string] $Version) {
        $folder = Join-Path $modules "AgentSandbox/$Version"
        New-Item -ItemType Directory (Split-Path $folder) -Force | Out-Null
        Copy-Item $ModulePath $folder -Recurse
        $manifest = Join-Path $folder 'AgentSandbox.psd1'
        (Get-Content $manifest -Raw) -replace "(?<=ModuleVersion\s+= ')[\d.]+", $Version | Set-Content $manifest
        Get-ChildItem $folder -Filter *.dll | ForEach-Object { Set-AssemblyVersion $_.FullName $Version }
    }

    function Invoke-PowerShell([string] $Script) {
        $file = Join-Path $TestDrive "version-$([Guid]::NewGuid().ToString('N')).ps1"
        Set-Content $file "`$env:PSModulePath = '$modules' + [IO.Path]::PathSeparator + `$env:PSModulePath`n$Script"
        pwsh -NoProfile -NonInteractive -File $file 2>&1
    }

    $modules = Join-Path $TestDrive 'modules'
    Install-Version 1.2.0
    Install-Version 2.0.1
}

AfterAll {
    Get-AgentSandbox | Remove-AgentSandbox
    Get-Leftover | Should -BeNullOrEmpty
}

Describe 'The version' {
    It 'is the same in the manifest and in each assembly, so that two versions never look like one' {
        $version = (Import-PowerShellDataFile (Join-Path $ModulePath 'AgentSandbox.psd1')).ModuleVersion
        $assemblies = Get-ChildItem $ModulePath -Filter *.dll
        $assemblies.Count | Should -BeGreaterThan 3
        foreach ($file in $assemblies) {
            [Reflection.AssemblyName]::GetAssemblyName($file.FullName).Version.ToString(3) | Should -Be $version
        }
    }
}

Describe 'Two versions of the module, side by side' {
    It 'are both there, and each is imported by its number, with its own code' -ForEach '1.2.0', '2.0.1' {
        $output = Invoke-PowerShell "(Get-Module AgentSandbox -ListAvailable).Version.ForEach{ `"`$_`" } | Sort-Object; Import-Module AgentSandbox -RequiredVersion $_; [AgentSandbox.Sandbox].Assembly.GetName().Version.ToString(3); (Get-Command New-AgentSandbox).Version.ToString(); [AgentSandbox.Backends.SandboxPrograms]::Supervisor"
        $null = Get-AgentSandbox # So that the line below does not depend on who was first.
        $output[0..3] | Should -Be '1.2.0', '2.0.1', $_, $_
    }

    It 'work on the same sandboxes, each in a process of its own, at the same time' {
        $first = Invoke-PowerShell @'
Import-Module AgentSandbox -RequiredVersion 1.2.0
$null = New-AgentSandbox both -Backend Nspawn
Invoke-InSandbox both 'echo of 1.2.0 > /root/file'
# The other version works while this one holds its connection.
pwsh -NoProfile -NonInteractive -Command {
    param($Modules)
    $env:PSModulePath = $Modules
    Import-Module AgentSandbox -RequiredVersion 2.0.1
    (Get-Module AgentSandbox).Version.ToString()
    Invoke-InSandbox both 'cat /root/file; echo of 2.0.1 >> /root/file'
    Checkpoint-AgentSandbox both kept
    $null = New-AgentSandbox second -Backend Nspawn
} -args $env:PSModulePath
Invoke-InSandbox both 'cat /root/file'
(Get-AgentSandbox).Name | Sort-Object
(Get-SandboxCheckpoint both).Name
Remove-AgentSandbox both, second
@(Get-AgentSandbox).Count
'@
        $first | Should -Be '2.0.1', 'of 1.2.0', 'of 1.2.0', 'of 2.0.1', 'both', 'second', 'kept', '0'
    }
}

Describe 'Two versions of the module in one process' {
    It 'are refused while the first is imported, which goes on working' {
        $output = Invoke-PowerShell @'
Import-Module AgentSandbox -RequiredVersion 1.2.0
try { Import-Module AgentSandbox -RequiredVersion 2.0.1 -ErrorAction Stop; 'imported' } catch { 'refused' }
(Get-Module AgentSandbox).Version.ToString()
@(Get-AgentSandbox).Count
'@
        $output | Should -Be 'refused', '1.2.0', '0'
    }

    It 'are never mixed: the second, imported when the first was removed, says that its code is not what would run' {
        $output = Invoke-PowerShell @'
Import-Module AgentSandbox -RequiredVersion 1.2.0
Remove-Module AgentSandbox
Import-Module AgentSandbox -RequiredVersion 2.0.1
foreach ($line in { New-AgentSandbox never }, { Get-AgentSandbox }, { Invoke-InSandbox never true }, { Test-SandboxIsolation never }, { Get-SandboxBackend }) {
    try { $null = & $line; 'ran' } catch { $_.FullyQualifiedErrorId.Split(',')[0]; $failure = $_ }
}
"$failure"
$failure.CategoryInfo.Category
$failure.ErrorDetails.RecommendedAction
Remove-Module AgentSandbox
Import-Module AgentSandbox -RequiredVersion 1.2.0
@(Get-AgentSandbox).Count
'@
        $output[0..4] | Should -Be (, 'ModuleVersionMismatch' * 5)
        $output[5] | Should -BeLike "AgentSandbox 2.0.1 was imported from '*2.0.1', but this process has loaded the code of version 1.2.0 from '*1.2.0' before*"
        $output[6..8] | Should -Be 'InvalidOperation', 'Start a new PowerShell and import the version that you want: a process keeps the first one that it loads.', '0'
    }

    It 'are one where a link leads to the same files' {
        $link = Join-Path $TestDrive 'linked'
        New-Item -ItemType Directory $link | Out-Null
        New-Item -ItemType SymbolicLink (Join-Path $link 'AgentSandbox') -Target $ModulePath | Out-Null
        Invoke-PowerShell "Import-Module '$ModulePath'; Remove-Module AgentSandbox; Import-Module '$link/AgentSandbox'; @(Get-AgentSandbox).Count" | Should -Be 0
    }
}

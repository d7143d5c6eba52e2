using System.Diagnostics;

namespace AgentSandbox.IntegrationTests.Isolation;

/// <summary>The published guest, copied to where every user may execute it.</summary>
internal static class GuestProgram
{
    private static readonly Lazy<string> s_path = new(Copy);

    public static string Path => s_path.Value;

    /// <summary>Runs a program to its end.</summary>
    public static async Task<(int ExitCode, string Output, string Error)> RunAsync(params string[] command)
    {
        var start = new ProcessStartInfo(command[0], command[1..]) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        using Process process = Process.Start(start)!;
        process.StandardInput.Close();
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> error = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, await output, await error);
    }

    private static string Copy()
    {
        string copy = System.IO.Path.Combine(Directory.CreateTempSubdirectory("agentsandbox-guest-").FullName, "agentsandbox-guest");
        File.Copy(System.IO.Path.Combine(Programs.Folder, "agentsandbox-guest"), copy);
        File.SetUnixFileMode(System.IO.Path.GetDirectoryName(copy)!, (UnixFileMode)0x1ED);
        File.SetUnixFileMode(copy, (UnixFileMode)0x1ED);
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(System.IO.Path.GetDirectoryName(copy)!, recursive: true);
        return copy;
    }
}

using System.Globalization;
using AgentSandbox.Backends.Docker.Windows;

namespace AgentSandbox.Tests.Docker.Windows;

/// <summary>Programs of the stand-in's images.</summary>
internal static class StandInPrograms
{
    public static IReadOnlyDictionary<string, StandInProgram> All { get; } = new Dictionary<string, StandInProgram>
    {
        ["arguments"] = async p =>
        {
            await p.OutAsync(string.Join('|', p.Arguments));
            return 0;
        },
        ["about"] = async p =>
        {
            await p.OutAsync($"{p.Request.User} {p.Request.WorkingDir} {string.Join(';', p.Request.Env ?? [])}");
            return 0;
        },
        ["cat"] = async p =>
        {
            byte[] buffer = new byte[8192];
            for (int count; (count = await p.ReadAsync(buffer)) > 0;)
            {
                await p.OutAsync(buffer[..count]);
            }

            return 0;
        },
        ["both"] = async p =>
        {
            await p.OutAsync("out");
            await p.ErrorAsync("err");
            return long.Parse(p.Arguments[0], CultureInfo.InvariantCulture);
        },
        ["flood"] = async p =>
        {
            for (int i = 0; i < 1000 && !p.Killed.IsCancellationRequested; i++)
            {
                await p.OutAsync(new byte[16 * 1024]).WaitAsync(p.Killed);
            }

            return 0;
        },
        ["wait"] = async p =>
        {
            await p.OutAsync("waiting");
            await p.KilledAsync();
            return 0;
        },
        [WindowsPrograms.Shell] = async p =>
        {
            string line = p.Arguments[^1];
            if (p.Variable("AGENTSANDBOX_FOLDER") is { } folder)
            {
                string path = p.Variable("AGENTSANDBOX_PATH")!.Trim('"');
                return p.Container.Files.IsFolder(folder.Trim('"')) ? 10 : p.Container.Files.Exists(path) ? 11 : 12;
            }

            await p.OutAsync(line == $"%{WindowsExec.LineVariable}%" ? p.Variable(WindowsExec.LineVariable)! : line);
            return 0;
        },
        [WindowsPrograms.TaskKill] = async p =>
        {
            StandInProcess? victim = p.Container.Execs.Values.FirstOrDefault(e => e.Running && e.Pid.ToString(CultureInfo.InvariantCulture) == p.Arguments[^1]);
            if (victim is null || string.Join(' ', p.Arguments.Take(3)) != "/T /F /PID")
            {
                await p.ErrorAsync("ERROR: The process not found.");
                return 128;
            }

            victim.Kill();
            return 0;
        },
        [WindowsPrograms.Tar] = async p =>
        {
            string folder = p.Arguments[3];
            if (!p.Container.Files.IsFolder(folder))
            {
                await p.ErrorAsync($"tar.exe: could not chdir to '{folder}'");
                return 1;
            }

            if (p.Arguments[0] == "-xf")
            {
                p.Container.Files.Extract(folder, await p.ReadToEndAsync());
                return 0;
            }

            await p.OutAsync(p.Container.Files.Archive(folder, p.Arguments[4]));
            return 0;
        },
    };
}

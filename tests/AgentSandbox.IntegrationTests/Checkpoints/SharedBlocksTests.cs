using System.Diagnostics;
using System.Globalization;
using AgentSandbox.IntegrationTests.Behaviour;

namespace AgentSandbox.IntegrationTests.Checkpoints;

/// <summary>Real copy-on-write: on a file system that shares blocks a checkpoint takes no space of its own.</summary>
public sealed class SharedBlocksTests
{
    private const long Data = 200L << 20;

    [Theory, InlineData("btrfs", true), InlineData("btrfs", false), InlineData("xfs", true), InlineData("xfs", false)]
    public async Task A_checkpoint_a_copy_and_a_restore_of_200_MB_share_its_blocks(string fileSystem, bool limited)
    {
        await using var host = new SandboxHost();
        string image = host.Root + ".img";
        Directory.CreateDirectory(host.Root);
        try
        {
            await using (FileStream file = File.Create(image))
            {
                file.SetLength(2L << 30);
            }

            Run(fileSystem == "btrfs" ? "mkfs.btrfs" : "mkfs.xfs", fileSystem == "btrfs" ? ["-q", image] : ["-q", "-m", "reflink=1", image]);
            Run("mount", "-o", "loop", image, host.Root); // The loop device goes with the mount.
            try
            {
                await using var manager = new SandboxManager(host.Home);
                Sandbox sandbox = await manager.CreateAsync(new SandboxSpecification { Backend = "Nspawn", DiskLimit = limited ? 400L << 20 : 0 });
                await DoAsync(manager, sandbox, $"head -c {Data} /dev/urandom > ~/big && sync");
                string before = await DoAsync(manager, sandbox, "sha256sum < ~/big");
                long used = Used(host.Root);
                Assert.True(used > Data); // Else nothing is shown.
                SandboxCheckpoint checkpoint = await manager.CheckpointAsync(sandbox.Id, "one");
                await manager.CheckpointAsync(sandbox.Id, "two");
                Sandbox copy = await manager.CloneAsync(sandbox.Id, "copy");
                Assert.InRange(Used(host.Root) - used, long.MinValue, Data / 10); // Three more of it, in the room of a tenth.
                Assert.InRange(checkpoint.Size, Data, 2 * Data); // Shared blocks are counted too.

                string kept = Path.Combine(host.Home.SandboxData(sandbox.Id), "checkpoints", "one");
                string data = limited ? Path.Combine(kept, "disk.img") : Directory.EnumerateFiles(kept, "big", SearchOption.AllDirectories).Single();
                Assert.Contains("shared", Run("filefrag", "-v", data), StringComparison.Ordinal);

                // Yet each is its own.
                await DoAsync(manager, sandbox, "echo gone > ~/big");
                Assert.Equal(before, await DoAsync(manager, copy, "sha256sum < ~/big"));
                await manager.RestoreAsync(sandbox.Id, "one", force: true);
                Assert.Equal(before, await DoAsync(manager, sandbox, "sha256sum < ~/big"));
                Assert.InRange(Used(host.Root) - used, long.MinValue, Data / 10);
                await manager.RemoveAsync(copy.Id);
                await manager.RemoveAsync(sandbox.Id);
            }
            finally
            {
                Run("umount", host.Root);
            }
        }
        finally
        {
            File.Delete(image);
        }
    }

    /// <summary>Bytes in use, once all that was deleted is given back.</summary>
    private static long Used(string mountPoint)
    {
        Run("sync", "-f", mountPoint);
        return long.Parse(Run("df", "--block-size=1", "--output=used", mountPoint).Split('\n')[1], CultureInfo.InvariantCulture);
    }

    private static async Task<string> DoAsync(SandboxManager manager, Sandbox sandbox, string line)
    {
        CommandResult result = await manager.RunAsync(sandbox.Id, CommandSpecification.Shell(line));
        Assert.Equal((0, ""), (result.ExitCode, result.StandardError));
        return result.StandardOutput;
    }

    private static string Run(string program, params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true })!;
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"{program} {string.Join(' ', arguments)}: {process.ExitCode}");
        return output;
    }
}

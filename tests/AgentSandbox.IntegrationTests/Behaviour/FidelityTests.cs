using System.Security.Cryptography;
using AgentSandbox.Protocol;

namespace AgentSandbox.IntegrationTests.Behaviour;

public sealed class FidelityTests
{
    private const long Gibibyte = 1L << 30;

    [Theory, MemberData(nameof(SandboxHost.Backends), MemberType = typeof(SandboxHost))]
    public async Task One_gibibyte_of_standard_output_arrives_byte_identical(string backend)
    {
        await using var host = new SandboxHost();
        Sandbox sandbox = await host.CreateAsync(backend);
        // A stream that both ends can make: 64 KiB blocks, each beginning with its number.
        await using SandboxCommand command = await host.Manager.StartCommandAsync(sandbox.Id, CommandSpecification.Shell(
            "perl -e 'binmode STDOUT; my $r = join(\"\", map { chr(($_ * 31 + 7) % 256) } 0..65527); for my $i (0..16383) { print pack(\"Q>\", $i), $r }'"));
        using var received = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        long total = 0;
        byte[] buffer = new byte[1 << 17];
        for (int n; (n = await command.StandardOutput.ReadAsync(buffer)) > 0; total += n)
        {
            received.AppendData(buffer, 0, n);
        }

        Assert.Equal(0, (await command.Completion).ExitCode);
        Assert.Equal(Gibibyte, total);
        Assert.Equal(Convert.ToHexString(Expected()), Convert.ToHexString(received.GetHashAndReset()));
    }

    [Theory, MemberData(nameof(SandboxHost.Backends), MemberType = typeof(SandboxHost))]
    public async Task One_gibibyte_of_standard_input_arrives_byte_identical(string backend)
    {
        await using var host = new SandboxHost();
        Sandbox sandbox = await host.CreateAsync(backend);
        await using SandboxCommand command = await host.Manager.StartCommandAsync(sandbox.Id, CommandSpecification.Shell("sha256sum") with { StandardInput = true });
        foreach (byte[] block in Blocks())
        {
            await command.StandardInput.WriteAsync(block);
        }

        await command.StandardInput.DisposeAsync();
        string line = await new StreamReader(command.StandardOutput).ReadToEndAsync();
        Assert.Equal(0, (await command.Completion).ExitCode);
        Assert.Equal(Convert.ToHexString(Expected()).ToLowerInvariant(), line.Split(' ')[0]);
    }

    [Theory, MemberData(nameof(SandboxHost.Backends), MemberType = typeof(SandboxHost))]
    public async Task Every_exit_code_is_exact(string backend)
    {
        await using var host = new SandboxHost();
        Sandbox sandbox = await host.CreateAsync(backend);
        for (int code = 0; code <= 255; code++)
        {
            CommandResult result = await host.ShellAsync(sandbox, $"exit {code}");
            Assert.Equal((code, (int?)null), (result.ExitCode, result.Signal));
        }
    }

    [Theory, MemberData(nameof(SandboxHost.Backends), MemberType = typeof(SandboxHost))]
    public async Task Deadly_signals_are_exact(string backend)
    {
        await using var host = new SandboxHost();
        Sandbox sandbox = await host.CreateAsync(backend);
        foreach (int signal in new[] { 1, 2, 3, 4, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 24, 31, 34, 40, 64 })
        {
            CommandResult result = await host.ShellAsync(sandbox, $"kill -{signal} $$; sleep 5");
            Assert.Equal((128 + signal, (int?)signal), (result.ExitCode, result.Signal));
        }
    }

    [Theory, MemberData(nameof(SandboxHost.Backends), MemberType = typeof(SandboxHost))]
    public async Task The_last_bytes_before_an_exit_are_never_lost(string backend)
    {
        await using var host = new SandboxHost();
        Sandbox sandbox = await host.CreateAsync(backend);
        for (int i = 0; i < 300; i++)
        {
            CommandResult result = await host.ShellAsync(sandbox, $"printf 'out{i}'; printf 'err{i}' >&2; exit 3");
            Assert.Equal(($"out{i}", $"err{i}", 3), (result.StandardOutput, result.StandardError, result.ExitCode));
        }

        CommandResult big = await host.ShellAsync(sandbox, "head -c 5000000 /dev/zero");
        Assert.Equal(5_000_000, big.StandardOutputBytes.Length);
    }

    [Theory, MemberData(nameof(SandboxHost.Backends), MemberType = typeof(SandboxHost))]
    public async Task A_background_child_that_keeps_the_pipe_does_not_hang_the_call(string backend)
    {
        await using var host = new SandboxHost();
        Sandbox sandbox = await host.CreateAsync(backend);
        CommandResult result = await host.ShellAsync(sandbox, "echo first; sleep 1000 & echo last", TimeSpan.FromSeconds(30));
        Assert.Equal(("first\nlast\n", 0, false), (result.StandardOutput, result.ExitCode, result.TimedOut));
        Assert.True(result.Duration < TimeSpan.FromSeconds(25));
    }

    [Theory, MemberData(nameof(SandboxHost.Backends), MemberType = typeof(SandboxHost))]
    public async Task An_argument_list_that_the_kernel_refuses_is_a_clear_error_and_a_large_one_that_it_takes_works(string backend)
    {
        await using var host = new SandboxHost();
        Sandbox sandbox = await host.CreateAsync(backend);
        string[] Arguments(int kilobytes) => ["/bin/sh", "-c", "echo $#", "sh", .. Enumerable.Repeat(new string('x', 1023), kilobytes)];
        SandboxException e = await Assert.ThrowsAsync<SandboxException>(() => host.Manager.RunAsync(sandbox.Id, new CommandSpecification { Arguments = Arguments(2200) }));
        Assert.Equal(SandboxErrorId.ArgumentListTooLong, e.ErrorId);
        Assert.Equal("1500\n", (await host.Manager.RunAsync(sandbox.Id, new CommandSpecification { Arguments = Arguments(1500) })).StandardOutput);
    }

    [Theory, MemberData(nameof(SandboxHost.Backends), MemberType = typeof(SandboxHost))]
    public async Task Text_and_bytes_that_are_no_text_survive(string backend)
    {
        await using var host = new SandboxHost();
        Sandbox sandbox = await host.CreateAsync(backend);
        byte[] all = [.. Enumerable.Range(0, 256).Select(i => (byte)i)];
        CommandResult echoed = await host.Manager.RunAsync(sandbox.Id, new CommandSpecification { Arguments = ["cat"], StandardInput = true }, new MemoryStream(all));
        Assert.Equal(all, echoed.StandardOutputBytes);
        Assert.Equal("héllo – 世界 🐧\n", (await host.Manager.RunAsync(sandbox.Id, new CommandSpecification { Arguments = ["echo", "héllo – 世界 🐧"] })).StandardOutput);
        Assert.Equal("a b\n'c'\n\n$HOME\n", (await host.Manager.RunAsync(sandbox.Id, new CommandSpecification { Arguments = ["printf", "%s\\n", "a b", "'c'", "", "$HOME"] })).StandardOutput);
    }

    [Theory, MemberData(nameof(SandboxHost.Backends), MemberType = typeof(SandboxHost))]
    public async Task A_time_out_ends_the_command_and_all_that_it_started(string backend)
    {
        await using var host = new SandboxHost();
        Sandbox sandbox = await host.CreateAsync(backend);
        CommandResult result = await host.ShellAsync(
            sandbox,
            "echo begun; (setsid sh -c 'exec env -i sleep 7351' >/dev/null 2>&1 &); sleep 7352 & sleep 7353",
            TimeSpan.FromSeconds(3));
        Assert.True(result.TimedOut);
        Assert.Equal((124, "begun\n"), (result.ExitCode, result.StandardOutput));
        Assert.Equal("", (await host.ShellAsync(sandbox, "cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' ' ' | grep -o 'sleep 735[1-3]'")).StandardOutput);
    }

    /// <summary>The first process takes SIGTERM for an answer; what it started does not, and holds none of its streams.</summary>
    [Theory, MemberData(nameof(SandboxHost.Backends), MemberType = typeof(SandboxHost))]
    public async Task A_time_out_ends_also_what_ignores_SIGTERM_and_outlives_the_first_process(string backend)
    {
        await using var host = new SandboxHost();
        Sandbox sandbox = await host.CreateAsync(backend);
        CommandResult result = await host.ShellAsync(sandbox, "(trap '' TERM; exec sleep 7354) >/dev/null 2>&1 & echo begun; wait", TimeSpan.FromSeconds(3));
        Assert.True(result.TimedOut);
        Assert.Equal("begun\n", result.StandardOutput);
        Assert.Equal("", (await host.ShellAsync(sandbox, "cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' ' ' | grep -o 'sleep 735[4]'")).StandardOutput);
    }

    [Theory, MemberData(nameof(SandboxHost.Backends), MemberType = typeof(SandboxHost))]
    public async Task A_signal_reaches_the_command(string backend)
    {
        await using var host = new SandboxHost();
        Sandbox sandbox = await host.CreateAsync(backend);
        await using SandboxCommand command = await host.Manager.StartCommandAsync(sandbox.Id, CommandSpecification.Shell("trap 'echo caught; exit 9' USR1; echo ready; while :; do sleep 0.05; done"));
        var reader = new StreamReader(command.StandardOutput);
        Assert.Equal("ready", await reader.ReadLineAsync());
        await command.SignalAsync(10, SignalScope.Leader);
        Assert.Equal("caught", await reader.ReadLineAsync());
        Assert.Equal(9, (await command.Completion).ExitCode);
    }

    private static IEnumerable<byte[]> Blocks()
    {
        byte[] block = new byte[65536];
        for (int i = 0; i < 65528; i++)
        {
            block[8 + i] = (byte)((i * 31) + 7);
        }

        for (long number = 0; number < 16384; number++)
        {
            System.Buffers.Binary.BinaryPrimitives.WriteInt64BigEndian(block, number);
            yield return block;
        }
    }

    private static byte[] Expected()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (byte[] block in Blocks())
        {
            hash.AppendData(block);
        }

        return hash.GetHashAndReset();
    }
}

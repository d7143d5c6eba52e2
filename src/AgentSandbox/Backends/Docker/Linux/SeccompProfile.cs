using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;
using AgentSandbox.Seccomp;

namespace AgentSandbox.Backends.Docker.Linux;

/// <summary>
/// This product's system call policy as a profile for a container engine, https://docs.docker.com/engine/security/seccomp/. Such a profile allows by
/// conjunctions of masked comparisons and can't say everything that the policy does: where it can't, it is wider (today for ioctl only), and the
/// guest's own filter behind it is exact.
/// </summary>
internal static class SeccompProfile
{
    private const int NotPermitted = 1; // EPERM
    private const int NotImplemented = 38; // ENOSYS
    private static readonly ConcurrentDictionary<(bool DenySetIdBits, string Allowances), string> s_profiles = new();

    /// <summary>The profile.</summary>
    /// <param name="denySetIdBits">No file may get a set-user-id or set-group-id bit.</param>
    /// <param name="allowances">What is opened on top of the policy; null is nothing.</param>
    /// <returns>JSON on one line, as the engine's <c>seccomp=</c> takes it.</returns>
    public static string For(bool denySetIdBits, IReadOnlyList<SandboxAllowance>? allowances = null) =>
        s_profiles.GetOrAdd((denySetIdBits, string.Join(',', allowances ?? [])), _ => Write(denySetIdBits, allowances));

    private static string Write(bool denySetIdBits, IReadOnlyList<SandboxAllowance>? allowances)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("defaultAction", "SCMP_ACT_ERRNO");
            json.WriteNumber("defaultErrnoRet", NotImplemented);
            json.WriteStartArray("archMap");
            json.WriteStartObject();
            json.WriteString("architecture", "SCMP_ARCH_X86_64");
            json.WriteStartArray("subArchitectures"); // None: 32-bit and x32 system calls have other numbers, and old holes.
            json.WriteEndArray();
            json.WriteEndObject();
            json.WriteEndArray();
            json.WriteStartArray("syscalls");
            WriteRules(json, SyscallPolicy.Rules(denySetIdBits, allowances));
            json.WriteEndArray();
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length);
    }

    private static void WriteRules(Utf8JsonWriter json, Dictionary<string, SyscallRule> rules)
    {
        WriteRule(json, rules.Where(r => r.Value == SyscallRule.Allow).Select(r => r.Key), null, []);
        WriteRule(json, rules.Where(r => r.Value == SyscallRule.Forbid).Select(r => r.Key), NotPermitted, []);
        // Said for each, because engines before 23 know no defaultErrnoRet; C libraries give up when clone3 fails in any other way.
        WriteRule(json, rules.Where(r => r.Value == SyscallRule.Miss).Select(r => r.Key), NotImplemented, []);
        foreach ((string name, SyscallRule rule) in rules.Where(r => r.Value.Clauses.Length > 0))
        {
            foreach (IReadOnlyList<ArgumentTest> conjunction in AllowedArguments.Of(rule))
            {
                WriteRule(json, [name], null, conjunction);
            }
        }
    }

    private static void WriteRule(Utf8JsonWriter json, IEnumerable<string> names, int? errno, IReadOnlyList<ArgumentTest> tests)
    {
        json.WriteStartObject();
        json.WriteStartArray("names");
        foreach (string name in names)
        {
            json.WriteStringValue(name);
        }

        json.WriteEndArray();
        json.WriteString("action", errno is null ? "SCMP_ACT_ALLOW" : "SCMP_ACT_ERRNO");
        if (errno is { } number)
        {
            json.WriteNumber("errnoRet", number);
        }

        json.WriteStartArray("args");
        foreach (ArgumentTest test in tests)
        {
            json.WriteStartObject();
            json.WriteNumber("index", test.Argument);
            json.WriteNumber("value", test.Mask);
            json.WriteNumber("valueTwo", test.Value);
            json.WriteString("op", "SCMP_CMP_MASKED_EQ");
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }
}

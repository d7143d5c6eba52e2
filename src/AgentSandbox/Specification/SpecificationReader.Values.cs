using System.Globalization;
using System.Text.Json;

namespace AgentSandbox;

/// <content>Single values: each is of its type or is reported.</content>
internal sealed partial class SpecificationReader
{
    private List<SandboxAllowance> Allowances(Dictionary<string, JsonElement> values)
    {
        const string Key = nameof(SandboxSpecification.Allow);
        List<SandboxAllowance> allowances = [];
        if (!values.TryGetValue(Key, out JsonElement value))
        {
            return allowances;
        }

        if (value.ValueKind != JsonValueKind.Array || value.EnumerateArray().Any(item => item.ValueKind != JsonValueKind.String))
        {
            Report(Key, $"'{Key}' is no array of strings.", $"Write \"{Key}\": [\"{nameof(SandboxAllowance.IoUring)}\"].");
            return allowances;
        }

        foreach (string text in value.EnumerateArray().Select(item => item.GetString()!))
        {
            if (AllowanceName.TryParse(text, out SandboxAllowance allowance))
            {
                allowances.Add(allowance);
            }
            else
            {
                Report(Key, AllowanceName.Problem(text), AllowanceName.Advice(text));
            }
        }

        return allowances;
    }

    private string? Text(Dictionary<string, JsonElement> values, string key)
    {
        if (!values.TryGetValue(key, out JsonElement value))
        {
            return null;
        }

        if (value.ValueKind == JsonValueKind.String)
        {
            return value.GetString();
        }

        Report(key, $"'{key}' is no string.", $"Write \"{key}\": \"…\".");
        return null;
    }

    private bool Switch(Dictionary<string, JsonElement> values, string key, bool otherwise)
    {
        if (!values.TryGetValue(key, out JsonElement value))
        {
            return otherwise;
        }

        if (value.ValueKind is JsonValueKind.True or JsonValueKind.False)
        {
            return value.GetBoolean();
        }

        Report(key, $"'{key}' is neither true nor false.", $"Write \"{key}\": true, without quotes.");
        return otherwise;
    }

    private long? Size(Dictionary<string, JsonElement> values, string key)
    {
        if (!values.TryGetValue(key, out JsonElement value))
        {
            return null;
        }

        if ((value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out long bytes))
            || (value.ValueKind == JsonValueKind.String && ByteSize.TryParse(value.GetString(), out bytes)))
        {
            return bytes;
        }

        Report(key, $"'{key}' is no size.", $"Write \"{key}\": \"512MB\" or a whole number of bytes; 0 is unlimited.");
        return null;
    }

    private double? Number(Dictionary<string, JsonElement> values, string key)
    {
        if (!values.TryGetValue(key, out JsonElement value))
        {
            return null;
        }

        if (value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out double number))
        {
            return number;
        }

        Report(key, $"'{key}' is no number.", $"Write \"{key}\": 0.5; 0 is unlimited.");
        return null;
    }

    private int? Count(Dictionary<string, JsonElement> values, string key)
    {
        if (!values.TryGetValue(key, out JsonElement value))
        {
            return null;
        }

        if (value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out int number))
        {
            return number;
        }

        Report(key, $"'{key}' is no whole number.", $"Write \"{key}\": 256; 0 is unlimited.");
        return null;
    }

    private TimeSpan? Time(Dictionary<string, JsonElement> values, string key)
    {
        if (!values.TryGetValue(key, out JsonElement value))
        {
            return null;
        }

        if (value.ValueKind == JsonValueKind.String && TimeSpan.TryParseExact(value.GetString(), "c", CultureInfo.InvariantCulture, out TimeSpan time))
        {
            return time;
        }

        if (value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out double seconds) && Math.Abs(seconds) < TimeSpan.MaxValue.TotalSeconds)
        {
            return TimeSpan.FromSeconds(seconds);
        }

        Report(key, $"'{key}' is no length of time.", $"Write \"{key}\": \"01:30:00\" or a number of seconds.");
        return null;
    }
}

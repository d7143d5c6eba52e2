using System.Globalization;
using System.Management.Automation;

namespace AgentSandbox.PowerShell.Parameters;

/// <summary>Lets a size parameter take PowerShell's own literals (<c>512MB</c>) and the same as text (<c>'512MB'</c>, <c>'1.5g'</c>, <c>'64MiB'</c>).</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class SizeAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData)
    {
        object value = inputData is PSObject wrapped ? wrapped.BaseObject : inputData;
        switch (value)
        {
            case null:
                return null!;
            case string text when ByteSize.TryParse(text, out long bytes):
                return bytes;
            case int or long or short or byte or uint:
                return Convert.ToInt64(value, CultureInfo.InvariantCulture);
            case double or decimal or float or ulong:
                // 1.5GB is a double in PowerShell.
                decimal number = value is double or float ? ToDecimal(Convert.ToDouble(value, CultureInfo.InvariantCulture)) : Convert.ToDecimal(value, CultureInfo.InvariantCulture);
                if (decimal.Abs(number) <= long.MaxValue)
                {
                    return (long)number;
                }

                break;
        }

        throw new ArgumentTransformationMetadataException($"'{value}' is no size. Write for example 512MB, 1.5GB or a number of bytes; 0 means unlimited.");
    }

    private static decimal ToDecimal(double value) => Math.Abs(value) < (double)decimal.MaxValue ? (decimal)value : decimal.MaxValue;
}

using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace AgentSandbox.Backends.WindowsSandbox.Readiness;

/// <summary>Two questions to Windows that need no elevation.</summary>
[SupportedOSPlatform("windows")]
internal static unsafe partial class WindowsFacts
{
    private const int ERROR_SUCCESS = 0;
    private const int ERROR_INSUFFICIENT_BUFFER = 122;

    /// <summary>PRODUCT_CORE_N, _COUNTRYSPECIFIC, _SINGLELANGUAGE and PRODUCT_CORE: what is sold as Home.</summary>
    private const uint FirstHome = 0x62, LastHome = 0x65;

    /// <summary>Tells whether a package is registered for this user (GetPackagesByPackageFamily, appmodel.h).</summary>
    /// <param name="familyName">The package's family name.</param>
    /// <returns>Null when Windows would not say, which is no evidence of absence.</returns>
    public static bool? IsPackageRegistered(string familyName)
    {
        uint count = 0, length = 0;
        try
        {
            // No room for names is given: with none registered it succeeds, with some it asks for more room and says how many.
            return GetPackagesByPackageFamily(familyName, ref count, null, ref length, null) switch
            {
                ERROR_SUCCESS or ERROR_INSUFFICIENT_BUFFER => count > 0,
                _ => null,
            };
        }
        catch (EntryPointNotFoundException)
        {
            return null;
        }
    }

    /// <summary>Tells whether this is a Home edition (GetProductInfo, sysinfoapi.h).</summary>
    /// <returns>Null when Windows would not say.</returns>
    public static bool? IsHome()
    {
        Version version = Environment.OSVersion.Version;
        return GetProductInfo((uint)version.Major, (uint)version.Minor, 0, 0, out uint product) && product != 0 ? product is >= FirstHome and <= LastHome : null;
    }

    [LibraryImport("kernel32", StringMarshalling = StringMarshalling.Utf16)]
    private static partial int GetPackagesByPackageFamily(string familyName, ref uint count, char** fullNames, ref uint length, char* buffer);

    [LibraryImport("kernel32")]
    [return: MarshalAs(UnmanagedType.Bool)]
    private static partial bool GetProductInfo(uint major, uint minor, uint servicePackMajor, uint servicePackMinor, out uint product);
}

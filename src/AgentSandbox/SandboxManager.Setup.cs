using AgentSandbox.Backends;
using AgentSandbox.State;

namespace AgentSandbox;

public sealed partial class SandboxManager
{
    /// <summary>Names of the backends that can be enabled or installed.</summary>
    public static IReadOnlyList<string> BackendNamesWithSetup { get; } = new SandboxManager(new SandboxHome(null))._backends.Where(b => b is IBackendSetup).Select(b => b.Name).ToArray();

    /// <summary>What <see cref="EnableBackendAsync"/> would do. Changes nothing.</summary>
    /// <param name="backend">Name of the backend.</param>
    /// <returns>The step; null when there is nothing to be done.</returns>
    /// <exception cref="SandboxException"><see cref="SandboxErrorId.UnknownBackend"/> or <see cref="SandboxErrorId.BackendSetupNotSupported"/>.</exception>
    public BackendSetupStep? PlanEnableBackend(string backend) => Setup(backend).PlanEnable();

    /// <summary>What <see cref="InstallBackendAsync"/> would do. Changes nothing.</summary>
    /// <param name="backend">Name of the backend.</param>
    /// <param name="options">What is asked for.</param>
    /// <returns>The step.</returns>
    /// <exception cref="SandboxException">As <see cref="PlanEnableBackend"/>.</exception>
    public BackendSetupStep? PlanInstallBackend(string backend, BackendInstallOptions options) => Setup(backend).PlanInstall(options);

    /// <summary>What <see cref="UninstallBackendAsync"/> would do. Changes nothing.</summary>
    /// <param name="backend">Name of the backend.</param>
    /// <returns>The step.</returns>
    /// <exception cref="SandboxException">As <see cref="PlanEnableBackend"/>.</exception>
    public BackendSetupStep PlanUninstallBackend(string backend)
    {
        ISandboxBackend named = (ISandboxBackend)Setup(backend);
        return new BackendSetupStep($"Take away what Install-SandboxBackend put in place for {named.Name}, with every sandbox in it", $"Uninstall-SandboxBackend {named.Name}", NeedsElevation: false);
    }

    /// <summary>Switches on the feature of the operating system that a backend rests on.</summary>
    /// <param name="backend">Name of the backend.</param>
    /// <param name="progress">Told how far it is.</param>
    /// <param name="cancellationToken">Stops the waiting.</param>
    /// <returns>How it went.</returns>
    /// <exception cref="SandboxException">It could not be enabled.</exception>
    public Task<BackendSetupResult> EnableBackendAsync(string backend, IProgress<SandboxProgress>? progress = null, CancellationToken cancellationToken = default) =>
        Setup(backend).EnableAsync(progress, cancellationToken);

    /// <summary>Puts in place what a backend runs in.</summary>
    /// <param name="backend">Name of the backend.</param>
    /// <param name="options">What is asked for.</param>
    /// <param name="progress">Told how far it is.</param>
    /// <param name="cancellationToken">Cancels, and removes what there was of it.</param>
    /// <returns>How it went.</returns>
    /// <exception cref="SandboxException">It could not be installed; nothing is left of the attempt.</exception>
    public Task<BackendSetupResult> InstallBackendAsync(string backend, BackendInstallOptions options, IProgress<SandboxProgress>? progress = null, CancellationToken cancellationToken = default) =>
        Setup(backend).InstallAsync(options, progress, cancellationToken);

    /// <summary>Takes away what <see cref="InstallBackendAsync"/> put in place, with every sandbox in it.</summary>
    /// <param name="backend">Name of the backend.</param>
    /// <param name="progress">Told how far it is.</param>
    /// <param name="cancellationToken">Stops the waiting.</param>
    /// <returns>How it went.</returns>
    public Task<BackendSetupResult> UninstallBackendAsync(string backend, IProgress<SandboxProgress>? progress = null, CancellationToken cancellationToken = default) =>
        Setup(backend).UninstallAsync(progress, cancellationToken);

    private IBackendSetup Setup(string backend)
    {
        ISandboxBackend named = _backends.FirstOrDefault(b => string.Equals(b.Name, backend, StringComparison.OrdinalIgnoreCase))
            ?? throw new SandboxException(SandboxErrorId.UnknownBackend, $"There is no backend '{backend}'.", BackendNamesWithSetup.Count == 0 ? $"Use {string.Join(", ", _backends.Select(b => b.Name))}." : $"Use {string.Join(" or ", BackendNamesWithSetup)}.", backend);
        return named as IBackendSetup
            ?? throw new SandboxException(SandboxErrorId.BackendSetupNotSupported, $"The backend {named.Name} is not made ready by this product.", named.Describe().RecommendedAction ?? "Nothing is missing for it.", named.Name);
    }
}

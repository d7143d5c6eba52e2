#!/usr/bin/env bash
# Builds everything and shows what a sandbox is: two of them, what each isolates, and that nothing is left.
# Works when run twice, and from any folder.
set -euo pipefail
# shellcheck source=scripts/prerequisites.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/scripts/prerequisites.sh"

require_linux_root
require_packages "${build_packages[@]}" "${runtime_packages[@]}"
require_dotnet
build_solution

pwsh=$(find_pwsh)
if [ -z "$pwsh" ]; then
    say "PowerShell is not here; trying to install it as the .NET tool 'PowerShell' ..."
    if timeout 300 dotnet tool install --global PowerShell >/dev/null 2>&1; then
        pwsh=$(find_pwsh)
    fi
fi

if [ -n "$pwsh" ]; then
    say "Using PowerShell: $pwsh"
    exec "$pwsh" -NoProfile -NonInteractive -File "$repository/docs/examples/quickstart.ps1"
else
    say "PowerShell 7.4 can't be had here; using the command line agentsandbox, which does the same."
    exec "$repository/docs/examples/quickstart-cli.sh"
fi

#!/usr/bin/env bash
# Measures AgentSandbox side by side with systemd-nspawn, bwrap, chroot, PowerShell's jobs and docker, for which it starts an engine where none runs.
# usage: ./benchmark.sh [--rounds N] [--only TEXT]     (20 rounds unless said otherwise; a few minutes; TEXT is a part of a row's name)
set -euo pipefail
# shellcheck source=scripts/prerequisites.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/scripts/prerequisites.sh"
# shellcheck source=scripts/engine.sh
. "$repository/scripts/engine.sh"

case ${1:-} in
    -h | --help) sed -n '2,3s/^# //p' "${BASH_SOURCE[0]}"; exit 0 ;;
esac
require_linux_root
require_packages "${build_packages[@]}" "${runtime_packages[@]}" bwrap=bubblewrap
require_engine_packages
require_dotnet
build_solution
trap stop_engine EXIT
require_engine
dotnet "$repository/benchmarks/AgentSandbox.Benchmarks/bin/Release/net10.0/AgentSandbox.Benchmarks.dll" "$repository/artifacts" "$@"

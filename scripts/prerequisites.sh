# shellcheck shell=bash
# What quickstart.sh, test.sh and benchmark.sh share: checks, Debian packages, the build. Sourced, never run.

export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1

repository=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck disable=SC2034  # used by the scripts that source this one
agentsandbox="$repository/artifacts/bin/agentsandbox"

say() { printf '%s\n' "$*" >&2; }

fail() {
    printf '%s: %s\n' "$(basename -- "$0")" "$1" >&2
    shift
    [ $# -eq 0 ] || printf '  %s\n' "$@" >&2
    exit 1
}

require_linux_root() {
    [ "$(uname -s)" = Linux ] || fail "this needs Linux." "On Windows, run it inside WSL2."
    [ "$(uname -m)" = x86_64 ] || fail "this needs an x86-64 machine; this one is $(uname -m)."
    [ "$(id -u)" -eq 0 ] || fail "sandboxes are made by root, and you are $(id -un)." "Run it as root, for example in a root shell."
}

# require_packages COMMAND-OR-FILE=PACKAGE...: installs what is missing with apt and says so.
require_packages() {
    local pair probe missing=()
    for pair in "$@"; do
        probe=${pair%%=*}
        case $probe in
            /*) [ -e "$probe" ] || missing+=("${pair#*=}") ;;
            *) command -v "$probe" >/dev/null || missing+=("${pair#*=}") ;;
        esac
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    command -v apt-get >/dev/null || fail "these Debian packages are missing: ${missing[*]}" "There is no apt-get here; install the same programs with your system's package manager, then run this again."
    say "Installing Debian packages: ${missing[*]}"
    local log
    log=$(mktemp)
    if ! { apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${missing[@]}"; } >"$log" 2>&1; then
        tail -n 20 "$log" >&2
        rm -f "$log"
        fail "apt-get could not install ${missing[*]} (above is what it said)."
    fi
    rm -f "$log"
}

# What it takes to link the programs ahead of time: gcc calls binutils' ld, and the guest is static, so libc.a must be there.
# shellcheck disable=SC2034
build_packages=(gcc=gcc ld=binutils /usr/lib/x86_64-linux-gnu/libc.a=libc6-dev)
# What it takes to run sandboxes.
# shellcheck disable=SC2034
runtime_packages=(systemd-nspawn=systemd-container /usr/sbin/mkfs.ext4=e2fsprogs)

require_dotnet() {
    local how="Install the .NET SDK 10 (or newer) from Microsoft's package feed for your distribution or with its dotnet-install script, then run this again."
    command -v dotnet >/dev/null || fail "the .NET SDK is missing." "$how"
    local newest
    newest=$(dotnet --list-sdks | sed 's/[. ].*//' | sort -n | tail -n 1)
    [ "${newest:-0}" -ge 10 ] || fail "the newest .NET SDK here is version ${newest:-none}; 10 is needed." "$how"
}

# Quiet when it goes well; the log when not.
build_solution() {
    local log
    log=$(mktemp)
    say "Building (the first time takes a minute or two) ..."
    if ! dotnet build "$repository/AgentSandbox.PowerShell.sln" -c Release >"$log" 2>&1; then
        cat "$log" >&2
        rm -f "$log"
        fail "the build failed (above is its log)."
    fi
    rm -f "$log"
    [ -x "$agentsandbox" ] || fail "the build left no $agentsandbox."
}

# Prints the path of a PowerShell 7.4 or newer, or nothing.
find_pwsh() {
    local candidate
    for candidate in "$(command -v pwsh || true)" "${DOTNET_CLI_HOME:-$HOME}/.dotnet/tools/pwsh"; do
        # shellcheck disable=SC2016  # PowerShell's variable, not bash's
        if [ -n "$candidate" ] && [ -x "$candidate" ] && "$candidate" -NoProfile -NonInteractive -Command 'exit [int]($PSVersionTable.PSVersion -lt [version]"7.4")' >/dev/null 2>&1; then
            printf '%s\n' "$candidate"
            return
        fi
    done
}

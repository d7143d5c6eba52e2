#!/usr/bin/env bash
# Builds everything and runs every test suite: units, integration on real nspawn, chroot, Docker and gVisor, Windows' side under Wine and Mono with stand-ins
# for wsl.exe and wsb.exe, and the module's Pester suite.
# Starts a container engine of its own where none runs, and ends it afterwards.
# usage: ./test.sh [--unit] [--filter EXPRESSION]
#   --unit    only the unit tests, which need neither root nor a sandbox
#   --filter  passed to dotnet test, such as FullyQualifiedName~CommandLine; leaves Pester out
set -euo pipefail
# shellcheck source=scripts/prerequisites.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/scripts/prerequisites.sh"
# shellcheck source=scripts/engine.sh
. "$repository/scripts/engine.sh"

unit_only=false filter=''
while [ $# -gt 0 ]; do
    case $1 in
        --unit) unit_only=true; shift ;;
        --filter) [ $# -gt 1 ] || fail "--filter needs an expression."; filter=$2; shift 2 ;;
        -h | --help) sed -n '2,8s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"; exit 0 ;;
        *) fail "unknown argument '$1'." "See ./test.sh --help." ;;
    esac
done

$unit_only || require_linux_root
require_packages "${build_packages[@]}"
$unit_only || require_packages "${runtime_packages[@]}" mmdebstrap=mmdebstrap zstd=zstd xz=xz-utils python3=python3 bwrap=bubblewrap ip=iproute2 ipcrm=util-linux perl=perl-base tmux=tmux less=less
# The Windows programs run under Wine, and the guest of Windows Sandbox, a .NET Framework program, under Mono too.
$unit_only || require_packages wineserver=wine /usr/lib/wine/wine64=wine64 mono=mono-runtime /usr/lib/mono/gac/System.Core=libmono-system-core4.0-cil /usr/lib/mono/gac/System=libmono-system4.0-cil
$unit_only || require_engine_packages
require_dotnet
build_solution

results=$(mktemp -d)
trap 'stop_engine; rm -rf "$results"' EXIT
passed=0 failed=0 skipped=0
broken=()

# Adds a suite's counts to the sums. A suite without any test counts as broken: it may have failed to load.
add_counts() {
    local suite=$1 p=$2 f=$3 s=$4 may_be_empty=$5
    passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
    say "$suite: $p passed, $f failed, $s skipped"
    [ "$f" -eq 0 ] || broken+=("$suite: $f tests failed")
    [ $((p + f)) -gt 0 ] || [ "$may_be_empty" = true ] || broken+=("$suite: ran no test")
}

run_xunit() {
    local project=$1 trx="$results/$1.trx" code=0 arguments=()
    [ -z "$filter" ] || arguments+=(--filter "$filter")
    say "" && say "== $project"
    # The defaults of who runs the tests are none of theirs.
    XDG_CONFIG_HOME="$results/config" dotnet test "$repository/tests/$project" -c Release --no-build --results-directory "$results" \
        --logger "trx;LogFileName=$project.trx" --logger "console;verbosity=normal" "${arguments[@]}" || code=$?
    if [ ! -f "$trx" ]; then
        [ -n "$filter" ] && [ $code -eq 0 ] && return
        broken+=("$project: the test run ended with code $code and no results")
        return
    fi
    local counters
    counters=$(grep -o '<Counters [^>]*' "$trx")
    number() { sed -n "s/.* $1=\"\([0-9]*\)\".*/\1/p" <<<"$counters"; }
    add_counts "$project" "$(number passed)" "$(number failed)" "$(($(number total) - $(number executed)))" "$([ -n "$filter" ] && echo true || echo false)"
    # By name: the log of a long run is looked at from its end.
    while read -r name; do broken+=("$project: $name"); done < <(sed -n 's/.*<UnitTestResult .*testName="\([^"]*\)".*outcome="Failed".*/\1/p' "$trx")
    # A crashed test host leaves results of what ran before it.
    [ $code -eq 0 ] || [ "$(number failed)" -gt 0 ] || broken+=("$project: the test run ended with code $code")
}

run_pester() {
    local pwsh summary
    local -a counts
    say "" && say "== The module's Pester suite"
    pwsh=$(find_pwsh)
    # shellcheck disable=SC2016  # PowerShell's variables, not bash's
    if [ -z "$pwsh" ] || ! "$pwsh" -NoProfile -NonInteractive -Command 'exit [int](-not (Get-Module -ListAvailable Pester | Where-Object { $_.Version.Major -ge 5 }))' >/dev/null 2>&1; then
        say "######################################################################"
        say "##  The module's Pester suite DID NOT RUN: it needs PowerShell 7.4  ##"
        say "##  or newer with Pester 5 or newer, and one of them is not here.   ##"
        say "######################################################################"
        return
    fi

    # A fresh PowerShell, as a user has it: the module is imported from where the build put it.
    NO_COLOR=1 "$pwsh" -NoProfile -NonInteractive -File "$repository/tests/module/Invoke-ModuleTest.ps1" 2>&1 | tee "$results/pester" || broken+=("Pester: the suite did not pass")
    summary=$(sed -n 's/^Tests Passed: \([0-9]*\), Failed: \([0-9]*\), Skipped: \([0-9]*\),.*/\1 \2 \3/p' "$results/pester")
    if [ -n "$summary" ]; then
        read -r -a counts <<<"$summary"
        add_counts "Pester" "${counts[@]}" false
        while read -r line; do broken+=("Pester: $line"); done < <(sed -n 's/^FAILED: //p' "$results/pester")
    else
        broken+=("Pester: it ended without a result")
    fi
}

# Everything of ours that can be left: processes, mounts, loop devices, control groups, containers. One line each, so that before and after can be compared.
inventory() {
    local directory
    for directory in /proc/[0-9]*; do
        case $(readlink "$directory/exe" 2>/dev/null || true) in
            */agentsandbox | */agentsandbox\ * | */agentsandbox-guest* | */.agentsandbox/guest* | */systemd-nspawn | */stand-ins/wsl.exe) echo "process ${directory#/proc/} $(tr '\0' ' ' <"$directory/cmdline" 2>/dev/null || true)" ;;
        esac
    done
    # The engine's own mounts are there as long as it is.
    grep -i agentsandbox /proc/self/mountinfo | grep -vF "${engine_folder:-no engine of ours}/" | sed 's/^/mount /' || true
    grep -H . /sys/block/loop*/loop/backing_file 2>/dev/null | sed 's/^/loop device /' || true
    engine_containers
    find /sys/fs/cgroup -mindepth 2 -type d -ipath '*agentsandbox*/*' -printf 'cgroup %p\n' 2>/dev/null || true
}

# An image that a sandbox was started from stays on the engine, for the next one; those of the tests have no next one.
remove_new_images() {
    local new
    new=$(comm -13 "$results/images" <(engine_images))
    # shellcheck disable=SC2086  # one word an id
    [ -z "$new" ] || docker rmi --force $new >/dev/null || broken+=("images of the tests could not be removed from the engine")
}

if $unit_only; then
    run_xunit AgentSandbox.Tests
else
    require_engine
    for backend in nspawn chroot docker gvisor; do
        # Without them most of this product would go untested, and a green result would say nothing.
        "$agentsandbox" backends | awk -v b="$backend" 'tolower($1) == b && $2 == "yes" { found = 1 } END { exit !found }' ||
            fail "the backend $backend is not ready here, so it can't be tested." "$("$agentsandbox" backends)"
    done
    inventory | sort >"$results/before"
    engine_images >"$results/images"
    run_xunit AgentSandbox.Tests
    run_xunit AgentSandbox.IntegrationTests
    [ -n "$filter" ] || run_pester
    remove_new_images
    for _ in 1 2 3 4 5; do # supervisors that are just ending are not left over
        inventory | sort >"$results/after"
        leftovers=$(comm -13 "$results/before" "$results/after")
        [ -n "$leftovers" ] || break
        sleep 1
    done
    if [ -n "$leftovers" ]; then
        say "" && say "Left over after the tests:" && say "$leftovers"
        broken+=("the tests left something behind")
    fi
fi

say ""
[ ${#broken[@]} -eq 0 ] || printf 'FAILED: %s\n' "${broken[@]}" >&2
echo "$passed passed, $failed failed, $skipped skipped"
[ ${#broken[@]} -eq 0 ]

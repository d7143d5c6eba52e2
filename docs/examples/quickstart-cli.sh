#!/usr/bin/env bash
# The two-minute tour with the command line. Needs root and a built repository, or agentsandbox on PATH.
set -euo pipefail

here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
agentsandbox="$here/../../artifacts/bin/agentsandbox"
[ -x "$agentsandbox" ] || agentsandbox=$(command -v agentsandbox) || { echo "Build first: dotnet build AgentSandbox.PowerShell.sln -c Release" >&2; exit 1; }

if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then bold=$'\e[1m' plain=$'\e[0m'; else bold='' plain=''; fi
step() { printf '\n%s%s%s\n' "$bold" "$*" "$plain"; }
sandbox() { "$agentsandbox" "$@"; }
# Shows a command line as one would type it, then runs it.
show() {
    local word line='$ agentsandbox'
    for word; do
        [[ $word =~ ^[A-Za-z0-9_/.=:-]+$ ]] || word=${word@Q}
        line+=" $word"
    done
    printf '%s\n' "$line"
    sandbox "$@"
}
count_host_processes() { find /proc -maxdepth 1 -name '[0-9]*' | wc -l; }
count_files() { find "$@" -xdev -type f | wc -l; }

# In every mount namespace: a sandbox has one of its own, and its mounts have its id in their paths.
count_mounts() {
    local IFS='|'
    cat /proc/[0-9]*/mountinfo 2>/dev/null | grep -cE "$*" || true
}

clean_up() { sandbox remove tour-nspawn tour-chroot >/dev/null 2>&1 || true; }
trap clean_up EXIT
clean_up # of a tour that was killed

step "1. Make two sandboxes: one strong, one weak"
show create tour-nspawn --backend nspawn --time-to-live 10m
show create tour-chroot --backend chroot --time-to-live 10m
show list 'tour-*'

step "2. Run real commands"
show exec tour-nspawn -- id
show exec tour-nspawn -- sh -c 'grep PRETTY_NAME /etc/os-release'
if grep -q '^Docker  *yes' <<<"$(sandbox backends)"; then show run --backend docker -- id; fi # where a container engine runs

step "3. What does each see of this machine's processes?"
numbers='find /proc -maxdepth 1 -name "[0-9]*" | wc -l'
inside=$(sandbox exec tour-nspawn -- sh -c "$numbers")
weak=$(sandbox exec tour-chroot -- sh -c "$numbers")
host=$(count_host_processes)
printf '%-22s %4s processes\n' 'this machine has' "$host" 'nspawn sees only its' "$inside" 'chroot sees' "$weak"
if [ "$inside" -ge "$host" ] || [ "$weak" -le "$inside" ]; then
    echo "That is not what it should be: nspawn must see few processes, and chroot the machine's." >&2
    exit 1
fi

step "4. Let something destroy everything it can reach, in a throw-away sandbox"
before=$(count_files /etc /usr)
# shellcheck disable=SC2016  # the shell inside expands it
show run --backend nspawn --user root -- sh -c 'rm -rf /etc /usr 2>/dev/null; echo "inside: $(find /etc -type f 2>/dev/null | wc -l) files left in /etc, /usr is read-only: $(ls /usr | wc -l) folders"'
after=$(count_files /etc /usr)
echo "this machine: $before files in /etc and /usr before, $after after"
[ "$before" = "$after" ] || { echo "Files of this machine changed." >&2; exit 1; }

step "5. Clean up"
read -r -a ids <<<"$(sandbox list 'tour-*' | awk 'NR > 1 { printf "%s ", $2 }')"
show remove tour-nspawn tour-chroot
left=$(sandbox list 'tour-*' | tail -n +2 | wc -l)
mounts=$(count_mounts "${ids[@]}")
echo "left: $left sandboxes, $mounts mounts"
[ "$left" = 0 ] && [ "$mounts" = 0 ]

step "Next"
echo "agentsandbox --help      all commands"
echo "agentsandbox test        measure what a sandbox isolates"

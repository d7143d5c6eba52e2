# shellcheck shell=bash
# A container engine with the gVisor runtime, for test.sh and benchmark.sh. Sourced after prerequisites.sh, never run.
# One that answers already is used as it is and stays as it is; else one of our own is started, and ended with all that it has.

# shellcheck disable=SC2034  # used by the scripts that source this one
engine_packages=(dockerd=docker.io runsc=runsc busybox=busybox-static mkfs.btrfs=btrfs-progs)

gvisor_runtime=${AGENTSANDBOX_GVISOR_RUNTIME:-runsc}
engine_folder='' # Of the engine that was started here; else empty.
engine_process=''

engine_answers() { timeout 30 docker version --format '{{.Server.Version}}' >/dev/null 2>&1; }

# Installs what an engine takes. Packages of services start them; these shall not: what the machine has afterwards is its owner's to decide.
require_engine_packages() {
    local policy=/usr/sbin/policy-rc.d
    (
        if [ ! -e "$policy" ]; then
            trap 'rm -f "$policy"' EXIT
            printf '#!/bin/sh\nexit 101\n' >"$policy"
            chmod +x "$policy"
        fi
        require_packages "${engine_packages[@]}"
    ) || exit 1
    require_packages docker=docker-cli # Older releases have it in docker.io.
}

require_engine() {
    if ! { command -v docker >/dev/null && engine_answers; }; then
        start_engine
    elif ! docker info --format '{{range $name, $_ := .Runtimes}}{{println $name}}{{end}}' | grep -qxF "$gvisor_runtime"; then
        fail "the container engine that runs here has no runtime '$gvisor_runtime', so gVisor can't be tested with it." \
            "Add it: install gVisor on the engine's machine (apt-get install runsc), put" \
            "  { \"runtimes\": { \"runsc\": { \"path\": \"$(command -v runsc || echo /usr/bin/runsc)\", \"runtimeArgs\": [\"--network=none\"] } } }" \
            "into /etc/docker/daemon.json and restart the engine. Or stop the engine: then this starts one of its own."
    fi
}

# Nothing of the machine's network is touched: sandboxes have none, or the machine's own.
start_engine() {
    engine_folder=$(mktemp -d /var/tmp/agentsandbox-engine.XXXXXX)
    chmod 711 "$engine_folder" # Whom the socket lets in shall reach it: tests run as an ordinary user too.
    cat >"$engine_folder/daemon.json" <<JSON
{
    "data-root": "$engine_folder/data",
    "exec-root": "$engine_folder/exec",
    "pidfile": "$engine_folder/pid",
    "hosts": ["unix://$engine_folder/docker.sock"],
    "bridge": "none", "iptables": false, "ip-forward": false,
    "runtimes": { "$gvisor_runtime": { "path": "$(command -v runsc)", "runtimeArgs": ["--network=none"] } }
}
JSON
    say "Starting a container engine in $engine_folder ..."
    # In a session of its own, so that Ctrl+C in a terminal leaves it to stop_engine.
    setsid dockerd --config-file "$engine_folder/daemon.json" </dev/null >"$engine_folder/log" 2>&1 &
    engine_process=$!
    export DOCKER_HOST="unix://$engine_folder/docker.sock"
    unset DOCKER_CONTEXT DOCKER_TLS_VERIFY DOCKER_CERT_PATH
    for _ in {1..300}; do
        engine_answers && return
        kill -0 "$engine_process" 2>/dev/null || break
        sleep 0.2
    done
    tail -n 20 "$engine_folder/log" >&2
    fail "the container engine dockerd did not start (above is the end of its log)." "Start one yourself, with the runtime $gvisor_runtime; then it is used."
}

# Ends the engine that was started here, with its containers, mounts and folder. To be called at the end, however that comes.
stop_engine() {
    [ -n "$engine_folder" ] || return 0
    if [ -n "$engine_process" ] && kill -0 "$engine_process" 2>/dev/null; then
        docker ps --all --quiet | xargs -r timeout 60 docker rm --force >/dev/null || say "stop_engine: some containers could not be removed."
        kill "$engine_process"
        timeout 60 tail --pid="$engine_process" -f /dev/null || { say "stop_engine: dockerd did not end within a minute; it is killed."; kill -KILL "$engine_process"; }
        wait "$engine_process" || true # Its exit code is of no interest any more.
    fi
    # The deepest first; what a killed shim left is no more than mounts.
    awk -v folder="$engine_folder/" 'index($5, folder) == 1 { print $5 }' /proc/self/mountinfo | sort -r | xargs -r umount --lazy
    rm -rf --one-file-system "$engine_folder"
    engine_folder=''
}

# Containers of sandboxes, one line each, of whatever state folder.
engine_containers() { docker ps --all --filter label=agentsandbox.version --format 'container {{.Names}} ({{.Status}})'; }

# Ids of the images that sandboxes were started from and that are this product's own.
engine_images() { docker images --no-trunc --quiet --filter label=agentsandbox.content | sort -u; }

# shellcheck shell=sh disable=SC2154
# SPDX-License-Identifier: MIT
# Behind supervisor.sh and the settings that main.tf writes: archive_url, archive_sha256, binary, install_script, and the
# daemon's flags as "$@". Runs as the agent's start script, as the workspace's user, perhaps again when the agent restarts.
# Returns within seconds and leaves no descriptor open. What it starts supervises itself: it forks, and executes no file again.
set -eu
umask 077

fail() { echo "boundary-loki: $*" >&2; exit 1; }

# No secret of the agent's is the daemon's business; its own goes through a pipe, in no environment.
unset secrets # should it have been a variable of the environment
secrets=${LOKI_BEARER_TOKEN:+LOKI_BEARER_TOKEN=$LOKI_BEARER_TOKEN}
secrets=$(printf '%s\n' "$secrets" "${LOKI_PASSWORD:+LOKI_PASSWORD=$LOKI_PASSWORD}" | sed '/^$/d')
unset CODER_AGENT_TOKEN CODER_AGENT_TOKEN_FILE CODER_SESSION_TOKEN GIT_ASKPASS LOKI_BEARER_TOKEN LOKI_PASSWORD
[ -w "${HOME:-/}" ] || fail "the home '${HOME:-}' is not writable"
folder=$HOME/.local/share/boundary-loki
mkdir -p "$folder" "$HOME/.local/bin"
command -v flock >/dev/null || fail "flock is missing: install util-linux in the image"
log=$folder/daemon.log
# A pipe in a file's place would hold this script up.
for file in "$folder/turn" "$folder/lock" "$folder/pid" "$folder/settings" "$log"; do
    if [ -e "$file" ] && [ ! -f "$file" ]; then rm -rf "$file"; fi
done
# Starts at the same moment take turns: whoever comes next sees what the last one left.
exec 8>>"$folder/turn"
flock 8

# Other settings or another version than those it runs with, or it is ending: start anew.
wanted=$(printf '%s\n' "$archive_sha256" "$binary" "$@" | sha256sum)
exec 9>>"$folder/lock"
running=yes
if flock -n 9; then
    running=''
elif [ "$(cat "$folder/settings" 2>/dev/null)" = "$wanted" ]; then
    echo "boundary-loki: runs already"
    exit 0
fi

if [ -n "$binary" ]; then
    [ -x "$binary" ] || fail "there is no program at $binary: see the module's input binary"
else
    sh -c "$install_script" install.sh "$archive_url" "$archive_sha256" "$folder/$archive_sha256"
    binary=$folder/$archive_sha256/bin/boundary-loki
fi
# For Claude Code's hooks and for people.
ln -sfn "$binary" "$HOME/.local/bin/boundary-loki"

# The library's default is Debian's; this is where RHEL-likes keep theirs.
bundle=/etc/pki/tls/certs/ca-bundle.crt
if [ ! -e /etc/ssl/certs/ca-certificates.crt ] && [ -e "$bundle" ] && [ -z "${LOKI_CA_CERT_PATH:-}" ]; then
    export LOKI_CA_CERT_PATH=$bundle
fi

if [ -n "$running" ]; then
    end_within 20 flock 9 || fail "the daemon that was started before does not end"
fi
printf '%s\n' "$wanted" >"$folder/settings"
for old in "$folder"/*/bin/boundary-loki; do
    old=${old%/bin/boundary-loki}
    [ "$old/bin/boundary-loki" = "$binary" ] || rm -rf "$old" "$old.tar.gz"
done

# What lives on gets the variables named here and no others.
for name in $(env | sed -n 's/^\([A-Za-z_][A-Za-z0-9_]*\)=.*/\1/p'); do
    case $name in
        HOME | PATH | USER | LOGNAME | SHELL | LANG | LC_* | TZ | TMPDIR | PWD | XDG_STATE_HOME) ;;
        # This script's own, should the environment have had variables of these names.
        archive_url | archive_sha256 | binary | install_script | folder | bundle | wanted | log | running | secrets | name) ;;
        *_proxy | *_PROXY)
            # A proxy's address may carry a credential.
            case $(printenv "$name") in *@*) unset "$name" ;; esac
            ;;
        LOKI_* | BOUNDARY_* | CODER_WORKSPACE_* | SSL_CERT_*) ;;
        *) unset "$name" 2>/dev/null || true ;;
    esac
done

# From a copy that is gone once all of it is loaded: no one can write into the program or its libraries while they are in use.
copy=''
if [ -n "$archive_url" ]; then
    rm -rf "$folder"/run.*
    copy=$(mktemp -d "$folder/run.XXXXXX")
    cp -a "$folder/$archive_sha256/." "$copy" || fail "cannot copy the program"
    binary=$copy/bin/boundary-loki
fi

if [ -e "$log" ] && [ "$(wc -c <"$log")" -gt 1048576 ]; then mv -f "$log" "$log.old"; fi
# A session of its own outlives the script's process group; no pipe of the agent's stays open in it. The
# lock goes with it, so there is no moment at which it is nobody's.
printf '%s' "$secrets" | {
    exec 3<&0
    setsid "$binary" run --supervise --secrets-fd 3 "$@" </dev/null >>"$log" 2>&1 4>&- 5>&- 6>&- 7>&- 8>&- &
    echo $! >"$folder/pid"
    # It is loaded once it lets no other process look into it.
    looks=250
    while [ -n "$copy" ] && [ "$looks" -gt 0 ] && kill -0 $! 2>/dev/null && cat /proc/$!/environ >/dev/null 2>&1; do
        sleep 0.02
        looks=$((looks - 1))
    done
}
[ -z "$copy" ] || rm -rf "$copy"
echo "boundary-loki: started; it logs to ~/${log#"$HOME"/}"

# shellcheck shell=sh disable=SC2154
# SPDX-License-Identifier: MIT
# Behind the settings that main.tf writes: archive_url, archive_sha256, binary, install_script,
# supervise_script, and the daemon's flags as "$@". Runs as the agent's start script, as the workspace's
# user, perhaps again when the agent restarts. Returns within seconds and leaves no descriptor open.
set -eu
umask 077

fail() { echo "boundary-loki: $*" >&2; exit 1; }

# No secret of the agent's is the daemon's business.
unset CODER_AGENT_TOKEN CODER_AGENT_TOKEN_FILE CODER_SESSION_TOKEN GIT_ASKPASS
[ -w "${HOME:-/}" ] || fail "the home '${HOME:-}' is not writable"
folder=$HOME/.local/share/boundary-loki
mkdir -p "$folder" "$HOME/.local/bin"
command -v flock >/dev/null || fail "flock is missing: install util-linux in the image"
# Starts at the same moment take turns: whoever comes next sees what the last one left.
exec 8>>"$folder/turn"
flock 8

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

# Other settings or another version than those it runs with, or it is ending: start anew.
wanted=$(printf '%s\n' "$binary" "$@" "$supervise_script" | sha256sum)
exec 9>>"$folder/lock"
if ! flock -n 9; then
    if [ "$(cat "$folder/settings" 2>/dev/null)" = "$wanted" ]; then
        echo "boundary-loki: runs already"
        exit 0
    fi
    kill -TERM "$(cat "$folder/pid")" 2>/dev/null || true
    timeout 20 flock 9 || fail "the daemon that was started before does not end"
fi
printf '%s\n' "$wanted" >"$folder/settings"
for old in "$folder"/*/bin/boundary-loki; do
    [ "$old" = "$binary" ] || rm -rf "${old%/bin/boundary-loki}"
done

# What lives on can be looked into by all that runs as this user: it gets the variables named here and no others.
# Credentials go into files, which the daemon hides as well as the system can.
secret_file() { printf '%s' "$2" >"$folder/$1"; }
if [ -n "${LOKI_BEARER_TOKEN:-}" ] && [ -z "${LOKI_BEARER_TOKEN_FILE:-}" ]; then
    secret_file bearer-token "$LOKI_BEARER_TOKEN"
    export LOKI_BEARER_TOKEN_FILE="$folder/bearer-token"
fi
if [ -n "${LOKI_PASSWORD:-}" ]; then
    secret_file password "$LOKI_PASSWORD"
    set -- "--password-file=$folder/password" "$@"
fi
for name in $(env | sed -n 's/^\([A-Za-z_][A-Za-z0-9_]*\)=.*/\1/p'); do
    case $name in
        LOKI_PASSWORD | LOKI_BEARER_TOKEN) unset "$name" ;;
        HOME | PATH | USER | LOGNAME | SHELL | LANG | LC_* | TZ | TMPDIR | PWD | XDG_STATE_HOME) ;;
        # This script's own, should the environment have had variables of these names.
        archive_url | archive_sha256 | binary | install_script | supervise_script | folder | bundle | wanted | name) ;;
        *_proxy | *_PROXY)
            # A proxy's address may carry a credential.
            case $(printenv "$name") in *@*) unset "$name" ;; esac
            ;;
        LOKI_* | BOUNDARY_* | CODER_WORKSPACE_* | SSL_CERT_*) ;;
        *) unset "$name" 2>/dev/null || true ;;
    esac
done

log=$folder/daemon.log
if [ -e "$log" ] && [ "$(wc -c <"$log")" -gt 1048576 ]; then mv -f "$log" "$log.old"; fi
printf '%s\n' "$supervise_script" >"$folder/supervise.sh"
# A session of its own outlives the script's process group; no pipe of the agent's stays open in it. The
# lock goes with it, so there is no moment at which it is nobody's.
setsid sh "$folder/supervise.sh" "$folder" "$binary" run "$@" \
    </dev/null >>"$log" 2>&1 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- &
echo $! >"$folder/pid"
echo "boundary-loki: started; it logs to ~/${log#"$HOME"/}"

# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# Behind supervisor.sh. Runs when the workspace stops: the daemon delivers what is left, or leaves it in its spool.
set -u
folder=$HOME/.local/share/boundary-loki
# The lock, not the process id, says whether it runs: after a restart that number is another's.
if [ ! -f "$folder/lock" ] || flock -n "$folder/lock" true; then
    echo "boundary-loki: is not running"
    exit 0
fi
# Whoever starts it now shall not take it for one that stays.
rm -rf "$folder/settings"
if end_within 15 flock "$folder/lock" true; then
    echo "boundary-loki: stopped; what Loki did not take is in the spool"
else
    echo "boundary-loki: still delivering after 15 s; its state is safe on disk" >&2
    exit 1
fi

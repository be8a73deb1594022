#!/bin/sh
# SPDX-License-Identifier: MIT
# supervise.sh FOLDER COMMAND...: runs COMMAND, and again whenever it ends, until SIGTERM, which it passes
# on. One supervisor a FOLDER: whoever starts it has locked FOLDER/lock as descriptor 9 and written its
# process id to FOLDER/pid; the descriptor, and so the lock, is its own for as long as it lives, however
# it ends.
set -u
folder=$1
shift

daemon='' stopping='' told='' pause=1
# Once: a second signal would cut the daemon's delivery short. Until it has become the command, the child is a
# copy of this shell, which loses signals.
tell_to_end() {
    [ -n "$daemon" ] && [ -z "$told" ] || return 0
    told=yes
    looks=100
    while [ "$looks" -gt 0 ] && [ "$(readlink "/proc/$daemon/exe")" = "$(readlink "/proc/$$/exe")" ]; do
        sleep 0.02
        looks=$((looks - 1))
    done
    kill -TERM "$daemon" 2>/dev/null
}
stop() {
    stopping=yes
    # Whoever starts it now shall not take it for one that stays.
    rm -f "$folder/settings"
    tell_to_end
}
trap stop TERM INT
trap '' HUP

while [ -z "$stopping" ]; do
    began=$(date +%s)
    "$@" 9>&- &
    daemon=$!
    # A signal that came in between has found no daemon to end.
    [ -z "$stopping" ] || tell_to_end
    wait "$daemon"
    status=$?
    # A trapped signal ends `wait` early: the daemon is still delivering what is left.
    while kill -0 "$daemon" 2>/dev/null; do
        wait "$daemon"
        status=$?
    done
    daemon=''
    [ -z "$stopping" ] || break
    [ $(($(date +%s) - began)) -lt 60 ] || pause=1
    echo "boundary-loki ended with $status; again in $pause s"
    # In the background, so that a signal does not wait for it.
    sleep "$pause" 9>&- &
    wait $!
    pause=$((pause * 2))
    [ "$pause" -le 30 ] || pause=30
done
: >"$folder/pid"

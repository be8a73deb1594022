# shellcheck shell=sh disable=SC2154
# SPDX-License-Identifier: MIT
# The beginning of start.sh and stop.sh.

# The system's folders first: on the agent's PATH may be one of the user's before them, and what lies there is not to be run here.
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:${PATH:-}

# Whoever runs as this user can write to the files in the folder, the jailed agent included: of what they say, nothing is signalled
# but a process that is ours by its name. `-1` would be every process of the user.
supervisor() { # prints the supervisor's process id, when the file names one
    [ -f "$folder/pid" ] && read -r pid <"$folder/pid" || return 1
    case $pid in '' | *[!0-9]* | 0* | 1) return 1 ;; esac
    [ "$(cat "/proc/$pid/comm" 2>/dev/null)" = boundary-loki ] && echo "$pid"
}
# end_within SECONDS FLOCK...: tells it to end, until FLOCK gets the lock that it holds. More than once, for one that has just
# been started may not have its name yet.
end_within() {
    looks=$(($1 * 2))
    shift
    while [ "$looks" -gt 0 ]; do
        if pid=$(supervisor); then kill -TERM "$pid" 2>/dev/null || true; fi
        timeout 0.5 "$@" && return
        looks=$((looks - 1))
    done
    return 1
}

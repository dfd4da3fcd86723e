#!/bin/bash
# Builds the image of Containerfile with buildah, on a base of Debian and this machine's Node: there may be no registry
# of images here. Prints what the image says. $1: a folder for all of it
set -euo pipefail
dir=$1
root=$(cd "$(dirname "$0")/../.." && pwd)
buildah=(buildah --root "$dir/storage" --runroot "$dir/run" --storage-driver vfs)
export BUILDAH_ISOLATION=chroot
npm=$(dirname "$(dirname "$(readlink -f "$(command -v npm)")")")

mmdebstrap --variant=minbase --include=ca-certificates bookworm "$dir/base.tar" >&2
base=$("${buildah[@]}" from scratch)
"${buildah[@]}" add -q "$base" "$dir/base.tar" /
"${buildah[@]}" copy -q "$base" "$(readlink -f "$(command -v node)")" /usr/local/bin/node
"${buildah[@]}" copy -q "$base" "$npm" /usr/local/lib/node_modules/npm
# Where a proxy signs what it passes on, its authority is this machine's.
"${buildah[@]}" copy -q "$base" /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
"${buildah[@]}" run "$base" -- sh -c 'ln -s ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm
  chmod 755 /usr/local/lib/node_modules/npm/bin/npm-cli.js
  groupadd -g 1000 node; useradd -u 1000 -g 1000 -m node'
"${buildah[@]}" config --env NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt "$base"
"${buildah[@]}" commit -q "$base" localhost/base >&2

mkdir "$dir/context"
cd "$root"
git ls-files -z --cached --others --exclude-standard | xargs -0 cp --parents -t "$dir/context"
"${buildah[@]}" bud --network host --build-arg BASE=localhost/base \
  --build-arg "NPM_CONFIG_REGISTRY=$(npm config get registry)" -t localhost/virtune "$dir/context" >&2
image=$("${buildah[@]}" from localhost/virtune)
"${buildah[@]}" run "$image" -- sh -c 'id -u; virtune --version; ssh -V 2>&1; virtune demo; echo "demo $?"
  touch /usr/local/lib/virtune/x 2>/dev/null || echo read-only'

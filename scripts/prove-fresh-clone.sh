#!/usr/bin/env bash
# Proves what the README promises: in a clone on a machine where nothing of this project was ever built, `npm run demo` and
# `npm test` work by themselves and leave the work tree as it was. Takes a quarter of an hour on two idle cores; uses cluster number 4.
#     scripts/prove-fresh-clone.sh [REPOSITORY]
set -euo pipefail
repository=$(readlink -f "${1:-$(dirname "$(readlink -f "$0")")/..}")
place=$(mktemp -d "${TMPDIR:-/tmp}/fresh-clone-XXXXXX")
mkdir "$place/home" "$place/tmp"

# A new home has all caches new: npm's, Go's, the cluster's. What the network needs is all that is taken along.
environment=(HOME="$place/home" PATH="$(tr : '\n' <<<"$PATH" | grep -v node_modules | paste -sd:)" CI=true CLUSTER="${CLUSTER:-4}")
for name in NODE_EXTRA_CA_CERTS SSL_CERT_FILE HTTP_PROXY HTTPS_PROXY NO_PROXY http_proxy https_proxy no_proxy GOPROXY; do
  [ -z "${!name:-}" ] || environment+=("$name=${!name}")
done
fresh() { (cd "$place/clone" && env -i "${environment[@]}" "$@" </dev/null); }

clean_up() {
  local code=$?
  fresh npm run --silent cluster:down || code=1
  rm -rf "$place"
  exit "$code"
}

timed() { # timed LIMIT_SECONDS COMMAND...
  local limit=$1 start=$SECONDS; shift
  echo "--- $*"
  fresh "$@"
  local took=$((SECONDS - start))
  echo "--- $* took $took s"
  [ "$took" -le "$limit" ] || { echo "that is more than $limit s" >&2; exit 1; }
}

git clone --quiet --no-local "$repository" "$place/clone"
trap clean_up EXIT
timed 3600 npm run demo
timed 20 npm run demo
timed 3600 .ci/run
changes=$(git -C "$place/clone" status --porcelain)
[ -z "$changes" ] || { echo "the work tree was changed:" >&2; echo "$changes" >&2; exit 1; }
echo "a fresh clone shows the demo and passes the tests, and its work tree is as it was"

# SPDX-License-Identifier: MIT
# Sourced by ./test, after packages.sh. need_kubernetes installs kubectl, whose kustomize renders deploy/kubernetes, and from npm
# the schemas that say whether Kubernetes would accept it.

need_kubernetes() {
  local here=tests/kubernetes log=build/kubernetes.log
  mkdir -p build
  need python3-yaml
  # Another kubectl than Debian's, or another Node, excludes Debian's packages.
  command -v kubectl >/dev/null || need kubernetes-client
  command -v node >/dev/null || need nodejs
  command -v npm >/dev/null || need npm
  if ! cmp -s "$here/package-lock.json" "$here/node_modules/installed-lock.json"; then
    echo "Installing from npm, into $here/node_modules: what $here/package.json lists" >&2
    (cd "$here" && npm ci) >"$log" 2>&1 && cp "$here/package-lock.json" "$here/node_modules/installed-lock.json" ||
      { tail -n 20 "$log" >&2; return 1; }
  fi
}

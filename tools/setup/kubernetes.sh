# SPDX-License-Identifier: MIT
# Sourced by ./test, after packages.sh and npm.sh. need_kubernetes installs kubectl, whose kustomize renders deploy/kubernetes, and from npm
# the schemas that say whether Kubernetes would accept it.

need_kubernetes() {
  local here=tests/kubernetes log=build/kubernetes.log
  mkdir -p build
  need python3-yaml
  # Another kubectl than Debian's excludes Debian's package.
  command -v kubectl >/dev/null || need kubernetes-client
  need_npm "$here" "$log" || return
}

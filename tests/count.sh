# Sourced by the test scripts that are written in the shell: counts what passed and what failed.
passed=0
failed=0
skipped=0
failures=

# check WHAT COMMAND...: passes if the command does; its output is shown only if it does not.
check() {
  local what=$1 output
  shift
  if output=$("$@" 2>&1); then
    passed=$((passed + 1))
    echo "ok      $what"
  else
    failed=$((failed + 1))
    echo "FAILED  $what"
    sed 's/^/        /' <<<"$output"
  fi
}

# skip WHAT REASON
skip() {
  skipped=$((skipped + 1))
  echo "skipped $1: $2"
}

# add SCRIPT...: runs a script of tests, and adds what it counted in its last line: "N passed, N failed" and perhaps ", N skipped". One
# that ends otherwise, or badly without a failed test, has lost some. The tests that failed are kept in $failures, each with the first lines
# of its reason, for a caller whose output is too long to be searched.
add() {
  local output status p f s
  output=$(mktemp)
  "$@" | tee "$output"
  status=$?
  read -r p _ f _ s _ < <(tail -n 1 "$output" | grep -E '^[0-9]+ passed, [0-9]+ failed' | tr -d ,)
  failures+=$(awk '/^(FAILED|  Failed) / { left = 16 } left-- > 0 { printf "\n%s", substr($0, 1, 300) }' "$output")
  rm -f "$output"
  if [ -z "$p" ] || { [ "$status" != 0 ] && [ "$f" = 0 ]; }; then
    f=$((${f:-0} + 1))
    failures+=$'\n'"FAILED  $* ended with status $status"
  fi
  passed=$((passed + ${p:-0})) failed=$((failed + f)) skipped=$((skipped + ${s:-0}))
}

# The last line, and the script's status.
finish() {
  echo "$passed passed, $failed failed, $skipped skipped"
  [ "$failed" = 0 ] && [ "$passed" -gt 0 ]
}

# need TOOL=PACKAGE...: installs the packages of the tools that are not there.
need() {
  local missing=() pair
  for pair; do
    command -v "${pair%%=*}" >/dev/null || missing+=("${pair#*=}")
  done
  install_packages "${missing[@]}"
}

# need_files FILE=PACKAGE...: the same by a file of each.
need_files() {
  local missing=() pair
  for pair; do
    [ -e "${pair%%=*}" ] || missing+=("${pair#*=}")
  done
  install_packages "${missing[@]}"
}

install_packages() {
  local root=()
  [ $# != 0 ] || return 0
  [ "$(id -u)" = 0 ] || root=(sudo)
  "${root[@]}" apt-get update -qq &&
    "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}

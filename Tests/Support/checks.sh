# What the suites in bash share; they source it with their arguments. A test is `check NAME COMMAND ...`; each is a line, and `total`
# prints the summary. `-k NAME` runs only tests whose name contains NAME, in any case; other arguments stay in the array `others`.
passed=0 failed=0 skipped=0 only='' others=()
while [ $# -gt 0 ]; do
  case $1 in
    -k) only=${2:?"-k needs a name"}; shift ;;
    *) others+=("$1") ;;
  esac
  shift
done

wanted() { [[ ${1,,} == *"${only,,}"* ]]; } # name
pass() { passed=$((passed + 1)); echo "ok $1"; }
fail() { failed=$((failed + 1)); echo "FAILED $1"; }
skip() { wanted "$1" && skipped=$((skipped + 1)) && echo "skip: $1: $2"; } # name, why

# name, command ...: what the command printed is shown when it fails.
check() {
  wanted "$1" || return 0
  local said
  said=$(mktemp)
  if "${@:2}" >"$said" 2>&1; then pass "$1"; else fail "$1"; tail -n 30 "$said"; fi
  rm -f "$said"
}

total() {
  if [ -n "$only" ] && [ $((passed + failed + skipped)) = 0 ]; then echo "no test is named $only"; return 5; fi
  echo "$passed passed, $failed failed$([ $skipped = 0 ] || echo ", $skipped skipped")"
  [ "$failed" = 0 ]
}

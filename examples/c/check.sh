#!/usr/bin/env bash
# Builds every example against the installed library and checks what it prints. The environment decides who answers
# (DEV_MODE=true, GATELET_CONFIG=<file>, a key). GATELET_PREFIX: where gatelet is installed. EXAMPLE_MODEL: a model id.
# -k NAME: only examples whose name contains it.
set -uo pipefail
cd "$(dirname "$0")"
. ../../Tests/Support/checks.sh
prefix=$(realpath "${GATELET_PREFIX:-../../build/stage}")
export PKG_CONFIG_PATH=$prefix/lib/pkgconfig LD_LIBRARY_PATH=$prefix/lib
model=${EXAMPLE_MODEL:-openai/gpt-4o-mini}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

example() { # its name, what its output must match, arguments ...
  wanted "$1" || return 0
  local name=$1 pattern=$2 packages=gatelet code
  shift 2
  grep -q jansson.h "$name.c" && packages="gatelet jansson"
  # shellcheck disable=SC2046,SC2086
  if ! gcc -std=gnu11 -Wall -Wextra -Werror "$name.c" $(pkg-config --cflags --libs $packages) -o "$work/$name"; then
    fail "$name"; echo "it does not compile"; return
  fi
  timeout 60 "$work/$name" "$@" >"$work/out" 2>"$work/err"
  code=$?
  if [ $code = 0 ] && [ ! -s "$work/err" ] && grep -qzE "$pattern" "$work/out"; then
    pass "$name"
  else
    fail "$name"; echo "exit code $code, expected /$pattern/, printed:"; head -c 2000 "$work/out" "$work/err"
  fi
}

example 01_chat '[[:alnum:]]{2}' "$model"
example 02_stream '[[:alnum:]]{2}' "$model"
example 03_models '[^ ]+ +[0-9]+ tokens +in .* +out .*[1-9][0-9]* models'
example 04_epoll '[[:alnum:]]{2}.*[1-9][0-9]* timer ticks meanwhile, ended: ok' "$model"
example 05_parallel '20 requests, 0 failed' "$model" 20
example 06_failover 'main +overloaded +HTTP 503  then: next_provider.*spare +ok .*answers without any network'
example 06_failover 'main +truncated .*spare +ok ' '{"reset": true}'
example 07_hook 'search: [^ ]+ of [^ ]+: ok.*refused: ' "$model"
example 08_test_models '\[1 of [12]\] .*: success.*[12] tested, [12] successful, [0-9]'
total

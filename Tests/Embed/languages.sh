# The examples of examples/embed: each is copied to build/embed, the commands of its README are run there on the development provider, and
# what they print is checked. A function for each language; `run` and `run-long` say which.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 1
. Tests/Support/checks.sh
root=$PWD prefix=$(realpath "${GATELET_PREFIX:-build/stage}") work=$PWD/build/embed streams=100 cancelled=42
export PKG_CONFIG_PATH=$prefix/lib/pkgconfig LD_LIBRARY_PATH=$prefix/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
export PATH=$PATH:/usr/sbin GATELET_CONFIG=$work/gatelet.json SWIFT_BACKTRACE=enable=no
mkdir -p "$work"
# So slow that a stream of 3 seconds is not over before the one who cancels it gets to it, under valgrind and beside other work; and
# no time-out ends what a reader who leaves has to end.
cat >"$GATELET_CONFIG" <<'JSON'
{"dev_mode": true, "request_extensions": "all", "providers": {"dev": {"token_delay": 0.15}},
 "timeouts": {"first_byte": 3000, "idle": 3000, "content": 3000, "total": 3000}}
JSON
serving=
trap '[ -z "$serving" ] || kill $serving' EXIT

copy() { rm -rf "${work:?}/$1" && cp -r "examples/embed/$1" "$work/$1"; } # folder
# The n-th block of commands of a README.
block() { awk -v wanted="$2" '/^```sh$/ {n++; on = n == wanted; next} /^```$/ {on = 0} on' "examples/embed/$1/README.md"; } # folder, n
commands() { # folder, n, script of sed
  local script
  script=$(block "$1" "$2" | sed "${3:-}")
  [ -n "$script" ] || { echo "the README has no such commands"; return 1; }
  (cd "$work/$1" && bash -euo pipefail -c "$script")
}
free_port() { /usr/bin/python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }

# The commands print a line for each stream: in time, whole and once, and say nothing else.
stream_lines() { # folder
  commands "$1" 1 >"$work/$1.out" || { cat "$work/$1.out"; return 1; }
  /usr/bin/python3 Tests/Embed/verify.py lines $streams $cancelled <"$work/$1.out"
}

# The commands print the answer of the development provider.
says_hello() { # folder, n
  commands "$1" "$2" >"$work/$1.out" && grep -q '^You said: Hello\. .* network\.$' "$work/$1.out" || { cat "$work/$1.out"; return 1; }
}

# The commands of a README that start a server on port 8080, ask it and end it, here on a free port: it answers, and ends with 0.
server_commands() { # folder
  local port
  port=$(free_port)
  sed -i "s/8080/$port/" "$work/$1"/*.conf 2>/dev/null
  commands "$1" 1 "s/8080/$port/g" >"$work/$1.out" 2>&1 &&
    grep -q 'data: .*"content":" network."' "$work/$1.out" && grep -qx 'data: \[DONE\]' "$work/$1.out" || { cat "$work/$1.out"; return 1; }
}

# A server that 100 clients ask at once: all streams are whole but that of the one who leaves in its silence, which is ended
# upstream, as is that of another who leaves before its first byte; a signal ends it with 0.
server() { # signal, log, port, command ...
  local signal=$1 log=$2 port=$3 code=0 i
  shift 3
  "$@" >"$log" 2>&1 &
  serving=$!
  for ((i = 0; i < 300; i++)); do
    (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null && break
    kill -0 $serving 2>/dev/null || break
    sleep 0.1
  done
  /usr/bin/python3 Tests/Embed/verify.py server "$port" $streams $cancelled || code=1
  kill "-$signal" $serving
  for ((i = 0; i < 600; i++)); do kill -0 $serving 2>/dev/null || break; sleep 0.1; done
  kill -KILL $serving 2>/dev/null && echo "the server did not end within a minute"
  wait $serving || { echo "the server ended with $?"; code=1; }
  serving=
  [ "$(grep -c 'a stream ended: cancelled' "$log")" = 2 ] || { echo "not just two streams were cancelled"; code=1; }
  [ $code = 0 ] || cat "$log"
  return $code
}

memory=(valgrind -q --error-exitcode=99 --leak-check=full --errors-for-leak-kinds=definite --show-leak-kinds=definite --num-callers=30)

c() {
  copy c
  check "C: a server with libevent" server_commands c
  check "C: 100 clients at once" c_server TERM "$work/c/log"
}
c_server() { # signal, log, command in front ...
  local port
  port=$(free_port)
  server "$1" "$2" "$port" "${@:3}" "$work/c/sse" "$port"
}
c_memory() { check "C: 100 clients at once, under valgrind" c_server INT "$work/c/log" "${memory[@]}"; }

cpp() {
  copy cpp
  check "C++: 100 streams" stream_lines cpp
  check "C++: a stream ended by its stop token" grep -q '^alone cancelled You' "$work/cpp.out"
  check "C++: exceptions, errors, log functions" commands cpp 2
}
cpp_memory() {
  check "C++: 100 streams, under valgrind" cpp_checked "${memory[@]}"
  check "C++: exceptions, errors, log functions, under valgrind" "${memory[@]}" "$work/cpp/check"
  check "C++: 100 streams, with the address and undefined sanitizers" cpp_sanitized address,undefined
  check "C++: 100 streams, with the thread sanitizer" cpp_sanitized thread
}
cpp_checked() { "$@" "$work/cpp/streams" $streams $cancelled | /usr/bin/python3 Tests/Embed/verify.py lines $streams $cancelled; }
cpp_sanitized() { # sanitizers
  # shellcheck disable=SC2046
  (cd "$work/cpp" && c++ -std=c++20 -g -O1 -pthread -fsanitize="$1" -Wall -Wextra -Werror streams.cpp $(pkg-config --cflags --libs gatelet) -o streams-checked) &&
    TSAN_OPTIONS=ignore_noninstrumented_modules=1 "$work/cpp/streams-checked" $streams $cancelled | /usr/bin/python3 Tests/Embed/verify.py lines $streams $cancelled
}

go_() {
  # Go keeps what it built whatever pkg-config says later, but not with other CGO_LDFLAGS.
  export GOCACHE=$work/go-cache GOFLAGS=-mod=mod GOTOOLCHAIN=local CGO_LDFLAGS=-L$prefix/lib
  copy go
  check "Go: 100 streams" stream_lines go
  check "Go: contexts, errors, slow readers, with the race detector" commands go 2
}

rust() {
  export CARGO_HOME=$work/cargo CARGO_TARGET_DIR=$work/rust-target CARGO_NET_OFFLINE=true
  mkdir -p "$CARGO_HOME"
  cp examples/embed/rust/debian.toml "$CARGO_HOME/config.toml"
  copy rust
  check "Rust: 100 streams" stream_lines rust
  check "Rust: dropping, errors, slow readers" commands rust 2
  check "Rust: 100 streams, under valgrind" rust_checked "${memory[@]}"
}
rust_checked() { "$@" "$CARGO_TARGET_DIR/debug/examples/streams" $streams $cancelled | /usr/bin/python3 Tests/Embed/verify.py lines $streams $cancelled; }

node_() {
  copy node
  check "Node: 100 streams" stream_lines node
  check "Node: signals, errors, slow readers, workers" commands node 2
  check "Node: one stream" says_hello node 3
}

java_() {
  local home
  home=$(new_java)
  if [ -z "$home" ]; then skip "Java" "there is no JDK 22 or newer here (Debian 13: openjdk-25-jdk-headless)"; return; fi
  copy java
  check "Java: 100 streams" with_java "$home" stream_lines java
  check "Java: interrupts, errors, slow readers" with_java "$home" commands java 2
}
with_java() { # home, command ...
  local PATH=$1/bin:$PATH
  "${@:2}"
}
new_java() { # the newest JDK that is installed, if it is new enough
  local home version
  for home in ${JAVA_HOME:-} /usr/lib/jvm/*; do
    version=$("$home/bin/javac" -version 2>/dev/null | sed -E 's/^javac ([0-9]+).*/\1/')
    [ "${version:-0}" -ge 22 ] && echo "$version $home"
  done | sort -rn | sed -n '1s/^[0-9]* //p'
}

php_() {
  copy php
  check "PHP: 100 streams" stream_lines php
  check "PHP: leaving, errors, several streams" commands php 2
  check "PHP: one stream" says_hello php 3
}

ruby_() {
  copy ruby
  check "Ruby: 100 streams" stream_lines ruby
  check "Ruby: closing, errors, slow readers" commands ruby 2
  check "Ruby: one stream" says_hello ruby 3
}

nginx_() {
  copy nginx
  sed -i '1i user root;' "$work/nginx/nginx.conf" # the folder of the tests may be root's alone
  check "nginx: a server with LuaJIT" server_commands nginx
  check "nginx: 100 clients at once" nginx_server
}
nginx_server() {
  local port
  port=$(free_port)
  sed -i -E "s/127.0.0.1:[0-9]+/127.0.0.1:$port/" "$work/nginx/nginx.conf"
  server QUIT "$work/nginx/log" "$port" nginx -p "$work/nginx" -c nginx.conf
}

# Shared by the service scripts: what they print, how they wait and how they stop. Sourced, not run.
# Everything of a service lies in the folder given to it and nothing listens beyond 127.0.0.1.

say() { printf '%s\n' "$*" >&2; }
fail() { say "$*"; exit 1; }

need_folder() {
  [ -n "${1:-}" ] || fail "usage: $0 start|stop|url FOLDER"
  mkdir -p "$1"
  (cd "$1" && pwd)
}

# alive PIDFILE: whether the process named in the first line of PIDFILE runs
alive() { [ -s "$1" ] && kill -0 "$(head -n 1 "$1")" 2>/dev/null; }

# wait_until SECONDS WHAT COMMAND...: until COMMAND succeeds
wait_until() {
  local seconds=$1 what=$2
  shift 2
  for _ in $(seq $((seconds * 5))); do
    "$@" >/dev/null 2>&1 && return 0
    sleep 0.2
  done
  say "$what did not answer within $seconds s"
  return 1
}

# stop_process PIDFILE SECONDS: asks it to end, then insists
stop_process() {
  alive "$1" || { rm -f "$1"; return 0; }
  local pid
  pid=$(head -n 1 "$1")
  kill "$pid"
  for _ in $(seq $(($2 * 5))); do
    kill -0 "$pid" 2>/dev/null || { rm -f "$1"; return 0; }
    sleep 0.2
  done
  kill -9 "$pid" 2>/dev/null || true
  rm -f "$1"
}

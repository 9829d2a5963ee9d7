#!/usr/bin/env bash
# A private PostgreSQL for tests and development: postgres.sh start|stop|url FOLDER
# Port: HOTLINE_PG_PORT (54329). PostgreSQL refuses to run as root, so root hands the folder to the user postgres.
# Durability is kept as in production (fsync on), because the tests kill processes.
set -euo pipefail
. "$(dirname "$0")/common.sh"

port=${HOTLINE_PG_PORT:-54329}
action=${1:-}
folder=$(need_folder "${2:-}")
data=$folder/data
url="postgresql+psycopg://hotline:hotline@127.0.0.1:$port/hotline_test"

find_server() {
  local newest
  newest=$(ls -d /usr/lib/postgresql/*/bin /usr/local/pgsql/bin /opt/homebrew/opt/postgresql*/bin 2>/dev/null | sort -V | tail -n 1)
  if [ -n "$newest" ] && [ -x "$newest/initdb" ]; then echo "$newest"; return; fi
  command -v initdb >/dev/null || fail "PostgreSQL's server is missing (Debian: apt-get install postgresql)"
  dirname "$(command -v initdb)"
}

as_owner() {
  if [ "$(id -u)" = 0 ]; then (cd / && setpriv --reuid postgres --regid postgres --init-groups "$@"); else "$@"; fi
}

create() {
  as_owner "$bin/initdb" -D "$data" -U hotline --auth=trust --encoding=UTF8 --locale=C.UTF-8 >"$folder/initdb.log" 2>&1 ||
    { cat "$folder/initdb.log" >&2; exit 1; }
}

start() {
  bin=$(find_server)
  if as_owner "$bin/pg_ctl" status -D "$data" >/dev/null 2>&1; then return; fi
  if [ "$(id -u)" = 0 ]; then
    id postgres >/dev/null 2>&1 || fail "the user postgres is missing (Debian: apt-get install postgresql)"
    reachable "$folder"
    chown postgres "$folder"
  fi
  [ -f "$data/PG_VERSION" ] || create
  as_owner "$bin/pg_ctl" start -w -t 60 -D "$data" -l "$folder/server.log" \
    -o "-p $port -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c max_connections=200" >/dev/null ||
    { tail -n 20 "$folder/server.log" >&2; exit 1; }
  as_owner "$bin/psql" -h 127.0.0.1 -p "$port" -U hotline -d postgres -tAc \
    "select 1 from pg_database where datname = 'hotline_test'" | grep -q 1 ||
    as_owner "$bin/createdb" -h 127.0.0.1 -p "$port" -U hotline hotline_test
}

# The user postgres must be able to walk to the folder.
reachable() {
  as_owner test -x "$(dirname "$1")" || fail "the user postgres cannot enter $(dirname "$1"); choose a folder under /tmp or /var/tmp"
}

stop() {
  [ -f "$data/postmaster.pid" ] || return 0
  bin=$(find_server)
  as_owner "$bin/pg_ctl" stop -w -m fast -D "$data" >/dev/null || true
}

case $action in
  start) start; echo "$url" ;;
  stop) stop ;;
  url) echo "$url" ;;
  *) fail "usage: $0 start|stop|url FOLDER" ;;
esac

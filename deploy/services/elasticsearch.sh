#!/usr/bin/env bash
# A private Elasticsearch node for tests and development: elasticsearch.sh start|stop|url FOLDER
# Port: HOTLINE_ELASTIC_PORT (9370). ../elasticsearch/start.sh does the work; its data goes with a `stop`, because an
# index is a copy that can be rebuilt, and tests want it empty.
set -euo pipefail
. "$(dirname "$0")/common.sh"

port=${HOTLINE_ELASTIC_PORT:-9370}
action=${1:-}
folder=$(need_folder "${2:-}")
url="http://127.0.0.1:$port"

start() {
  alive "$folder/pid" && return
  bash "$(dirname "$0")/../elasticsearch/start.sh" "$folder" "$port" >"$folder/start.log" 2>&1 ||
    { cat "$folder/start.log" >&2; exit 1; }
}

stop() {
  stop_process "$folder/pid" 20
  rm -rf "$folder/data"
}

case $action in
  start) start; echo "$url" ;;
  stop) stop ;;
  url) echo "$url" ;;
  *) fail "usage: $0 start|stop|url FOLDER" ;;
esac

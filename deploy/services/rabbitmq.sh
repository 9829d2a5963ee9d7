#!/usr/bin/env bash
# A private RabbitMQ node for tests and development: rabbitmq.sh start|stop|url FOLDER
# Ports: HOTLINE_AMQP_PORT (56729) for clients, the next two for Erlang's distribution and its name server (epmd), which
# is our own too, so that no other node of the machine is met. Log, cookie and database lie in FOLDER.
set -euo pipefail
. "$(dirname "$0")/common.sh"

port=${HOTLINE_AMQP_PORT:-56729}
action=${1:-}
folder=$(need_folder "${2:-}")
url="amqp://guest:guest@127.0.0.1:$port/"

export HOME=$folder # Erlang keeps its cookie in HOME
export ERL_EPMD_ADDRESS=127.0.0.1 ERL_EPMD_PORT=$((port + 2))
export RABBITMQ_NODENAME=hotline$port@localhost
export RABBITMQ_NODE_IP_ADDRESS=127.0.0.1 RABBITMQ_NODE_PORT=$port RABBITMQ_DIST_PORT=$((port + 1))
export RABBITMQ_MNESIA_BASE=$folder/data RABBITMQ_LOG_BASE=$folder/log RABBITMQ_PID_FILE=$folder/pid
export RABBITMQ_ENABLED_PLUGINS_FILE=$folder/enabled_plugins RABBITMQ_CONF_ENV_FILE=$folder/env.conf
export RABBITMQ_CONFIG_FILE=$folder/rabbitmq RABBITMQ_ADVANCED_CONFIG_FILE=$folder/advanced
export RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS="-kernel inet_dist_use_interface {127,0,0,1}"
export LANG=C.UTF-8 LC_ALL=C.UTF-8

# Debian's /usr/sbin wrappers insist on the user rabbitmq and the system's node; the scripts below them do not.
find_script() {
  local found
  found=$(ls -d /usr/lib/rabbitmq/bin/"$1" /usr/lib/rabbitmq/lib/*/sbin/"$1" /opt/homebrew/sbin/"$1" 2>/dev/null | tail -n 1)
  [ -n "$found" ] || found=$(command -v "$1") || fail "RabbitMQ is missing (Debian: apt-get install rabbitmq-server)"
  echo "$found"
}

answers() { (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; }
ready() { answers && "$(find_script rabbitmqctl)" -q await_startup --timeout 5; }

start() {
  alive "$folder/pid" && answers && return
  mkdir -p "$folder/data" "$folder/log"
  echo '[].' >"$folder/enabled_plugins"
  : >"$folder/env.conf"
  printf '%s\n' 'log.console = false' 'disk_free_limit.absolute = 50MB' 'collect_statistics_interval = 60000' >"$folder/rabbitmq.conf"
  echo '[].' >"$folder/advanced.config"
  local server
  server=$(find_script rabbitmq-server)
  setsid "$server" >"$folder/log/console.log" 2>&1 </dev/null &
  echo $! >"$folder/launcher.pid"
  wait_until 90 RabbitMQ answers || { tail -n 30 "$folder/log/console.log" >&2; stop; exit 1; }
}

stop() {
  stop_process "$folder/pid" 20
  stop_process "$folder/launcher.pid" 5
  local epmd
  epmd=$(ls /usr/lib/erlang/erts-*/bin/epmd 2>/dev/null | tail -n 1)
  [ -n "$epmd" ] || epmd=$(command -v epmd) || return 0
  "$epmd" -port "$ERL_EPMD_PORT" -kill >/dev/null 2>&1 || true
}

case $action in
  start) start; echo "$url" ;;
  stop) stop ;;
  url) echo "$url" ;;
  *) fail "usage: $0 start|stop|url FOLDER" ;;
esac

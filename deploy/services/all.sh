#!/usr/bin/env bash
# PostgreSQL, RabbitMQ and Elasticsearch together: all.sh start|stop|env FOLDER
# start and env print the lines by which the tests find them: eval "$(deploy/services/all.sh start FOLDER)"
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
. "$here/common.sh"

action=${1:-}
folder=$(need_folder "${2:-}")
chmod 755 "$folder" # the user postgres must be able to walk through it
services="postgres rabbitmq elasticsearch"

start_all() {
  local service pids="" failed=""
  for service in $services; do
    (
      began=$(date +%s)
      "$here/$service.sh" start "$folder/$service" >/dev/null
      say "  $service started in $(($(date +%s) - began)) s"
    ) &
    pids="$pids $!:$service"
  done
  for service in $pids; do
    wait "${service%%:*}" || failed="$failed ${service##*:}"
  done
  [ -z "$failed" ] || { stop_all; fail "could not start:$failed"; }
}

stop_all() {
  local service
  for service in $services; do
    "$here/$service.sh" stop "$folder/$service" || say "could not stop $service"
  done
}

print_env() {
  printf 'export HOTLINE_TEST_DATABASE_URL=%s\n' "$("$here/postgres.sh" url "$folder/postgres")"
  printf 'export HOTLINE_TEST_AMQP_URL=%s\n' "$("$here/rabbitmq.sh" url "$folder/rabbitmq")"
  printf 'export HOTLINE_TEST_ELASTIC_URL=%s\n' "$("$here/elasticsearch.sh" url "$folder/elasticsearch")"
}

case $action in
  start) start_all; print_env ;;
  stop) stop_all ;;
  env) print_env ;;
  *) fail "usage: $0 start|stop|env FOLDER" ;;
esac

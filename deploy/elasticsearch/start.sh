#!/bin/bash
# Starts a real Elasticsearch node on loopback, for development and continuous integration, and waits until it answers.
#
#   deploy/elasticsearch/start.sh HOME [PORT]      PORT is 9200 if left out; the transport listens on PORT + 100
#   kill "$(cat HOME/pid)"                         stops it; the data stays in HOME/data
#
# The first start fetches about 45 MB of jars with mvn and compiles the launcher; later starts need neither.
# Needs: a JDK of version 21 or later (ES_JAVA_HOME, JAVA_HOME, or the newest below /usr/lib/jvm), mvn, curl.
# ES_HEAP sets the heap (512m); HOME/logs/stdout.log is the node's log. Not for production: it has no security.
set -euo pipefail

usage() { sed -n '2,8s/^# \{0,1\}//p' "$0" >&2; exit 2; }
[ $# -ge 1 ] && [ $# -le 2 ] || usage

here=$(cd "$(dirname "$0")" && pwd)
home=$(mkdir -p "$1" && cd "$1" && pwd)
port=${2:-9200}
[[ $port =~ ^[0-9]+$ ]] || usage
version=$(sed -n 's/.*<elasticsearch.version>\([0-9.]*\)<.*/\1/p' "$here/pom.xml")
log=$home/logs/stdout.log

find_jdk() {
  local candidate
  for candidate in "${ES_JAVA_HOME:-}" "${JAVA_HOME:-}" $(find /usr/lib/jvm -maxdepth 1 -type d 2>/dev/null | sort -Vr); do
    [ -x "$candidate/bin/javac" ] || continue
    [ "$("$candidate/bin/javac" -version 2>&1 | sed 's/[^0-9]*\([0-9]*\).*/\1/')" -ge 21 ] && echo "$candidate" && return
  done
  echo "no JDK of version 21 or later found: set ES_JAVA_HOME" >&2
  return 1
}

install() {  # into a folder beside, moved into place when whole, so that a broken download is begun again
  local fresh=$home/install.$$ module
  module=$fresh/modules/transport-netty4
  mkdir -p "$fresh/lib" "$module"
  mvn -q -B -f "$here/pom.xml" dependency:copy-dependencies -DoutputDirectory="$fresh/lib"
  mv "$fresh"/lib/{transport-netty4,netty}-*.jar "$module/"
  "$jdk/bin/javac" -cp "$fresh/lib/*" -d "$fresh/lib/launcher" "$here/HotlineSearchNode.java"
  cat > "$module/plugin-descriptor.properties" <<END
name=transport-netty4
description=HTTP and transport
classname=org.elasticsearch.transport.netty4.Netty4Plugin
version=$version
elasticsearch.version=$version
java.version=21
END
  rm -rf "$home/lib" "$home/modules"
  mv "$fresh/lib" "$fresh/modules" "$home/"
  rmdir "$fresh"
  echo "$version" > "$home/installed"
}

configure() {
  mkdir -p "$home"/{config,data,logs,plugins}
  cat > "$home/config/log4j2.properties" <<'END'
status = error
appender.console.type = Console
appender.console.name = console
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = [%d][%-5p][%c{1.}] %m%n
rootLogger.level = info
rootLogger.appenderRef.console.ref = console
END
  cat > "$home/config/elasticsearch.yml" <<END
cluster.name: hotline
discovery.type: single-node
network.host: 127.0.0.1
http.type: netty4
transport.type: netty4
http.port: $port
transport.port: $((port + 100))
END
}

answers() { curl -fsS "http://127.0.0.1:$port/_cluster/health?wait_for_status=yellow&timeout=1s" 2>/dev/null; }

if answers > /dev/null; then
  echo "port $port already answers: stop that node or choose another port" >&2
  exit 1
fi
jdk=$(find_jdk)
[ "$(cat "$home/installed" 2>/dev/null)" = "$version" ] || install
configure
"$jdk/bin/java" "-Xms${ES_HEAP:-512m}" "-Xmx${ES_HEAP:-512m}" -cp "$home/lib/launcher:$home/lib/*" \
  --add-modules jdk.incubator.vector --enable-native-access=ALL-UNNAMED \
  HotlineSearchNode "$home" > "$log" 2>&1 < /dev/null &
echo $! > "$home/pid"
for _ in $(seq 120); do
  kill -0 "$(cat "$home/pid")" 2>/dev/null || { echo "the node ended; its log:" >&2; tail -20 "$log" >&2; exit 1; }
  if answers; then
    echo
    exit 0
  fi
  sleep 0.5
done
echo "the node did not answer within a minute; its log:" >&2
tail -20 "$log" >&2
exit 1

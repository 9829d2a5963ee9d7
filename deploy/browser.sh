#!/bin/sh
# Sees to it that a Chromium is there for the browser tests and the pictures. On Debian as root it installs Debian's;
# elsewhere it says what will be skipped. Never fails: without a browser the other tests still count.
for name in "${HOTLINE_CHROMIUM:-}" chromium chromium-browser google-chrome; do
  [ -n "$name" ] && command -v "$name" >/dev/null 2>&1 && exit 0
done
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
  echo "  installing chromium and a Chinese font (about a minute, once)"
  export DEBIAN_FRONTEND=noninteractive
  log=$(mktemp)
  { apt-get update -qq && apt-get install -y -qq --no-install-recommends -o DPkg::Lock::Timeout=300 \
      chromium fonts-noto-cjk; } >"$log" 2>&1 && rm -f "$log" && exit 0
  tail -n 5 "$log"
  rm -f "$log"
fi
echo "  no Chromium: the browser tests will be skipped (Debian: apt-get install chromium fonts-noto-cjk)"

/**
 * Starts php-fpm and nginx, and ends when one of them does. At SIGTERM nginx takes no more connections and finishes its
 * requests, then php-fpm goes. Only bash and coreutils are needed; nothing but a folder in /tmp is written to.
 *
 * Arguments: the layer with PHP and nginx, the layer with the configuration.
 */
export const START_SCRIPT = `#!/bin/bash
set -u
php=$1
configuration=$2
port=\${PORT:-8080}
case $port in
  '' | *[!0-9]*)
    echo "Cannot listen on PORT=\\"$port\\": want a number" >&2
    exit 1
    ;;
esac
TSPACK_PHP_RUN=$(mktemp -d /tmp/php.XXXXXX) || exit 1
export TSPACK_PHP_RUN
text=$(<"$configuration/nginx.conf")
text=\${text//@PORT@/$port}
printf '%s\\n' "\${text//@RUN@/$TSPACK_PHP_RUN}" >"$TSPACK_PHP_RUN/nginx.conf"

stopping=
nginx=
stop() {
  stopping=yes
  [ -z "$nginx" ] || kill -QUIT "$nginx" 2>/dev/null
}
trap stop TERM INT QUIT
"$php/usr/sbin/php-fpm8.4" --nodaemonize --fpm-config "$configuration/php-fpm.conf" &
fpm=$!
# nginx answers 502 as long as nobody listens.
until [ -S "$TSPACK_PHP_RUN/php-fpm.sock" ] || [ -n "$stopping" ] || ! kill -0 "$fpm" 2>/dev/null; do sleep 0.02; done
if [ -n "$stopping" ]; then
  kill -QUIT "$fpm" 2>/dev/null
  while kill -0 "$fpm" 2>/dev/null; do wait "$fpm"; done
  exit 0
fi
"$php/usr/sbin/nginx" -e stderr -p "$TSPACK_PHP_RUN" -c "$TSPACK_PHP_RUN/nginx.conf" &
nginx=$!

wait -n "$fpm" "$nginx"
status=$?
# A signal ends "wait" too: then both still run.
if [ -n "$stopping" ]; then
  while kill -0 "$nginx" 2>/dev/null; do wait "$nginx"; done
  status=0
else
  echo "nginx or php-fpm has ended with $status" >&2
  [ "$status" -ne 0 ] || status=1
  kill -QUIT "$nginx" 2>/dev/null
fi
kill -QUIT "$fpm" 2>/dev/null
while kill -0 "$fpm" 2>/dev/null; do wait "$fpm"; done
rm -rf "$TSPACK_PHP_RUN"
exit "$status"
`;

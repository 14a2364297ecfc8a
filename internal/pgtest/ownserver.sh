# Runs a PostgreSQL server as standard input says, and leaves nothing behind: the
# test process holds the other end, so any end of that process, SIGKILL included,
# ends the server too.
#
# Each line of input is "start" or the name of a signal to stop the server with,
# and is answered with a line when that is done: for a start, when the server was
# told to; for a signal, when it is gone. "standby" has the next start begin one,
# and "replica" does for the copy of another server.
#
# Arguments: the directory of the server programs, the directory to make for the
# server's files, that of a stopped server to begin as a copy of, or nothing, and then the
# server's arguments.
bin=$1 dir=$2 source=$3
shift 3
cd /
trap '' PIPE # standard error ends with the test process, and words to it must not end us
mkdir -m 700 "$dir" || exit
if [ -n "$source" ]; then
  cp -R "$source/data" "$dir/data"
else
  "$bin/initdb" -D "$dir/data" -U postgres -A trust -E UTF8 --locale=C --no-sync >/dev/null
fi || { rm -rf "$dir"; exit; }

server=
while read -r command; do
  if [ "$command" = start ]; then
    "$bin/postgres" -D "$dir/data" "$@" </dev/null >&2 &
    server=$!
  elif [ "$command" = replica ]; then
    touch "$dir/data/standby.signal"
  elif [ "$command" = standby ]; then
    set -- "$@" -c wal_level=replica # the last counts; the first start with it has to be as a primary
    "$bin/postgres" --single -D "$dir/data" "$@" postgres </dev/null >/dev/null && touch "$dir/data/standby.signal"
  else
    kill -s "$command" "$server"
    wait "$server"
    server=
  fi
  echo done
done
# More than once: until it is ready to stop, a server ignores the signal.
while [ -n "$server" ] && kill -QUIT "$server" 2>/dev/null; do sleep 0.1; done
rm -rf "$dir"

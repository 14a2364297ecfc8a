# Runs a PostgreSQL server for as long as standard input stays open, and leaves
# nothing behind: the test process holds the other end, so any end of that
# process, SIGKILL included, ends the server too.
#
# Arguments: the directory of the server programs, the directory to make for the
# server's files, and then the server's arguments.
bin=$1 dir=$2
shift 2
cd /
trap '' PIPE # standard error ends with the test process, and words to it must not end us
mkdir -m 700 "$dir" || exit
exec 3<&0

if "$bin/initdb" -D "$dir/data" -U postgres -A trust -E UTF8 --locale=C --no-sync >/dev/null; then
  "$bin/postgres" -D "$dir/data" "$@" </dev/null 3<&- >&2 &
  server=$!
  (
    while read -r _; do :; done
    # More than once: until it is ready to stop, a server ignores the signal.
    while kill -QUIT "$server"; do sleep 0.1; done
  ) <&3 >/dev/null 2>&1 &
  watcher=$!
  wait "$server"
  kill "$watcher" 2>/dev/null
fi
rm -rf "$dir"

# Runs a PostgreSQL server for as long as standard input stays open, and leaves
# nothing behind: the test process holds the other end, so any end of that
# process, SIGKILL included, ends the server too.
#
# Arguments: the directory of the server programs, a directory of our own, and
# then the server's arguments.
bin=$1 dir=$2
shift 2
cd /
exec 3<&0

if "$bin/initdb" -D "$dir/data" -U postgres -A trust -E UTF8 --locale=C --no-sync >/dev/null; then
  "$bin/postgres" -D "$dir/data" "$@" </dev/null 3<&- >&2 &
  server=$!
  (
    while read -r _; do :; done
    kill -QUIT "$server"
  ) <&3 >/dev/null 2>&1 &
  watcher=$!
  wait "$server"
  kill "$watcher" 2>/dev/null
fi
rm -rf "$dir"

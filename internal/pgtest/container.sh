# Runs PostgreSQL for as long as standard input stays open, as the first process of a
# container, with which all others end. The test process holds the other end, by way of
# docker run --interactive, so any end of that process, SIGKILL included, ends the
# container too; where docker run is killed as well, Docker closes the input.
#
# Arguments: the server's.
exec 3<&0
docker-entrypoint.sh postgres "$@" </dev/null 3<&- &
server=$!
{ cat; kill -KILL "$server"; } <&3 >/dev/null 2>&1 &
wait "$server"

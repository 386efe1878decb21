#!/bin/bash
# Starts this server for the load generators of ../shared/bench, beside its peers: the same users, ports of its own.
#   bench/peer/ours.sh start|stop|restart|target        OURS_HOT_RELOAD=false for ordinary load contexts
# Needs a published server: dotnet publish src/MailServer -c Release -r linux-x64 --self-contained false -o artifacts/publish
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
repository=$(cd "$here/../.." && pwd)
. "${BENCH:-$repository/../shared/bench}/common.sh"
PEER=ours
server=${OURS_PUBLISH:-$repository/artifacts/publish}/mailserver

write_configuration() {
    mail_ids
    all_locals | sed "s/.*/&@$BENCH_DOMAIN:{PLAIN}$BENCH_PASS/" > "$P/users"
    cat > "$P/mailserver.toml" <<T
[server]
hostname = "mail.$BENCH_DOMAIN"
data = "$P/data"
hot_reload = ${OURS_HOT_RELOAD:-true}
allow_plaintext_auth = "loopback"

[store]
maildir = "$MAIL/{user}/Maildir"

[[domains]]
name = "$BENCH_DOMAIN"

[tls]
certificate = "$CERT"
key = "$KEY"

[log]
level = "warning"

[plugins]
directory = "$(dirname "$server")/plugins"

[plugins."auth.passwordfile"]
file = "users"

[rules]
global = "rules"

[limits]
connections = 4000
connections_per_address = 4000

[[listeners]]
name = "mx"
address = "$HOST:22025"
protocol = "smtp"
tls = "starttls"
[[listeners]]
name = "submission"
address = "$HOST:22587"
protocol = "submission"
tls = "starttls"
[[listeners]]
name = "submissions"
address = "$HOST:22465"
protocol = "submission"
tls = "implicit"
[[listeners]]
name = "imap"
address = "$HOST:22143"
protocol = "imap"
tls = "starttls"
[[listeners]]
name = "pop3"
address = "$HOST:22110"
protocol = "pop3"
tls = "starttls"
T
    mkdir -p "$P/data" "$P/rules"
}

do_start() {
    write_configuration
    (exec setsid "$server" serve --config "$P/mailserver.toml" >"$P/out.log" 2>"$P/err.log" </dev/null & echo $! > "$P/server.pid")
}

do_stop() { [ -s "$P/server.pid" ] && kill "$(cat "$P/server.pid")" 2>/dev/null; rm -f "$P/server.pid"; return 0; }

write_target() {
    { target_common; cat <<T
SMTP_PORT=22025
SUBMISSION_PORT=22587
SUBMISSIONS_PORT=22465
IMAP_PORT=22143
POP3_PORT=22110
COLD_GLOBS="mailserver-index mailserver-structures mailserver-search* dovecot-*"
T
    } > "$P/target.env"
    sed -i "s|$BENCH_DIR/peers/ours.sh|$here/ours.sh|" "$P/target.env"
}

dispatch "$@"

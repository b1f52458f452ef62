#!/bin/bash
# Make our roles and users, each with a password from the environment, and give Kibana its own.
set -euo pipefail
url=https://elasticsearch:9200

ask() { # METHOD PATH, body on standard input; the password goes through no command line
    curl --silent --show-error --fail-with-body --cacert /ca/ca.crt \
        --config <(printf 'user = "elastic:%s"\n' "$ELASTIC_PASSWORD") \
        --request "$1" --header 'Content-Type: application/json' --data-binary @- "$url$2"
}

user() { # ROLE PASSWORD: a user of the role's name
    printf '{"password": "%s", "roles": ["%s"]}' "$2" "$1" | ask PUT "/_security/user/$1"
}

printf '{"password": "%s"}' "$KIBANA_PASSWORD" | ask POST /_security/user/kibana_system/_password
for file in /scripts/roles/*.json; do
    role=$(basename "$file" .json)
    ask PUT "/_security/role/$role" <"$file"
done
user truceline_owner "$OWNER_PASSWORD"
user truceline_writer "$WRITER_PASSWORD"
user truceline_dashboards "$DASHBOARDS_PASSWORD"
user truceline_reader "$READER_PASSWORD"
echo "roles and users are there"

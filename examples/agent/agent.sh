#!/bin/sh
# Reads GitHub issues through a customer's connector, with curl and jq.
#
#   airlift outputs --format json > ids.json
#   AIRBYTE_CLIENT_ID=… AIRBYTE_CLIENT_SECRET=… sh agent.sh acme 'Acme GitHub'
set -eu
api=${AIRBYTE_API_HOST:-https://api.airbyte.ai}
id=$(jq -er --arg customer "$1" --arg name "$2" '.customers[$customer].connectors[$name].id' ids.json)
organization=$(jq -er .organization_id ids.json)

# post PATH: the body comes from stdin. Secrets come from stdin and a file, so that no process list has them.
post() {
    curl -sS --fail-with-body "$api/api/v1/$1" -H 'Content-Type: application/json' \
        -H "X-Organization-Id: $organization" --data-binary @- ${headers:+-H "@$headers"}
}

headers=
token=$(jq -n '{client_id: env.AIRBYTE_CLIENT_ID, client_secret: env.AIRBYTE_CLIENT_SECRET}' |
    post account/applications/token | jq -er .access_token)

headers=$(umask 077 && mktemp)
trap 'rm -f "$headers"' EXIT
printf 'Authorization: Bearer %s\n' "$token" >"$headers"
echo '{"entity": "issues", "action": "list", "params": {"owner": "acme", "repo": "api"}}' |
    post "integrations/connectors/$id/execute" | jq -e 'if .status == "success" then .result.data else error(.result.error) end'

// Reads GitHub issues through a customer's connector, over HTTP.
//
//   airlift outputs --format json > ids.json
//   AIRBYTE_CLIENT_ID=… AIRBYTE_CLIENT_SECRET=… npx tsx agent.ts acme 'Acme GitHub'

import { readFileSync } from "node:fs";

const api = process.env.AIRBYTE_API_HOST ?? "https://api.airbyte.ai";
const [customer, name] = process.argv.slice(2);
const outputs = JSON.parse(readFileSync("ids.json", "utf8"));
const connector = outputs.customers[customer].connectors[name];
const headers = { "Content-Type": "application/json", "X-Organization-Id": outputs.organization_id };

// The token is valid for 15 minutes. Keep it on your server.
const login = await fetch(`${api}/api/v1/account/applications/token`, {
  method: "POST",
  headers,
  body: JSON.stringify({
    client_id: process.env.AIRBYTE_CLIENT_ID,
    client_secret: process.env.AIRBYTE_CLIENT_SECRET,
  }),
});
if (!login.ok) throw new Error(`no token: ${login.status}`);
const { access_token } = JSON.parse(await login.text());

const response = await fetch(`${api}/api/v1/integrations/connectors/${connector.id}/execute`, {
  method: "POST",
  headers: { ...headers, Authorization: `Bearer ${access_token}` },
  body: JSON.stringify({ entity: "issues", action: "list", params: { owner: "acme", repo: "api" } }),
});
if (!response.ok) throw new Error(`not executed: ${response.status}`);
const { status, result } = JSON.parse(await response.text());
if (status !== "success") throw new Error(result.error);
console.log(JSON.stringify(result.data));

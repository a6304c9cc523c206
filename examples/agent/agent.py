"""Reads GitHub issues through a customer's connector, with the vendor's SDK (`pip install airbyte-agent-sdk`).

    airlift outputs --format json > ids.json
    AIRBYTE_CLIENT_ID=… AIRBYTE_CLIENT_SECRET=… python3 agent.py acme 'Acme GitHub'
"""

import asyncio
import json
import sys

from airbyte_agent_sdk import connect


async def main(customer, name):
    with open("ids.json") as file:
        outputs = json.load(file)
    connector = outputs["customers"][customer]["connectors"][name]
    # An id names one connector, whatever the customer has beside it.
    async with connect(
        "github", connector_id=connector["id"], organization_id=outputs["organization_id"]
    ) as github:
        issues = await github.execute("issues", "list", params={"owner": "acme", "repo": "api"})
    print(issues.data)


asyncio.run(main(*sys.argv[1:3]))

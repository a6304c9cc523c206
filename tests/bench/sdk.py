"""The job `create` with the vendor's Python SDK, version 0.1.98. Version 0.1.121 and later create no connectors.

Usage: sdk.py HOST CUSTOMERS CONNECTORS IN_FLIGHT
"""

import asyncio
import os
import sys

DEFINITION = "ef69ef6e-aa7f-4af1-a01d-ef775033524e"  # GitHub


async def create_customer(client, number, connectors, places):
    name = f"customer-{number:06}"
    async with places:
        token = await client.get_bearer_token()
        url = f"{client.API_BASE_URL}/api/v1/account/applications/scoped-token"
        headers = client._build_headers(token=token)
        # The SDK has no method for the token that creates a workspace.
        response = await client._http_client.post(
            url, json={"workspace_name": name}, headers=headers
        )
        response.raise_for_status()
        for connector in range(connectors):
            await client.create_source(
                name=f"GitHub {connector}",
                connector_definition_id=DEFINITION,
                workspace_name=name,
                credentials={"token": "ghp_token_of_the_benchmark_0123456789"},
                replication_config={
                    "repositories": ["acme/app"],
                    "start_date": "2020-01-01T00:00:00Z",
                },
            )


async def main():
    host, customers, connectors, in_flight = sys.argv[1:]
    os.environ["SDK_DEV_ADP_API_HOST"] = host
    from airbyte_agent_sdk.cloud_utils.client import AirbyteCloudClient

    client = AirbyteCloudClient("bench", "bench-secret")
    await client.get_bearer_token()
    places = asyncio.Semaphore(int(in_flight))
    tasks = (
        create_customer(client, number, int(connectors), places)
        for number in range(int(customers))
    )
    await asyncio.gather(*tasks)


asyncio.run(main())

"""Private endpoint connections, as the resource that they lead to shows them."""

from offline.arm.errors import JSON
from offline.arm.kinds import Azure
from offline.arm.network_view import connections_to
from offline.arm.store import Resource


def endpoint_connections(azure: Azure, resource: Resource) -> list[JSON]:
    """The value of `privateEndpointConnections`."""
    return [
        {
            "id": f"{resource.id.text}/privateEndpointConnections/{connection.endpoint.id.name}",
            "name": connection.endpoint.id.name,
            "type": f"{resource.type}/privateEndpointConnections",
            "properties": {
                "groupIds": [connection.group],
                "privateEndpoint": {"id": connection.endpoint.id.text},
                "privateLinkServiceConnectionState": {
                    "status": "Approved" if connection.approved else "Pending",
                    "description": "Auto-Approved" if connection.approved else "",
                    "actionsRequired": "None",
                },
                "provisioningState": "Succeeded",
            },
        }
        for connection in connections_to(azure.store, resource.id)
    ]

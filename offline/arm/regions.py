"""Azure's regions: `South Central US` and `southcentralus` are one."""

from collections.abc import Mapping

REGIONS: Mapping[str, str] = {
    name.replace(" ", "").lower(): name
    for name in (
        "Australia Central",
        "Australia East",
        "Australia Southeast",
        "Austria East",
        "Belgium Central",
        "Brazil South",
        "Canada Central",
        "Canada East",
        "Central India",
        "Central US",
        "Chile Central",
        "East Asia",
        "East US",
        "East US 2",
        "France Central",
        "Germany West Central",
        "Indonesia Central",
        "Israel Central",
        "Italy North",
        "Japan East",
        "Japan West",
        "Korea Central",
        "Korea South",
        "Malaysia West",
        "Mexico Central",
        "New Zealand North",
        "North Central US",
        "North Europe",
        "Norway East",
        "Poland Central",
        "Qatar Central",
        "South Africa North",
        "South Central US",
        "South India",
        "Southeast Asia",
        "Spain Central",
        "Sweden Central",
        "Switzerland North",
        "Switzerland West",
        "UAE North",
        "UK South",
        "UK West",
        "West Central US",
        "West Europe",
        "West India",
        "West US",
        "West US 2",
        "West US 3",
    )
}
"""Display name by name. Source: docs reliability/regions-list, 2026-11."""


def region(location: str) -> str:
    """The name of a location, however it was written."""
    return location.replace(" ", "").lower()

"""What Microsoft.Network refuses: networks, subnets, security groups, private endpoints and private DNS."""

from offline.arm.errors import Law

NET_PARALLEL = Law(
    id="net-parallel",
    status=409,
    code="AnotherOperationInProgress",
    message="Another operation on this or dependent resource is in progress. "
    "To retrieve status of the operation use uri: {uri}.",
    source="Azure/terraform-provider-azapi#503, pulumi/pulumi-azure-native#699, #1024; "
    "Azure/azure-sdk-for-python#556 (of rules, with another code)",
    protects="two writes at once under one network: subnets beside each other, an endpoint beside a subnet; "
    "rules of one security group beside each other",
    remedy="Let what is written under one network wait for each other (`depends_on`): its subnets, and the "
    "endpoints in them. The same goes for the rules of a security group, unless they stand in its own "
    "`security_rules`. azure-native tries again three times by itself.",
)
NET_SUBNET_IN_USE = Law(
    id="net-subnet-in-use",
    status=400,
    code="InUseSubnetCannotBeDeleted",
    message="Subnet {subnet} is in use by {user} and cannot be deleted. In order to delete the subnet, delete all the "
    "resources within the subnet. See aka.ms/deletesubnet.",
    source="terraform-provider-azurerm source; public log (status unconfirmed)",
    protects="deleting a subnet before what stands in it, or before a deleted environment has let go of it",
    remedy="Delete what stands in the subnet first. After a Container Apps environment it takes some minutes "
    "until its hold is gone: try again.",
    unconfirmed=True,
)
NET_PREFIX_IN_USE = Law(
    id="net-prefix-in-use",
    status=400,
    code="InUsePrefixCannotBeDeleted",
    message="IpPrefix {prefix} on Subnet {subnet} has active allocations and cannot be deleted.",
    source="docs virtual-network/manage-subnets (text unconfirmed)",
    protects="moving a subnet's range while something stands in it",
    remedy="Make a second subnet with the new range and move there; a range in use stays.",
    unconfirmed=True,
)
NET_OVERLAP = Law(
    id="net-overlap",
    status=400,
    code="NetcfgSubnetRangesOverlap",
    message="Subnet '{subnet}' is not valid because its IP address range overlaps with that of an existing subnet in "
    "virtual network '{network}'.",
    source="MicrosoftDocs/azure-docs#123869 (code unconfirmed)",
    protects="an address plan whose subnets overlap",
    remedy="Give each subnet a range of its own.",
    unconfirmed=True,
)
NET_OUTSIDE = Law(
    id="net-outside",
    status=400,
    code="NetcfgSubnetRangeOutsideVnet",
    message="Subnet '{subnet}' is not valid because its IP address range is outside the IP address range of "
    "virtual network '{network}'.",
    source="MicrosoftDocs/azure-docs#123869, Azure/azure-cli#10917 (code unconfirmed)",
    protects="an address plan whose subnets lie outside their network",
    remedy="Take a range inside of the network's address space, or widen the space first.",
    unconfirmed=True,
)
NET_PREFIX = Law(
    id="net-prefix",
    status=400,
    code="InvalidAddressPrefixFormat",
    message="Address prefix {prefix} of resource {id} is not formatted correctly. "
    "It should follow CIDR notation, for example 10.0.0.0/24.",
    source="docs virtual-network/virtual-networks-faq (text unconfirmed)",
    protects="a range that is no range",
    remedy="Write the range in CIDR notation, as in `10.0.0.0/24`.",
    unconfirmed=True,
)
NET_HOST_BITS = Law(
    id="net-host-bits",
    status=400,
    code="InvalidCIDRNotation",
    message="The address prefix {prefix} in resource {id} has an invalid CIDR notation. "
    "For the given prefix length, the address prefix should be {right}.",
    source="docs virtual-network/virtual-networks-faq (text unconfirmed)",
    protects="a range that does not start where its length says",
    remedy="Write the range that the text says.",
    unconfirmed=True,
)
NET_DUPLICATE = Law(
    id="net-duplicate",
    status=400,
    code="InvalidRequestFormat",
    message="Cannot parse the request.",
    source="Azure/migAz#181, #218 (of a load balancer; subnets and rules by analogy)",
    protects="two subnets, or two rules, of one name in the body of their network or group",
    remedy="Give each of them a name of its own; upper and lower case are the same. The error's `details` name "
    "the one that is there twice.",
    unconfirmed=True,
)
NET_REFERENCE = Law(
    id="net-reference",
    status=400,
    code="InvalidResourceReference",
    message="Resource {target} referenced by resource {id} was not found. Please make sure that the referenced "
    "resource exists, and that both resources are in the same region.",
    source="microsoft-foundry/foundry-samples#657, Azure/aca-landing-zone-accelerator#140",
    protects="an endpoint or subnet that names what is not there, or is there in another region",
    remedy="See that the id is right, and that both are in one region; let the one wait for the other.",
)
NSG_CONFLICT = Law(
    id="nsg-conflict",
    status=400,
    code="SecurityRuleConflict",
    message="Security rule {first} conflicts with rule {second}. Rules cannot have the same Priority and Direction. "
    "To learn more, see aka.ms/nsgrules.",
    source="hashicorp/terraform-provider-azurerm#11137, Azure/aks-engine#2106",
    protects="two rules of one direction with one priority",
    remedy="Give every rule of one direction a priority of its own.",
)
NSG_IN_USE = Law(
    id="nsg-in-use",
    status=400,
    code="InUseNetworkSecurityGroupCannotBeDeleted",
    message="Network security group {id} cannot be deleted because it is in use by the following resources: {users}. "
    "In order to delete the Network security group, remove the association with the resource(s). "
    "To learn how to do this, see aka.ms/deletensg.",
    source="pulumi/pulumi-azure-native#3051",
    protects="deleting a security group before its subnet",
    remedy="Take the security group off the subnet first, or delete the subnet.",
)
PE_SECOND_GROUP = Law(
    id="pe-second-group",
    status=400,
    code="MoreThanOnePrivateDnsZoneGroupPerPrivateEndpointNotAllowed",
    message="Cannot create more than one private dns zone groups in the private endpoint {endpoint}.",
    source="pulumi/pulumi-azure-native#2179 (code and status unconfirmed)",
    protects="a zone group for each zone, where one group takes them all",
    remedy="Name all zones in one zone group.",
    unconfirmed=True,
)
PE_TARGET_STATE = Law(
    id="cog-pe-accepted",
    status=400,
    code="AccountProvisioningStateInvalid",
    message="Call to Microsoft.CognitiveServices/accounts failed. Error message: Account {id} in state Accepted",
    source="hashicorp/terraform-provider-azurerm#31712, #15152, DefangLabs/pulumi-defang#274",
    protects="an endpoint that follows its account too closely; the account's own GET says Succeeded by then",
    remedy="Let the endpoint wait for the account's last deployment, not for the account alone, and run it "
    "again: the network provider learns late that the account is done.",
)
PE_NO_SUBDOMAIN = Law(
    id="cog-pe-no-subdomain",
    status=400,
    code="AccountCustomSubDomainNameNotSet",
    message="Call to Microsoft.CognitiveServices/accounts failed. Error message: "
    "Account {id} has no custom subdomain; private endpoints need one.",
    source="hashicorp/terraform-provider-azurerm#7338 (code and text unconfirmed)",
    protects="an endpoint to an account without a host name of its own",
    remedy="Set `customSubDomainName` on the account; once set, it stays.",
    unconfirmed=True,
)
PE_GROUP = Law(
    id="pe-group",
    status=400,
    code="InvalidPrivateLinkGroupId",
    message="Group id '{group}' of private endpoint {endpoint} is not supported by {type}. Supported: {groups}.",
    source="docs private-link/private-endpoint-overview (code and text unconfirmed)",
    protects="a group id that the target does not have",
    remedy="The group is `account` for Azure OpenAI and `vault` for Key Vault.",
    unconfirmed=True,
)
PE_FULL = Law(
    id="net-subnet-full",
    status=400,
    code="SubnetIsFull",
    message="Subnet {subnet} with address prefix {prefix} does not have enough capacity for {needed} IP addresses.",
    source="docs virtual-network troubleshooting (text unconfirmed)",
    protects="a subnet that is too small for what stands in it",
    remedy="Take a larger range: five addresses of each subnet are Azure's own.",
    unconfirmed=True,
)
DNS_ZONE_LINKS = Law(
    id="dns-zone-links",
    status=409,
    code="CannotDeleteResource",
    message="Cannot delete resource while nested resources exist. Some existing nested resource IDs include: '{ids}'. "
    "Please delete all nested resources before deleting this resource.",
    source="learntocloud/networking-lab#8, Azure/azure-cli#15010",
    protects="deleting a zone before its links",
    remedy="Delete the zone's links first. Just after their delete the refusal may linger: try again.",
)
DNS_LINK_OVERLAP = Law(
    id="dns-link-overlap",
    status=400,
    code="BadRequest",
    message="A virtual network cannot be linked to multiple zones with overlapping namespaces. "
    "You tried to link virtual network with '{zone}' and '{other}' zones.",
    source="docs AKS troubleshooting; public log",
    protects="a second zone of the same name for a network that has one",
    remedy="Use the zone of that name that the network is linked to already.",
)
DNS_SOA = Law(
    id="dns-soa",
    status=400,
    code="BadRequest",
    message="Record sets of type SOA are created and deleted with their zone; they can only be updated.",
    source="docs rest/api/dns/privatedns/record-sets (create-or-update, delete: recordType); "
    "hashicorp/terraform-provider-azurerm#9319 (code and text unconfirmed)",
    protects="a zone without its start of authority",
    remedy="Update the SOA record that the zone has; it goes with the zone.",
    unconfirmed=True,
)
DNS_TYPE_RECORDS = Law(
    id="dns-records",
    status=400,
    code="BadRequest",
    message="The record set '{name}' of type '{type}' must have a TTL and at least one record.",
    source="docs dns/private-dns-privatednszone (text unconfirmed)",
    protects="a record set that says nothing",
    remedy="Give the record set a TTL and a record.",
    unconfirmed=True,
)

"""The Container Apps host: runs what container apps describe as processes of this machine, behind an ingress."""

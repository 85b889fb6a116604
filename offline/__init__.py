"""An Azure to run against without Azure: resource manager, data planes, network and Container Apps host."""

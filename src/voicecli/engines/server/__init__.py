"""Parts that the adapters of servers share: addresses, keys, requests over the broker's sockets, and error messages."""

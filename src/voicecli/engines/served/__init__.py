"""What adapters of servers share: addresses, keys, requests over the broker's sockets, and what is told when one fails."""

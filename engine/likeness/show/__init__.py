"""What the performer's messages do to a running show: addresses, controllers, the rack, another generator."""

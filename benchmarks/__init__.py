"""What issuing and verifying cost, measured against the floor and the peers in one run: `make bench`."""

"""Taking members' words out again: when their time is over, and when a member asks for it (DOMAIN 3.2, 4.1, 4.7)."""

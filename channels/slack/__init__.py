"""People in Slack: a thread for each hand-off, what is said there to the member, and what the member says to it."""

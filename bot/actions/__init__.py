"""What each conversation step asks the billing core."""

"""Many inputs: random directions, and halving to what is wrong along them."""

"""How good a generator is, in numbers: each with its paper and a closed form that its test compares it with."""

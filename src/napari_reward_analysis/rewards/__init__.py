"""What 'good' means: numbers from physics that a search minimises."""

"""The Pareto plot: a widget that knows trade-offs and no analysis."""

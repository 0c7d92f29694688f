"""What a run is exported to: tables, weights, pictures, a script."""

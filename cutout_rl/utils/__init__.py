"""What every room needs: errors, choices, atomic writes, figures, threads."""

"""What a check shows: reports, pictures, Taylor's remainders."""

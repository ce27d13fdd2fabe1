"""What a record does with a cotangent: the steps back over the tape."""

"""What users do with their own account: each needs their token."""

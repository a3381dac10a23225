"""What administrators do with users: each needs a token whose role is one of `jwt_admin_roles`."""

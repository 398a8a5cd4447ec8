"""What people write: schema, loading, layers, resolving."""

"""What people do with dossiers."""

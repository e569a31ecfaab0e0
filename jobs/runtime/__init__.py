"""What every job stands on: session, storage, keys, manifests, errors, logging."""

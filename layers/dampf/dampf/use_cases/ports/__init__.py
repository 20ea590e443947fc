"""What the use cases ask of the world: narrow interfaces, filled by `dampf.stores` on AWS and in memory alike."""

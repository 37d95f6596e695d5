"""Where things live: AWS files, secret stores, caches, our own state folder."""

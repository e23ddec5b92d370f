"""The arithmetic: numba loops over plain arrays. Nothing else imports numba; nothing here knows of frames or files."""

"""The arithmetic: numba loops over plain arrays. Nothing else imports numba, and nothing here knows of frames or files."""

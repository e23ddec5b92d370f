"""The words of the market: events, instruments, bar specs, calendars. No arithmetic, no files, no screen."""

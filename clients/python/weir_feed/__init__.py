"""A client of Weir's streaming feed (docs/feed.md). Standard library only."""

from .feed import Feed, FeedError, Rejected, delete, insert, modify, upsert

__all__ = ["Feed", "FeedError", "Rejected", "delete", "insert", "modify", "upsert"]

"""Articles and their revisions, the pictures in them, and the drafts WeChat holds of them."""

from articles.models.article import Article, Revision
from articles.models.draft import DraftPush
from articles.models.media import MediaFile

__all__ = ["Article", "DraftPush", "MediaFile", "Revision"]

"""A theme: the small style sheet that makes a plain text look like this brand's article.

One theme is built in. It sets no text colour and no opaque background, so
WeChat's dark mode and its light one both stay readable, and it leaves to the
outer section what is inherited: every repeated style counts against the
20,000 characters of an article.
"""

import hashlib
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Theme:
    """``frame`` is the style of the one section around the text; ``css`` is laid on the elements inside it."""

    key: str
    frame: str
    css: str
    digest: str = field(init=False)

    def __post_init__(self) -> None:
        digest = hashlib.sha256(f"{self.frame}\n{self.css}".encode()).hexdigest()
        object.__setattr__(self, "digest", digest)


# Greys are half-transparent, so that they are grey on white and on black alike. The green stands only in lines and
# marks, never in text: no single colour keeps 4.5 : 1 on both grounds.
CALM = Theme(
    key="calm",
    frame="font-size:16px;line-height:1.75;letter-spacing:.02em;word-break:break-word",
    css="""
p { margin: 0 0 1.2em }
h2 { margin: 2em 0 .9em; padding-left: .6em; border-left: 4px solid #1a9b5a; font-size: 20px; line-height: 1.4 }
h3 { margin: 1.6em 0 .7em; font-size: 17px; line-height: 1.5 }
h4 { margin: 1.4em 0 .6em; font-size: 16px }
ul, ol { margin: 0 0 1.2em; padding-left: 1.5em }
li p { margin: 0 0 .4em }
blockquote { margin: 0 0 1.2em; padding: .8em 1em; border-left: 3px solid rgba(127,127,127,.4);
  background: rgba(127,127,127,.1) }
blockquote p { margin: 0 }
blockquote p + p { margin-top: .6em }
figure { margin: 1.6em 0; text-align: center }
img { max-width: 100%; height: auto; border-radius: 4px }
figcaption { margin-top: .6em; font-size: 14px; opacity: .7 }
hr { margin: 2em auto; width: 30%; border: 0; border-top: 1px solid rgba(127,127,127,.5) }
a { color: inherit; text-decoration: underline }
code { padding: .1em .3em; background: rgba(127,127,127,.15); font-size: 14px }
pre { margin: 0 0 1.2em; padding: 1em; background: rgba(127,127,127,.15); white-space: pre-wrap; font-size: 14px }
pre code { padding: 0; background: none }
table { margin: 0 0 1.2em; width: 100%; border-collapse: collapse; font-size: 15px }
th, td { padding: .5em .6em; border: 1px solid rgba(127,127,127,.4); text-align: left }
th { background: rgba(127,127,127,.12) }
th p, td p { margin: 0 }
""",
)
THEMES = {theme.key: theme for theme in (CALM,)}

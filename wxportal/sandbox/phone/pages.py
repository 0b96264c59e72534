"""What one person sees, as JSON for the phone; articles and pictures as pages of their own.

Person number 7 is follower number 7 of every account: one phone, several accounts.
"""

import json
import re
from html import escape
from importlib import resources
from string import Template
from typing import Any

from wxportal.sandbox import bits, clock, pictures
from wxportal.sandbox.account import Account, Job
from wxportal.sandbox.content import stripped
from wxportal.sandbox.phone.words import LANGUAGES, WORDS, language
from wxportal.sandbox.wire import Answer, Request, json_answer
from wxportal.sandbox.world import World

PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "frame-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
)
# Articles carry their look in style attributes; nothing else of theirs may act. The frame's sandbox takes the page's
# origin away, so that 'self' would mean nothing: the address is written out.
ARTICLE_POLICY = (
    "default-src 'none'; style-src {base}; style-src-attr 'unsafe-inline'; img-src {base}; "
    "base-uri 'none'; form-action 'none'; frame-ancestors {base}; sandbox"
)
FILES = {
    "phone.css": "text/css; charset=utf-8",
    "phone.js": "text/javascript; charset=utf-8",
    "article.css": "text/css; charset=utf-8",
}
MOST_MESSAGES = 50  # of one chat, the newest
HOST_OF_PICTURES = re.compile(r"https?://mmbiz\.(?:qpic|qlogo)\.cn/")


def phone(world: World, request: Request) -> Answer:
    lang = language(request.query.get("lang", ""), request.headers.get("accept-language", ""))
    words = {key: escape(text) for key, text in WORDS[lang].items()}
    filled = {**words, "lang": LANGUAGES[lang], "words": escape(json.dumps(WORDS[lang], ensure_ascii=False))}
    return _html(_template("phone.html").substitute(filled), PAGE_POLICY)


def file(name: str) -> Answer:
    content = (resources.files(__package__) / name).read_bytes()
    return Answer(content, type=FILES[name], headers=_guarded("default-src 'none'"))


def chats(world: World, request: Request) -> Answer:
    """The accounts this person ever followed, with the messages that reached them; all accounts for the picker."""
    person, appid = _whole(request.query.get("person", "0")), request.query.get("appid", "")
    with world.lock:
        accounts = list(world.accounts.values())
        known = [a for a in accounts if person < a.followers.count and appid in ("", a.appid)]
        seen = [_chat(account, person) for account in known]
    listed = [{"appid": account.appid, "name": account.name, "type": account.type} for account in accounts]
    return json_answer({"now": world.clock.now(), "chats": seen, "accounts": listed})


def find(world: World, request: Request) -> Answer:
    """The person behind a number or an openid of any account; null when there is none."""
    wanted, appid = request.query.get("q", "").strip(), request.query.get("appid", "")
    for account in [account for account in list(world.accounts.values()) if appid in ("", account.appid)]:
        number = account.followers.number(wanted)
        if number is None and wanted.isdecimal() and int(wanted) < account.followers.count:
            number = int(wanted)
        if number is not None:
            return json_answer({"person": number})
    return json_answer({"person": None})


def article(world: World, key: str, request: Request) -> Answer:
    """A sent article by the last part of its address; its words when it was deleted or never was."""
    words = WORDS[language(request.query.get("lang", ""), request.headers.get("accept-language", ""))]
    for account in world.accounts.values():
        for job in account.jobs.values():
            for index, one in enumerate(job.articles, start=1):
                if one["url"].endswith(f"/{key}"):
                    if {0, index} & job.deleted:
                        return _message(words["deleted"], request)
                    return _article(account, one, job.accepted, words, request)
    return _message(words["gone"], request, 404)


def draft(world: World, media_id: str, index: str, request: Request) -> Answer:
    """An article of a draft: what WeChat's temporary preview link shows."""
    words = WORDS[language(request.query.get("lang", ""), request.headers.get("accept-language", ""))]
    for account in world.accounts.values():
        found = account.drafts.get(media_id)
        if found and _whole(index) < len(found.articles):
            shown = {"pictures": [], **found.articles[_whole(index)]}
            return _article(account, shown, found.updated, words, request)
    return _message(words["gone"], request, 404)


def picture(world: World, path: str) -> Answer:
    """A picture of WeChat's picture host, by its path there."""
    url = f"http://mmbiz.qpic.cn/{path}"
    for account in world.accounts.values():
        for media in account.media.values():
            if media.url and media.url == url:
                return _bytes(world.blob(media.blob))
    return json_answer({"error": "There is no such picture."}, 404)


def blob(world: World, name: str) -> Answer:
    if any(media.blob == name for account in world.accounts.values() for media in account.media.values()):
        return _bytes(world.blob(name))
    return json_answer({"error": "There is no such file."}, 404)


def here(url: str) -> str:
    """Where the sandbox itself serves an address of WeChat's hosts."""
    return HOST_OF_PICTURES.sub("/_sandbox/mmbiz/", url).replace("http://mp.weixin.qq.com/s/", "/_sandbox/s/")


def _chat(account: Account, person: int) -> dict[str, Any]:
    reached = [job for job in account.jobs.values() if bits.contains(job.reached, person)]
    messages = [_sent(job) for job in reached] + [
        {**_shown(p["message"], p["articles"]), "id": f"preview/{p['at']}", "at": p["at"], "preview": True}
        for p in account.previews
        if p["number"] == person
    ]
    return {
        "appid": account.appid,
        "name": account.name,
        "type": account.type,
        "follows": account.followers.follows(person),
        "messages": sorted(messages, key=lambda message: message["at"])[-MOST_MESSAGES:],
    }


def _sent(job: Job) -> dict[str, Any]:
    return {**_shown(job.message, job.articles), "id": str(job.msg_id), "at": job.finished, "preview": False}


def _shown(message: dict[str, Any], articles: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "kind": message["kind"],
        "text": message["title"],
        "pictures": [here(url) for url in message.get("pictures", [])],
        "articles": [
            {
                key: here(one.get(key, "")) if key in ("cover", "url") else one[key]
                for key in ("title", "digest", "cover", "url")
            }
            for one in articles
        ],
    }


def _article(account: Account, one: dict[str, Any], moment: float, words: dict[str, str], request: Request) -> Answer:
    text = here_in(one["content"])
    source = one.get("content_source_url", "")
    shown = {
        "lang": _language_of(one["title"] + text),
        "title": escape(one["title"]),
        "author": f"<span>{escape(one['author'])}</span>" if one.get("author") else "",
        "account": escape(account.name),
        "date": clock.beijing(moment).strftime("%Y-%m-%d %H:%M"),
        "gallery": _gallery(one["pictures"]),
        "content": text,
        "original": f'<a class="original" href="{escape(source)}">{escape(words["original"])}</a>' if source else "",
    }
    return _html(_template("article.html").substitute(shown), ARTICLE_POLICY.format(base=request.base))


def here_in(content: str) -> str:
    """Article HTML with WeChat's picture addresses turned into the sandbox's; only for showing."""
    return HOST_OF_PICTURES.sub("/_sandbox/mmbiz/", stripped(content))


def _gallery(urls: list[str]) -> str:
    shown = "".join(f'<img src="{escape(here(url))}" alt="">' for url in urls)
    return f'<div class="gallery">{shown}</div>' if shown else ""


def _language_of(text: str) -> str:
    """A guess by the letters, so that the right fonts are taken: kana means Japanese, other CJK Chinese."""
    if re.search(r"[\u3040-\u30ff]", text):
        return "ja"
    return "zh-Hans" if re.search(r"[\u4e00-\u9fff]", text) else "en"


def _message(text: str, request: Request, status: int = 200) -> Answer:
    page = (
        '<!doctype html><meta charset="utf-8"><meta name="color-scheme" content="light dark"><title></title>'
        f'<link rel="stylesheet" href="/_sandbox/phone/article.css"><p class="message">{escape(text)}</p>'
    )
    return _html(page, ARTICLE_POLICY.format(base=request.base), status)


def _template(name: str) -> Template:
    return Template((resources.files(__package__) / name).read_text("utf-8"))


def _html(text: str, policy: str, status: int = 200) -> Answer:
    return Answer(text.encode(), status, "text/html; charset=utf-8", _guarded(policy))


def _bytes(content: bytes) -> Answer:
    return Answer(content, type=pictures.content_type(content), headers=_guarded("default-src 'none'; sandbox"))


def _guarded(policy: str) -> dict[str, str]:
    return {
        "Content-Security-Policy": policy,
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Cache-Control": "no-store",
    }


def _whole(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 10 else 0

"""What the demo shows: brands, Official Accounts, people and articles, as data.

All of it is invented: a tea house, a matcha magazine and a sweets shop that one
agency in Tokyo looks after.
"""

from dataclasses import dataclass, field
from pathlib import Path

from desk.demo.pictures import DUSK, MATCHA, MORNING, PAPER, PLUM, WINTER, Palette

TEXTS = Path(__file__).parent / "texts"
# One password for every demo login. Only `load_demo` makes these people, and only in an installation without others.
PASSWORD = "a cup of green tea"  # noqa: S105  (printed by `make run`, meant to be known)

Drawing = tuple[str, Palette]


# What a picture shows, for people who hear an article instead of seeing it; by scene and language.
SHOWN = {
    "hills": {"ja": "朝日のさす茶畑の丘", "zh": "晨光里的茶山", "en": "Tea hills under a low sun"},
    "cup": {"ja": "湯気の立つ湯のみ", "zh": "一杯冒着热气的茶", "en": "A steaming cup of tea"},
    "bowl": {"ja": "抹茶椀と茶筅", "zh": "抹茶碗与茶筅", "en": "A bowl of matcha and a whisk"},
    "sweets": {"ja": "花をかたどった三つの上生菓子", "zh": "三枚花形和菓子", "en": "Three sweets shaped like blossoms"},
    "box": {"ja": "ひもをかけた贈りものの箱", "zh": "系着细绳的礼盒", "en": "A gift box with a cord"},
    "phones": {
        "ja": "会話の並ぶ二台のスマートフォン",
        "zh": "两部显示对话的手机",
        "en": "Two phones with conversations",
    },
}


@dataclass(frozen=True)
class DemoAccount:
    """One brand and its Official Account; ``verified_days`` is how long its verification still holds."""

    key: str
    name: str
    colour: str
    initial: str
    type: str
    subject: str
    verified_days: int
    followers: int
    tags: tuple[tuple[str, int], ...]  # name and how many followers carry it


@dataclass(frozen=True)
class DemoPerson:
    """One person; ``roles`` by account key, ``rights`` in every one of these brands."""

    username: str
    given_name: str
    family_name: str
    language: str
    time_zone: str
    roles: dict[str, str] = field(default_factory=dict)
    may_send: bool = False
    may_resolve: bool = False
    administrator: bool = False


@dataclass(frozen=True)
class DemoArticle:
    """One article; ``text`` names a file in ``texts/`` whose ``{picture:0}`` becomes the first of ``pictures``."""

    account: str
    text: str
    title: str
    author: str
    digest: str
    cover: Drawing
    pictures: tuple[Drawing, ...]

    def body(self) -> str:
        """Return the text with its places for pictures still open."""
        return (TEXTS / f"{self.text}.html").read_text(encoding="utf-8")

    def shown(self, drawing: Drawing) -> str:
        """Return what a picture shows, in the language of the text."""
        return SHOWN[drawing[0]][self.text.rsplit(".", 1)[1]]


ACCOUNTS = (
    DemoAccount(
        "tea", "茶の間", "green", "茶", "service", "overseas", 214, 4200, (("VIP", 320), ("東京", 900), ("华东", 1400))
    ),
    DemoAccount(
        "matcha", "抹茶日和", "teal", "抹", "subscription", "overseas", 301, 2600, (("初心者", 700), ("老茶客", 450))
    ),
    DemoAccount("sweets", "和菓子堂", "plum", "和", "service", "overseas", 35, 3100, (("ギフト", 520), ("上海", 610))),
)

PEOPLE = (
    DemoPerson("admin", "Emma", "Clarke", "en", "Europe/London", administrator=True),
    DemoPerson(
        "sakura",
        "さくら",
        "田中",
        "ja",
        "Asia/Tokyo",
        {"tea": "manager", "matcha": "manager", "sweets": "manager"},
        may_send=True,
        may_resolve=True,
    ),
    DemoPerson("mei", "梅", "李", "zh-hans", "Asia/Shanghai", {"tea": "editor", "matcha": "editor"}, may_send=True),
    DemoPerson("kenji", "健二", "佐藤", "ja", "Asia/Tokyo", {"tea": "approver", "sweets": "approver"}, may_send=True),
    DemoPerson("oliver", "Oliver", "Grant", "en", "Asia/Tokyo", {"sweets": "editor", "matcha": "viewer"}),
    DemoPerson("fang", "芳", "王", "zh-hans", "Asia/Shanghai", {"tea": "viewer"}),
)

ARTICLES = (
    DemoArticle(
        "tea",
        "official-accounts.ja",
        "WeChat公式アカウントの種類と認証、はじめの一歩",
        "茶の間編集室",
        "サービスアカウントと購読アカウントはどう違う？ 年に一度の認証とは？ 私たちが準備したときのメモから。",
        ("phones", PAPER),
        (("phones", MORNING), ("cup", PAPER)),
    ),
    DemoArticle(
        "tea",
        "winter-tea.ja",
        "霜の朝に、半年寝かせたお茶を",
        "茶の間編集室",
        "秋を越えたお茶は、角がとれて甘くなります。今年の三種と、寒い日のいれ方。",
        ("hills", MORNING),
        (("hills", WINTER), ("cup", WINTER)),
    ),
    DemoArticle(
        "tea",
        "winter-tea.zh",
        "冬茶到了：一杯焙茶的三种喝法",
        "茶之间",
        "春天采下的茶，睡过半年才最温柔。今年三款冬茶，和一杯焙茶的三种喝法。",
        ("cup", WINTER),
        (("hills", DUSK), ("cup", MORNING)),
    ),
    DemoArticle(
        "tea",
        "leaves.en",
        "How we choose our leaves",
        "Chanoma",
        "Two hundred teas, eleven valleys, the same white bowls: how nine of them came home.",
        ("hills", PAPER),
        (("hills", MATCHA),),
    ),
    DemoArticle(
        "matcha",
        "matcha-basics.zh",
        "抹茶入门：从一碗薄茶开始",
        "抹茶日和",
        "三样东西，四个动作，二十秒。第一次点茶也能成功。",
        ("bowl", MATCHA),
        (("bowl", PAPER), ("bowl", MORNING)),
    ),
    DemoArticle(
        "matcha",
        "whisk.ja",
        "茶筅を長く使うための、三つの習慣",
        "抹茶日和",
        "使う前に三十秒、使ったあとに一分。道具の寿命は手入れで倍になります。",
        ("bowl", WINTER),
        (("bowl", PAPER),),
    ),
    DemoArticle(
        "sweets",
        "gift-box.zh",
        "岁暮礼盒：九枚和菓子，从冬到春",
        "和菓子堂",
        "送得重，不如送得巧。初雪、寒椿、福梅，年末礼盒开始预订。",
        ("box", DUSK),
        (("sweets", PLUM), ("box", PLUM)),
    ),
    DemoArticle(
        "sweets",
        "seasons.ja",
        "上生菓子の四季、職人の手帳から",
        "和菓子堂",
        "季節よりほんの少し先を歩く、四つの意匠のお話。",
        ("sweets", PLUM),
        (("sweets", MORNING),),
    ),
)

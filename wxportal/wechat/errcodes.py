"""WeChat's errcodes as data: how its text begins, what it means, what to do. `errors` builds on this.

Sources: developers.weixin.qq.com/doc/oplatform/developers/errCode/errCode.html
and the page of each interface. What to do is our reading.
"""

from dataclasses import dataclass
from enum import StrEnum

HOUR, DAY = 3_600, 86_400  # seconds


class Advice(StrEnum):
    """What can be done about a failure."""

    RENEW_TOKEN = "renew the token"  # noqa: S105  words, not a password
    RETRY = "retry"
    WAIT_UNTIL = "wait until"
    PERMANENT = "permanent"
    OPERATOR = "operator"
    ALREADY_DONE = "already done"
    ASK = "ask"  # nothing is known: find out what happened, or ask a person


class Period(StrEnum):
    """When a counter starts again, in Beijing time."""

    DAY = "day"
    MONTH = "month"
    DAY_OR_MONTH = "day or month"  # by the account's type: subscription accounts by day, service accounts by month


@dataclass(frozen=True, slots=True)
class ErrorCode:
    """One row: ``errmsg`` is how WeChat's text begins, ``wait`` the least seconds before another try."""

    code: int
    errmsg: str
    meaning: str
    advice: Advice
    wait: int = 0
    period: Period = Period.DAY


def _token(code: int, errmsg: str, meaning: str) -> ErrorCode:
    return ErrorCode(code, errmsg, meaning, Advice.RENEW_TOKEN)


def _retry(code: int, errmsg: str, meaning: str, wait: int) -> ErrorCode:
    return ErrorCode(code, errmsg, meaning, Advice.RETRY, wait)


def _spent(code: int, errmsg: str, meaning: str, period: Period) -> ErrorCode:
    return ErrorCode(code, errmsg, meaning, Advice.WAIT_UNTIL, period=period)


def _never(code: int, errmsg: str, meaning: str) -> ErrorCode:
    return ErrorCode(code, errmsg, meaning, Advice.PERMANENT)


def _person(code: int, errmsg: str, meaning: str, wait: int = 0) -> ErrorCode:
    return ErrorCode(code, errmsg, meaning, Advice.OPERATOR, wait)


_SYSTEM = (
    _retry(-1, "system error", "WeChat is busy", 5),
    _retry(61450, "system error", "WeChat is busy", 5),
    _retry(268488001, "system busy", "The mass-send system is busy", 60),
    _retry(45061, "update too often", "The same thing was changed too often", 60),
    _never(61451, "invalid parameter", "A parameter is wrong (customer service)"),
)

_TOKEN_SECRET_ADDRESS = (
    _token(
        40001,
        "invalid credential, access_token is invalid or not latest",
        "The access token was replaced or belongs to another account; when asking for a token: wrong AppSecret",
    ),
    _token(40014, "invalid access_token", "The access token is malformed"),
    _token(42001, "access_token expired", "The access token has expired"),
    _never(40002, "invalid grant_type", "Our request for a token is wrong"),
    _person(40013, "invalid appid", "WeChat does not know this app id"),
    _person(40125, "invalid appsecret", "The AppSecret is wrong or was reset"),
    _person(40164, "invalid ip", "Our address is not on the account's IP allow-list", 600),
    _person(40243, "AppSecret is frozen", "The AppSecret was frozen in WeChat's console"),
    _never(41001, "access_token missing", "Our request carried no access token"),
    _never(41002, "appid missing", "Our request carried no app id"),
    _never(41004, "appsecret missing", "Our request carried no AppSecret"),
    _person(42007, "user changed password; authorization void", "The authorization ended with a changed password"),
    _person(45035, "access clientip is not registered", "Our address is not registered for this account"),
    _person(50004, "not allowed to use access_token", "WeChat has taken the token interface from this account"),
    _person(50007, "account frozen", "The account is frozen"),
    _retry(89501, "pending confirmation exists", "The administrator has not answered an earlier question yet", 300),
    _person(89503, "needs administrator confirmation", "WeChat has asked the administrator to confirm this call", 300),
    _retry(89504, "waiting for administrator", "WeChat waits for the administrator", 300),
    _retry(89505, "waiting for administrator, retry later", "WeChat waits for the administrator", 300),
    _person(89506, "IP refused, 24 h", "The administrator has refused our address for 24 hours", DAY),
    _person(89507, "IP refused, 1 h", "The administrator has refused our address for an hour", HOUR),
)

_PERMISSION = (
    _person(48001, "api unauthorized", "The account's type or verification does not include this interface"),
    _never(48002, "user blocked messages", "The follower receives no messages"),
    _person(48003, "mass-send agreement not accepted", "The administrator must accept the mass-send agreement"),
    _person(48004, "api forbidden", "WeChat has blocked this interface for the account; its console says why"),
    _never(48005, "forbidden to delete material used in auto-reply/menu", "An auto-reply or the menu uses it"),
    _spent(48006, "clear_quota limit", "The counters were cleared ten times this month", Period.MONTH),
    _person(48008, "no permission for this msgtype", "The account may not send this kind of message"),
    _person(48010, "forbidden to modify the material", "This material may not be changed"),
    _never(48013, "video not from new API", "The video must be uploaded again"),
    _never(48014, "review state wrong", "WeChat has not passed the video"),
    _never(48015, "no comment right", "The account has no comments: switch them off"),
    _never(48021, "auto-saved draft cannot be sent", "The draft must be saved by hand or made again"),
    _never(48022, "API-uploaded video cannot be mass-sent", "Only a video uploaded in the console can be sent"),
    _person(50001, "user unauthorized for the api", "The account is not authorized for this interface"),
    _person(50002, "user limited", "The account is restricted"),
    _never(50005, "user is unsubscribed", "This person does not follow the account"),
    _never(43004, "require subscribe", "This person does not follow the account"),
    _never(43005, "require friend relations", "This person is no friend of the account"),
    _never(43019, "require remove blacklist", "This follower is on the blacklist"),
    _person(41033, "invalid register type", "Only for accounts made by the interface"),
    _person(41040, "copyright problem", "WeChat sees a copyright problem"),
    _person(61003, "component is not authorized by this account", "Not authorized to the third-party platform"),
    _person(61004, "access clientip is not registered", "Not authorized to the third-party platform"),
    _person(61007, "api is unauthorized to component", "Not authorized to the third-party platform"),
    _person(45062, "has agreement ad, use MP console", "An article with an advertisement is sent in the console only"),
    _retry(45102, "api blocked temporarily", "The interface is blocked for a while", HOUR),
    _never(45103, "api unsupported now", "WeChat has retired this interface"),
    _never(45106, "api unsupported", "WeChat has retired this interface"),
    _never(45113, "message type unsupported", "WeChat has retired this kind of message"),
    _never(88000, "without comment privilege", "The account has no comments: switch them off"),
)

_QUOTA = (
    _spent(45009, "reach max api daily quota limit", "Today's calls of this interface are used up", Period.DAY),
    _retry(45011, "api minute-quota reach limit", "Too many calls in this minute", 60),
    _spent(45028, "has no masssend quota", "The account's mass sends are used up", Period.DAY_OR_MONTH),
    _spent(45040, "reach max monthly quota limit", "This month's calls are used up", Period.MONTH),
    _spent(45101, "upload quota limit", "Today's uploads are used up", Period.DAY),
    _spent(45104, "domain quota limit", "Today's domain changes are used up", Period.DAY),
    _never(45047, "out of response count limit", "No more messages to this follower until they write again"),
    _never(45015, "response out of time limit", "The follower's last message is more than 48 hours old"),
    _retry(42010, "masssend fast, retry again", "Mass sends follow each other too fast", 300),
    _person(45034, "material count out of limit", "The material library is full"),
    _person(45074, "material count out of limit", "The material library is full"),
    _person(45056, "too many tags", "The account has 100 tags already"),
    _never(45057, "tag has too many fans", "A tag of more than 100,000 followers cannot be deleted"),
    _never(45058, "can't modify sys tag", "WeChat's own tags cannot be changed"),
    _never(45059, "too many tags on one user", "A follower has 20 tags already"),
)

_FOLLOWERS_AND_PARAMETERS = (
    _never(40003, "invalid openid", "Unknown, of another account, or no follower"),
    _never(49003, "not match openid with appid", "The follower belongs to another account"),
    _never(46004, "user not exist", "There is no such person"),
    _never(40031, "invalid openid list", "The list of followers is wrong"),
    _never(40032, "invalid openid list size", "The list of followers is too long or too short"),
    _never(40130, "at least two openid", "A list needs two followers"),
    _never(40132, "invalid username", "There is no such WeChat id"),
    _never(40033, "invalid charset, \\uXXXX used", "Our request escaped its text"),
    _never(40035, "invalid parameter", "A parameter is wrong"),
    _never(40097, "invalid args", "A parameter is wrong"),
    _never(40038, "invalid request format", "The request is wrong"),
    _never(40050, "invalid group id", "There is no such tag"),
    _never(40152, "invalid tag id", "There is no such tag"),
    _never(40092, "invalid remark name", "The remark is too long"),
    _never(40201, "invalid url", "The account has no callback address"),
    _never(40202, "invalid action", "Our question about the callback is wrong"),
    _never(40203, "invalid check_operator", "Our question about the callback is wrong"),
    _never(41009, "openid missing", "Our request named no follower"),
    _never(43001, "require GET method", "Our request used the wrong method"),
    _never(43002, "require POST method", "Our request used the wrong method"),
    _never(43003, "require https", "Our request was not encrypted"),
    _never(44002, "empty post data", "Our request was empty"),
    _never(44005, "empty list", "Our request's list was empty"),
    _never(45157, "invalid tag name", "The tag's name is taken or not allowed"),
    _never(45158, "tag name length too long", "The tag's name is longer than 30 bytes"),
    _never(45159, "invalid tag id", "There is no such tag"),
    _never(47001, "data format error", "Our request could not be read"),
    _never(47002, "do not use \\uXXXX", "Our request escaped its text"),
    _never(76001, "rid not found", "The request id is unknown or older than seven days"),
    _never(76002, "rid is error", "The request id is malformed"),
    _never(76003, "no permission for this rid", "The request id belongs to another account"),
    _never(76004, "rid query timeout", "The request id could not be looked up"),
    _never(76021, "cgi_path not found", "WeChat does not know this path"),
    _never(76022, "could not use this cgi_path, no permission", "The account may not use this path"),
)

_MEDIA = (
    _never(40004, "invalid media type", "The kind of file is wrong"),
    _never(40005, "invalid file type", "The file's format is not accepted"),
    _never(40006, "invalid media size", "The file is too large"),
    _never(40007, "invalid media_id", "The file or draft is gone, used up, or of another account"),
    _never(40009, "invalid image size", "The picture is too large"),
    _never(40010, "invalid voice size", "The recording is too large"),
    _never(40011, "invalid video size", "The video is too large"),
    _never(40012, "invalid thumb size", "The cover is too large"),
    _never(40118, "invalid media_id size", "The file's id is wrong"),
    _never(40121, "invalid media_id type", "The file is of another kind"),
    _never(40128, "media_id must come from add_material", "The file must be permanent"),
    _never(40137, "invalid image format", "The picture's format is not accepted"),
    _never(40215, "invalid image count", "Too many pictures, or none"),
    _never(40229, "cover missing", "The article has no cover"),
    _never(41005, "media data missing", "Our upload carried no file"),
    _never(41006, "media_id missing", "Our request named no file"),
    _never(44001, "empty media data", "The file is empty"),
    _never(45001, "media size out of limit", "The file is too large"),
    _never(45007, "playtime out of limit", "The recording is too long"),
    _never(45020, "image count out of limit", "Too many pictures"),
    _never(45060, "media used in auto-reply/menu", "An auto-reply or the menu uses it"),
    _never(45161, "invalid video id", "There is no such video"),
    _never(46001, "media data missing", "The file's id has no file"),
    _never(9001007, "upload data missing", "Our upload carried no file"),
    _never(9001008, "upload type invalid", "The file's format is not accepted"),
    _never(9001009, "upload size invalid", "The file is too large"),
    _never(9001010, "upload failed", "The upload failed"),
)

_ARTICLES = (
    _never(40039, "invalid url size", "An address is too long"),
    _never(40048, "invalid url", "An address is not accepted"),
    _never(40066, "url blocked", "WeChat has blocked an address"),
    _never(40114, "invalid index value", "The draft has no article with this number"),
    _never(40155, "invalid link to another account's home page", "A link leads to another account's home page"),
    _never(40192, "invalid author in news", "The author is not accepted"),
    _never(40193, "invalid recommend length", "The recommendation is too long"),
    _never(40194, "invalid recommend", "The recommendation is not accepted"),
    _never(40213, "invalid href", "A link is not accepted"),
    _never(40214, "invalid href", "A link is not accepted"),
    _never(41039, "invalid content_source_url", "The “read original” link is not accepted"),
    _never(44003, "empty news data", "The article is empty"),
    _never(44004, "empty content", "The text is empty"),
    _never(45002, "content size out of limit", "The text is too long"),
    _never(45003, "title size out of limit", "The title is too long"),
    _never(45004, "description size out of limit", "The digest is too long"),
    _never(45005, "url size out of limit", "A link is too long"),
    _never(45006, "picurl size out of limit", "A picture's address is too long"),
    _never(45008, "article count out of limit", "Too many articles"),
    _never(45110, "author size out of limit", "The author is too long"),
    _never(45166, "invalid content", "The text holds something WeChat forbids"),
    _never(45168, "keyword in blacklist", "The text holds a word WeChat forbids"),
    _never(53404, "no right to use goods", "The account may not show goods"),
    _never(53405, "invalid goods parameter", "The goods are described wrongly"),
    _never(53406, "too many goods", "Too many goods"),
    _person(53503, "publish check failed", "The draft did not pass WeChat's check"),
    _person(53504, "publish in the console only", "This draft can only be published in WeChat's console"),
    _person(53505, "save in the console first", "This draft must first be saved in WeChat's console"),
    _never(53600, "invalid article_id", "There is no such article"),
)

_MASS = (
    _never(40008, "invalid message type", "The kind of message is wrong"),
    _never(40059, "invalid msg id", "There is no such send"),
    _never(40060, "invalid article_idx", "The send has no article with this number"),
    _retry(40065, "invalid msg status", "The send is not finished yet", 300),
    _person(40204, "article under rumor handling", "WeChat is looking into the article; it cannot be deleted"),
    _never(45052, "masssend msg use invalid type", "This kind of message cannot be sent to many"),
    ErrorCode(45065, "clientmsgid exist", "This send was accepted before", Advice.ALREADY_DONE),
    _retry(45066, "clientmsgid is being processed", "The first request with this clientmsgid is still at work", 60),
    _never(45067, "clientmsgid size out of limit", "The clientmsgid is too long"),
    _never(45083, "speed out of range", "The speed is none of 0 to 4"),
    _never(45084, "speed missing", "Our request named no speed"),
    _retry(45085, "speed server error", "WeChat could not change the speed", 60),
    _never(45162, "invalid mass-send type", "This kind of message cannot be sent to many"),
    _never(9500001, "mass delete list invalid", "The send cannot be deleted"),
    _never(9500002, "mass send list invalid", "The list of followers is wrong"),
)

_ROWS = (
    *_SYSTEM,
    *_TOKEN_SECRET_ADDRESS,
    *_PERMISSION,
    *_QUOTA,
    *_FOLLOWERS_AND_PARAMETERS,
    *_MEDIA,
    *_ARTICLES,
    *_MASS,
)
ERRCODES: dict[int, ErrorCode] = {row.code: row for row in _ROWS}

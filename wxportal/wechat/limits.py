"""Published limits of WeChat's interface, each with its unit and its page.

Pages contradict each other; where they do, the smaller number stands here and
the larger in the comment. WeChat's own refusal has the last word and is shown
verbatim. Pages are below https://developers.weixin.qq.com.
"""

# --- access tokens: /doc/subscription/api/base/api_getstableaccesstoken.html
TOKEN_LIFE = 7200  # seconds, at present
TOKEN_RENEW_EARLY = 300  # seconds; WeChat itself changes the stable token about 5 minutes before its end
STABLE_TOKEN_FORCE_GAP = 30  # seconds between two forced renewals
STABLE_TOKEN_FORCES_PER_DAY = 20  # per account
STABLE_TOKEN_CALLS_PER_MINUTE = 10_000
STABLE_TOKEN_CALLS_PER_DAY = 500_000
IP_ALLOW_LIST_DELAY = 600  # seconds until a change works: 5 to 10 minutes, says WeChat's staff

# --- calls a day and account: /doc/subscription/guide/dev/api/limit.html
CALLS_PER_DAY = {
    "/cgi-bin/token": 2_000,
    "/cgi-bin/stable_token": STABLE_TOKEN_CALLS_PER_DAY,
    "/cgi-bin/getcallbackip": 5_000,
    "/cgi-bin/user/get": 500,
    "/cgi-bin/user/info": 500_000,  # the page says 5,000,000, the console often 500,000
    "/cgi-bin/user/info/updateremark": 10_000,
    "/cgi-bin/tags/create": 1_000,
    "/cgi-bin/tags/get": 1_000,
    "/cgi-bin/tags/update": 1_000,
    "/cgi-bin/tags/members/batchtagging": 100_000,
    "/cgi-bin/tags/members/batchuntagging": 100_000,
    "/cgi-bin/media/upload": 5_000,  # a newer page: 100,000
    "/cgi-bin/media/get": 10_000,  # a newer page: 200,000
    "/cgi-bin/draft/add": 1_000,
    "/cgi-bin/draft/get": 500,
    "/cgi-bin/draft/delete": 1_000,
    "/cgi-bin/draft/update": 1_000,
    "/cgi-bin/draft/count": 1_000,
    "/cgi-bin/draft/batchget": 1_000,
    "/cgi-bin/message/mass/sendall": 100,
    "/cgi-bin/message/mass/send": 100,
    "/cgi-bin/message/mass/delete": 10,
}
# Quotas count in Beijing days; the hour at which WeChat resets them is not published.

# --- quota: /doc/subscription/api/apimanage/api_clearquota.html
CLEAR_QUOTA_PER_MONTH = 10  # shared with the console and clear_quota/v2
CLEAR_API_QUOTA_PER_MONTH = 50
RID_LIFE = 7 * 86_400  # seconds a request id can be looked up

# --- followers: /doc/subscription/api/usermanage/userinfo/api_getfans.html and its neighbours
FOLLOWER_PAGE = 10_000  # openids a page, not selectable
PROFILES_PER_CALL = 100
REMARK_BYTES = 29  # UTF-8; "shorter than 30 bytes"
BLACKLIST_PAGE = 1_000  # openids; older pages: 10,000. Page until the count is 0, whatever the size
BLACKLIST_PER_CALL = 20  # openids

# --- tags: /doc/subscription/api/usermanage/tag/api_createtag.html and its neighbours
TAGS_PER_ACCOUNT = 100
TAGS_PER_FOLLOWER = 20
TAG_NAME_BYTES = 30  # UTF-8, by errcode 45158; the page says 30 characters
TAGGING_PER_CALL = 50  # openids
TAG_PAGE = 10_000  # openids
TAG_DELETE_FOLLOWERS = 100_000  # a fuller tag cannot be deleted (45057)
SYSTEM_TAG_IDS = frozenset({0, 1, 2})  # ungrouped, blacklist, starred: cannot be changed

# --- media: /doc/subscription/api/material/temporary/api_uploadtempmedia.html, permanent/api_addmaterial.html
TEMPORARY_MEDIA_LIFE = 3 * 86_400  # seconds
TEMPORARY_MEDIA_BYTES = {
    "image": 2 * 1024**2,  # the page: 10 MB, and 2 MB elsewhere on it
    "voice": 2 * 1024**2,
    "video": 10 * 1024**2,
    "thumb": 64 * 1024,
}
MATERIAL_BYTES = {
    "image": 10 * 1024**2,
    "voice": 2 * 1024**2,
    "video": 10 * 1024**2,
    "thumb": 64 * 1024,
}
VOICE_SECONDS = 60
ARTICLE_IMAGE_BYTES = 1024**2 - 1  # uploadimg: "below 1 MB"; jpg and png only
MATERIALS_IMAGES_AND_NEWS = 5_000  # a newer page: 100,000
MATERIALS_OF_ANOTHER_KIND = 1_000
LIST_PAGE = 20  # items a page of material/batchget_material and draft/batchget

# --- drafts: /doc/subscription/api/draftbox/draftmanage/api_draft_add.html
ARTICLES_PER_DRAFT = 8
TITLE_CHARACTERS = 32  # before 2025-12: 64
AUTHOR_CHARACTERS = 8  # the page: 16; servers refused more than 8 (45110)
DIGEST_CHARACTERS = 120  # a newer page: 128
DIGEST_TAKEN_FROM_TEXT = 54  # characters WeChat takes when there is no digest
CONTENT_CHARACTERS = 19_999  # "below 20,000", markup counted
CONTENT_BYTES = 1024**2 - 1  # UTF-8; "below 1 MB"
SOURCE_URL_BYTES = 1024
PICTURES_PER_NEWSPIC = 20

# --- mass sending: /doc/service/api/notify/message/api_sendall.html,
# --- /doc/subscription/guide/product/message/Batch_Sends.html
MASS_CALLS_PER_MINUTE = 60
MASS_CALLS_PER_DAY = 100
MASS_LIST_LEAST = 2  # openids in a call of mass/send
MASS_LIST_MOST = 10_000
MASS_PICTURES = 20
MASS_DELETES_PER_DAY = 10
PREVIEWS_BY_NAME_PER_DAY = 100
SENDS_PER_FOLLOWER_AND_MONTH = 4  # service accounts, per Beijing month, whatever the channel
SENDS_TO_ALL_PER_MONTH = 4  # service accounts, console included
SENDS_PER_DAY = 1  # subscription accounts, per Beijing day
CLIENTMSGID_BYTES = 32  # ASCII; older pages: 64
CLIENTMSGID_WINDOW = 86_400  # seconds in which a repeat is answered with 45065
CLIENTMSGID_REPEAT_GAP = 60  # seconds to wait after 45066
ADMIN_CONFIRMATION = 1_800  # seconds an administrator has to confirm a protected send
MASS_SPEEDS = {0: 800_000, 1: 600_000, 2: 450_000, 3: 300_000, 4: 100_000}  # messages a minute

# --- callbacks: /doc/subscription/guide/dev/push/
CALLBACK_DEADLINE = 5  # seconds
CALLBACK_ATTEMPTS = 3
CALLBACK_TOKEN_LEAST, CALLBACK_TOKEN_MOST = 3, 32  # letters and digits

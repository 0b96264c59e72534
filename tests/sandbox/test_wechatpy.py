"""A client written by others talks to the sandbox, and its crypto reads our pushes (wechatpy 1.8)."""

import io

import pytest
from wechatpy import WeChatClient, parse_message
from wechatpy.crypto import WeChatCrypto
from wechatpy.exceptions import WeChatClientException

from tests.sandbox.caller import JPEG, PNG, Caller, eventually
from tests.sandbox.listener import AES_KEY, TOKEN, Listener


class Client(WeChatClient):
    """wechatpy's client with its addresses turned to the sandbox (the token's is written into its code)."""

    def __init__(self, caller: Caller) -> None:
        self.API_BASE_URL = f"{caller.base}/cgi-bin/"
        super().__init__(caller.appid, caller.secret)

    def fetch_access_token(self) -> dict[str, object]:
        query = {"grant_type": "client_credential", "appid": self.appid, "secret": self.secret}
        return self._fetch_access_token(url=f"{self.API_BASE_URL}token", params=query)


@pytest.fixture
def client(service: Caller) -> Client:
    return Client(service)


def test_it_fetches_a_token_and_renews_a_stale_one(service: Caller, client: Client) -> None:
    token = client.access_token
    service.sandbox.fault("/cgi-bin/tags/get", "stale_token")
    assert client.tag.get()[0]["name"] == "星标组"
    assert client.access_token != token


def test_it_walks_the_list_of_followers(service: Caller, client: Client) -> None:
    service.sandbox.change_account(service.appid, page_size=30)
    found = list(client.user.iter_followers())
    assert len(found) == len(set(found)) == 100
    assert client.user.get(found[0])["subscribe"] == 1
    assert len(client.user.get_batch(found)) == 100


def test_it_manages_tags(service: Caller, client: Client) -> None:
    tag = client.tag.create("广东")
    openids = service.openids()[:5]
    client.tag.tag_user(tag["id"], openids)
    assert list(client.tag.iter_tag_users(tag["id"])) == openids
    assert client.tag.get_user_tag(openids[0]) == [tag["id"]]
    client.tag.untag_user(tag["id"], openids[:2])
    client.tag.update(tag["id"], "改名")
    client.tag.delete(tag["id"])


def test_it_uploads_and_downloads(client: Client) -> None:
    uploaded = client.media.upload("image", ("cover.png", io.BytesIO(PNG)))
    assert client.media.download(uploaded["media_id"]).content == PNG
    added = client.material.add("image", ("cover.jpg", io.BytesIO(JPEG)))
    assert client.material.get_count()["image_count"] == 1
    client.material.delete(added["media_id"])
    assert client.media.upload_image(("body.png", io.BytesIO(PNG))).startswith("http://mmbiz.qpic.cn/")


def test_it_makes_a_draft_and_sends_it(service: Caller, client: Client) -> None:
    cover = client.material.add("image", ("cover.jpg", io.BytesIO(JPEG)))["media_id"]
    article = {"title": "秋季新品", "content": "<p>正文</p>", "thumb_media_id": cover}
    # 1.8 has no family for drafts, but its way of calling carries them.
    media_id = client.post("draft/add", data={"articles": [article]})["media_id"]
    assert client.post("draft/get", data={"media_id": media_id})["news_item"][0]["title"] == "秋季新品"
    sent = client.message.send_mass_article(None, media_id, is_to_all=True, client_msg_id="k1")
    assert service.job(sent["msg_id"])["sent"] == 100
    assert client.message.get_mass(sent["msg_id"])["msg_status"] == "SEND_SUCCESS"
    assert client.message.delete_mass(sent["msg_id"])["errcode"] == 0


def test_it_sends_to_a_tag_and_to_a_list_and_previews(service: Caller, client: Client) -> None:
    openids = service.openids()
    tag = client.tag.create("VIP")
    client.tag.tag_user(tag["id"], openids[:7])
    assert service.job(client.message.send_mass_text(tag["id"], "你好")["msg_id"])["sent"] == 7
    assert service.job(client.message.send_mass_text(openids[:3], "你好")["msg_id"])["sent"] == 3
    assert client.message.send_mass_text(openids[0], "你好", preview=True)["errmsg"] == "preview success"


def test_it_understands_our_refusals(client: Client) -> None:
    with pytest.raises(WeChatClientException) as caught:
        client.user.get("oNONSENSE")
    assert caught.value.errcode == 40003


def test_its_crypto_and_parser_read_our_report(service: Caller, listener: Listener) -> None:
    assert service.sandbox.set_callback(service.appid, listener.url, TOKEN, AES_KEY)["ok"]
    msg_id = service.send_news(service.draft())["msg_id"]
    push = eventually(lambda: listener.pushes)[0]
    crypto, query = WeChatCrypto(TOKEN, AES_KEY, service.appid), push.query
    text = crypto.decrypt_message(push.body, query["msg_signature"], query["timestamp"], query["nonce"])
    event = parse_message(text)
    assert event.event == "masssendjobfinish"
    assert (int(event.id), event.status, int(event.total_count)) == (msg_id, "send success", 100)

"""The editor as people use it: in Chromium, on a real server."""

from collections.abc import Callable
from pathlib import Path

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from accounts.models import OfficialAccount, User
from articles import writing
from articles.models import Article, MediaFile
from tests.articles.pictures import photograph, saved
from tests.ground import LivePortal

Screenshot = Callable[[Page, str], Path]
PASSWORD = "a cup of green tea"
PASTED = """
(html) => {
    const data = new DataTransfer();
    data.setData("text/html", html);
    document.querySelector(".ProseMirror").dispatchEvent(
        new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
}
"""


@pytest.fixture
def editor(live_portal: LivePortal, page: Page, article: Article, alice: User) -> Page:
    """Alice has opened the article; whatever the browser complains about fails the test."""
    alice.set_password(PASSWORD)
    alice.save()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda said: complaints.append(said.text) if "Content Security Policy" in said.text else None)
    page.goto(live_portal.url + reverse("shell:login") + "?next=" + reverse("articles:edit", args=[article.pk]))
    page.fill("#id_username", alice.username)
    page.fill("#id_password", PASSWORD)
    page.click("form[action='/login/'] .wx-button-primary")
    expect(page.locator(".ProseMirror")).to_be_visible()
    yield page
    assert complaints == []


def newest(article: Article) -> Article:
    return Article.objects.get(pk=article.pk)


def to_the_end(editor: Page) -> None:
    editor.locator(".ProseMirror p").first.click()
    editor.keyboard.press("Control+End")


def test_what_is_written_is_previewed_checked_and_saved(editor: Page, article: Article, screenshot: Screenshot) -> None:
    to_the_end(editor)
    editor.keyboard.press("Enter")
    editor.keyboard.insert_text("湯を注ぎ、一分半。")  # as an input method commits it
    expect(editor.frame_locator(".wa-screen").locator("body")).to_contain_text("湯を注ぎ、一分半。")
    expect(editor.locator("[data-state]")).to_have_text("Not saved yet")
    editor.fill("#id_title", "茶" * 33)
    expect(editor.locator("#aside")).to_contain_text("33 of 32")
    editor.fill("#id_title", "いれ方")
    expect(editor.locator("#aside")).not_to_contain_text("33 of 32")
    screenshot(editor, "articles-editor")
    editor.keyboard.press("Control+s")
    expect(editor.locator("body")).to_contain_text("Saved.")
    saved_one = newest(article)
    assert saved_one.title == "いれ方"
    assert "<p>湯を注ぎ、一分半。</p>" in saved_one.body


def test_opening_and_saving_changes_nothing(editor: Page, article: Article) -> None:
    editor.keyboard.press("Control+s")
    expect(editor.locator("body")).to_contain_text("Nothing had changed.")
    assert newest(article).version == 1


def test_a_picture_is_chosen_described_and_shown_on_the_phone(editor: Page, article: Article, tmp_path: Path) -> None:
    file = tmp_path / "一杯.jpg"
    file.write_bytes(saved(photograph((640, 480), seed=7)))
    to_the_end(editor)
    with editor.expect_file_chooser() as chooser:
        editor.click("[data-name='picture']")
    chooser.value.set_files(file)
    editor.get_by_label("Description for people who cannot see it").fill("湯気の立つ一杯")
    editor.get_by_label("Caption").fill("冬の朝に")
    editor.locator("dialog [type='submit']").click()
    phone = editor.frame_locator(".wa-screen")
    expect(phone.get_by_alt_text("湯気の立つ一杯")).to_be_visible()
    assert (
        phone.get_by_alt_text("湯気の立つ一杯").evaluate("(image) => image.decode().then(() => image.naturalWidth)")
        == 640
    )
    editor.click("text='Save'")
    expect(editor.locator("body")).to_contain_text("Saved.")
    assert "<figcaption>冬の朝に</figcaption>" in newest(article).body


def test_a_pasted_picture_goes_through_our_own_upload(editor: Page, article: Article) -> None:
    picture = list(saved(photograph((320, 240), seed=8)))
    to_the_end(editor)
    editor.evaluate(
        """(bytes) => {
            const data = new DataTransfer();
            data.items.add(new File([new Uint8Array(bytes)], "paste.jpg", { type: "image/jpeg" }));
            document.querySelector(".ProseMirror").dispatchEvent(
                new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
        }""",
        picture,
    )
    expect(editor.locator(".ProseMirror img")).to_have_count(2)
    assert MediaFile.objects.filter(width=320).exists()


def test_a_paste_with_scripts_and_styles_leaves_the_words(editor: Page, article: Article) -> None:
    to_the_end(editor)
    editor.keyboard.press("Enter")
    editor.evaluate(PASTED, '<h2 style="color:red">見出し</h2><script>alert(1)</script><p class="MsoNormal">文</p>')
    editor.click("text='Save'")
    expect(editor.locator("body")).to_contain_text("Saved.")
    body = newest(article).body
    assert "<h2>見出し</h2>" in body
    assert "alert" not in body
    assert "MsoNormal" not in body


def test_furigana_survives_the_editor(editor: Page, article: Article) -> None:
    to_the_end(editor)
    editor.evaluate(PASTED, "<p><ruby>抹茶<rt>まっちゃ</rt></ruby>です</p>")
    editor.click("text='Save'")
    expect(editor.locator("body")).to_contain_text("Saved.")
    assert "<ruby>抹茶<rt>まっちゃ</rt></ruby>です" in newest(article).body


def test_a_reading_is_set_over_chosen_characters(editor: Page, article: Article) -> None:
    to_the_end(editor)
    editor.keyboard.insert_text("煎茶")
    editor.keyboard.press("Shift+ArrowLeft")
    editor.keyboard.press("Shift+ArrowLeft")
    editor.once("dialog", lambda dialog: dialog.accept("せんちゃ"))
    editor.click("[data-name='ruby']")
    editor.click("text='Save'")
    expect(editor.locator("body")).to_contain_text("Saved.")
    assert "<ruby>煎茶<rt>せんちゃ</rt></ruby>" in newest(article).body


def test_a_cover_that_is_no_picture_is_explained_at_once(editor: Page, tmp_path: Path) -> None:
    file = tmp_path / "cover.jpg"
    file.write_bytes(b"%PDF-1.7")
    editor.set_input_files("#id_cover_upload", file)
    expect(editor.locator("[data-cover-error]")).to_contain_text("no picture we can read")


def test_a_new_cover_is_shown_and_saved(editor: Page, article: Article, tmp_path: Path) -> None:
    file = tmp_path / "cover.jpg"
    file.write_bytes(saved(photograph((1000, 425), seed=9)))
    editor.set_input_files("#id_cover_upload", file)
    expect(editor.locator("[data-state]")).to_have_text("Not saved yet")
    editor.click("text='Save'")
    expect(editor.locator("body")).to_contain_text("Saved.")
    cover = newest(article).cover
    assert cover is not None
    assert cover.width == 1000


def test_two_people_writing_at_once_lose_nothing(
    editor: Page, article: Article, erin: User, screenshot: Screenshot
) -> None:
    editor.fill("#id_title", "アリスの題")
    writing.save(article, {"title": "エリンの題", "digest": "エリンの要約"}, version=1, by=erin)
    editor.click("text='Save'")
    expect(editor.locator("[role='alert']").first).to_contain_text("erin saved version 2")
    expect(editor.locator("#id_title")).to_have_value("アリスの題")
    expect(editor.locator("#id_digest")).to_have_value("エリンの要約")
    screenshot(editor, "articles-two-writers")
    editor.click("text='Save'")
    expect(editor.locator("body")).to_contain_text("Saved.")
    assert [one.title for one in article.revisions.order_by("number")] == ["冬の新茶", "エリンの題", "アリスの題"]


def test_the_phone_turns_dark(editor: Page) -> None:
    editor.get_by_role("button", name="Dark").click()
    phone = editor.frame_locator(".wa-screen").locator("body")
    expect(phone).to_have_css("background-color", "rgb(25, 25, 25)")


def test_nothing_in_the_phone_can_run(editor: Page, article: Article, official_account: OfficialAccount) -> None:
    sandbox = editor.locator(".wa-screen").get_attribute("sandbox")
    assert sandbox == "allow-same-origin"

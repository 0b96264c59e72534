// The article editor: django-prose-editor set up for semantic HTML, with pictures that go through our own upload.
// It is imported by its address beside ours: a bare name would need an inline import map, which the policy forbids.
import {
  Blockquote, Bold, BulletList, Caption, Document, Dropcursor, Extension, Figure, Fullscreen, Gapcursor, HardBreak,
  Heading, History, HorizontalRule, Image, Italic, Link, ListItem, Menu, OrderedList, Paragraph, Placeholder, Plugin,
  Strike, Table, TableCell, TableHeader, TableRow, Text, Underline, createTextareaEditor, updateAttrsDialog,
} from "../django_prose_editor/editor.js";
import { Ruby } from "./ruby.js";
import "./phone.js";

const form = document.getElementById("article-form");
const textarea = document.getElementById("id_body");
const words = window.gettext;

// --- Pictures ---

async function uploaded(file) {
  const body = new FormData();
  body.append("file", file);
  const token = document.querySelector("meta[name=csrf-token]").content;
  let answer;
  try {
    answer = await fetch(form.dataset.upload, { method: "POST", body, headers: { "X-CSRFToken": token } });
    return await answer.json();
  } catch {
    return { error: words(answer?.status === 413 ? "This file is too large." : "The picture did not arrive. Try again.") };
  }
}

const describe = () =>
  updateAttrsDialog(
    { alt: { title: words("Description for people who cannot see it") }, caption: { title: words("Caption") } },
    { title: words("Picture"), submitText: words("Done") },
  );

async function insertPictures(editor, files, { ask = false } = {}) {
  for (const file of files) {
    const picture = await uploaded(file);
    if (picture.error) {
      window.alert(picture.error);
      continue;
    }
    const said = ask ? await describe()(editor, { alt: "", caption: "" }) : null;
    const content = [{ type: "image", attrs: { src: picture.url, alt: said?.alt?.trim() || "" } }];
    if (said?.caption?.trim()) content.push({ type: "caption", content: [{ type: "text", text: said.caption.trim() }] });
    editor.chain().focus().insertContent([{ type: "figure", content }, { type: "paragraph" }]).run();
  }
}

function choosePicture(editor) {
  const input = document.createElement("input");
  input.type = "file";
  input.accept = document.getElementById("id_cover_upload").accept;
  input.addEventListener("change", () => insertPictures(editor, input.files, { ask: true }));
  input.click();
}

function pictureAt(editor) {
  const { selection } = editor.state;
  if (selection.node?.type.name === "image") return { pos: selection.from, node: selection.node };
  let found = null;
  editor.state.doc.nodesBetween(selection.from, selection.to, (node, pos) => {
    if (node.type.name === "figure" || node.type.name === "caption" || node.type.name === "doc") return true;
    if (node.type.name === "image") found = { pos, node };
    return false;
  });
  if (found) return found;
  const { $from } = selection;
  for (let depth = $from.depth; depth > 0; depth -= 1) {
    if ($from.node(depth).type.name === "figure") return { pos: $from.start(depth), node: $from.node(depth).firstChild };
  }
  return null;
}

async function describePicture(editor) {
  const picture = pictureAt(editor);
  if (!picture) return;
  const ask = updateAttrsDialog(
    { alt: { title: words("Description for people who cannot see it") } },
    { title: words("Picture"), submitText: words("Done") },
  );
  const said = await ask(editor, { alt: picture.node.attrs.alt });
  if (said) editor.chain().setNodeSelection(picture.pos).updateAttributes("image", { alt: said.alt.trim() }).run();
}

const picturesIn = (transfer) => [...(transfer?.files || [])].filter((file) => file.type.startsWith("image/"));

const Pictures = Extension.create({
  name: "pictures",
  addMenuItems({ menu, buttons }) {
    menu.defineItem({
      name: "picture", groups: "picture", button: buttons.material("image", words("Picture")),
      command: choosePicture,
    });
    menu.defineItem({
      name: "describe", groups: "picture", button: buttons.material("subtitles", words("Describe the picture")),
      command: describePicture,
      hidden: (editor) => !pictureAt(editor),
    });
  },
  addProseMirrorPlugins() {
    const take = (transfer) => {
      const files = picturesIn(transfer);
      // A paste from Word brings the text and a picture of the text: the text is what is meant.
      if (!files.length || transfer.types.includes("text/html")) return false;
      insertPictures(this.editor, files);
      return true;
    };
    return [new Plugin({
      props: {
        handlePaste: (_view, event) => take(event.clipboardData),
        handleDrop: (_view, event) => take(event.dataTransfer),
      },
    })];
  },
});

// --- The editor ---

const LABELS = {
  heading2: "Heading", heading3: "Smaller heading", paragraph: "Paragraph", bulletList: "List",
  orderedList: "Numbered list", blockquote: "Quote", horizontalRule: "Separator", bold: "Bold", italic: "Italic",
  underline: "Underline", strike: "Strike through", link: "Link", unlink: "Remove the link", table: "Table",
  "table:addColumnAfter": "Add a column", "table:deleteColumn": "Delete the column", "table:addRowAfter": "Add a row",
  "table:deleteRow": "Delete the row", "table:mergeCells": "Merge cells", "table:splitCell": "Split the cell",
  "table:toggleHeaderCell": "Heading cell", "table:deleteTable": "Delete the table",
  "history:undo": "Undo", "history:redo": "Redo", fullscreen: "Whole screen",
};
const GROUPS = ["headings", "marks", "link", "lists", "block", "picture", "ruby", "table", "history", "utility"];

function menuItems({ editor, menu }) {
  const block = menu.items("nodes -blockType -lists").filter((item) => item.name !== "figure");
  const items = (group) => (group === "block" ? block : menu.items(group));
  return GROUPS.map((group) => items(group)).filter((found) => found.length)
    .map((found) => menu.buttonGroup({ editor }, found));
}

// The menu is drawn after the editor is made; this comes last in the list, so it finds every button.
const Labels = Extension.create({
  name: "labels",
  onCreate({ editor }) {
    const buttons = document.querySelectorAll(".prose-menubar__button");
    buttons.forEach((button) => {
      const label = LABELS[button.dataset.name];
      if (!label) return;
      button.title = words(label);
      button.setAttribute("aria-label", words(label));
    });
    // What cannot be pressed now says so to those who cannot see that it is pale.
    const tell = () => buttons.forEach((button) => {
      button.setAttribute("aria-disabled", String(button.classList.contains("disabled")));
    });
    editor.on("transaction", tell);
    tell();
  },
});

const editor = createTextareaEditor(textarea, [
  Document, Paragraph, Text, HardBreak, Heading.configure({ levels: [2, 3] }), Bold, Italic, Underline, Strike,
  Blockquote, BulletList, OrderedList.configure({ enableListAttributes: false }), ListItem, HorizontalRule,
  Link.configure({ enableTarget: false }), Image, Figure, Caption, Table, TableRow, TableHeader, TableCell,
  Ruby, Pictures, History, Dropcursor, Gapcursor, Fullscreen,
  Placeholder.configure({ placeholder: words("Write here, or paste from anywhere.") }),
  Menu.configure({ items: menuItems }), Labels,
]);
editor.view.dom.setAttribute("aria-label", textarea.labels[0]?.textContent || "");

// --- The cover ---

const cover = document.querySelector("[data-cover]");
const part = (name) => cover.querySelector(`[data-cover-${name}]`);

part("file").addEventListener("change", async (event) => {
  const [file] = event.target.files;
  if (!file) return;
  const picture = await uploaded(file);
  tell(part("error"), picture.error);
  tell(part("remark"), picture.remarks?.join(" "));
  event.target.value = "";
  if (picture.error) return;
  document.getElementById("id_cover").value = picture.sha256;
  part("picture").src = picture.url;
  part("picture").classList.remove("wx-hidden");
  part("none").classList.add("wx-hidden");
  form.dispatchEvent(new Event("input", { bubbles: true }));
});

function tell(place, text) {
  place.hidden = !text;
  place.textContent = text || "";
}

// --- Counters, and whether everything is saved ---

function count() {
  document.querySelectorAll("[data-counts]").forEach((place) => {
    const length = [...document.getElementById(place.dataset.counts).value].length;
    place.textContent = `${length} / ${place.dataset.most}`;
    place.classList.toggle("wx-bad", length > Number(place.dataset.most));
  });
}

const state = document.querySelector("[data-state]");
let dirty = Boolean(form.dataset.dirty);
form.addEventListener("input", () => {
  dirty = true;
  state.textContent = state.dataset.unsaved;
  state.classList.add("wa-unsaved");
  count();
});
form.addEventListener("submit", () => { dirty = false; });
window.addEventListener("beforeunload", (event) => {
  if (dirty) event.preventDefault();
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "s" || !(event.ctrlKey || event.metaKey)) return;
  event.preventDefault();
  form.requestSubmit();
});
state.classList.toggle("wa-unsaved", dirty);
count();

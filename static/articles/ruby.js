// Furigana: <ruby>漢字<rt>かんじ</rt></ruby> as one piece, so that the cursor never lands inside a reading.
import { Node } from "../django_prose_editor/editor.js";

const words = window.gettext;

// [["漢", "かん"], ["字", "じ"]]: characters with the reading that stands over them.
function pairsOf(ruby) {
  const pairs = [];
  let base = "";
  for (const child of ruby.childNodes) {
    const name = child.nodeName.toLowerCase();
    if (name === "rt") {
      pairs.push([base, child.textContent]);
      base = "";
    } else if (name !== "rp") {
      base += child.textContent;
    }
  }
  if (base) pairs.push([base, ""]);
  return pairs;
}

const baseOf = (pairs) => pairs.map(([base]) => base).join("");
const readingOf = (pairs) => pairs.map(([, reading]) => reading).join("");

export const Ruby = Node.create({
  name: "ruby",
  group: "inline",
  inline: true,
  atom: true,
  addAttributes: () => ({ pairs: { default: [], rendered: false, parseHTML: pairsOf } }),
  parseHTML: () => [{ tag: "ruby" }],
  renderHTML: ({ node }) => ["ruby", {}, ...node.attrs.pairs.flatMap(([base, reading]) => [base, ["rt", {}, reading]])],
  renderText: ({ node }) => baseOf(node.attrs.pairs),
  addMenuItems({ menu, buttons }) {
    menu.defineItem({
      name: "ruby",
      groups: "ruby",
      button: buttons.text("ルビ", words("Reading above the characters")),
      enabled: (editor) => !editor.state.selection.empty,
      active: (editor) => editor.isActive("ruby"),
      command: putReading,
    });
  },
});

// Set a reading over the chosen characters, change one, or take it off by leaving it empty.
function putReading(editor) {
  const { from, to, node } = editor.state.selection;
  const known = node?.type.name === "ruby" ? node.attrs.pairs : null;
  const base = known ? baseOf(known) : editor.state.doc.textBetween(from, to);
  if (!base) return;
  const reading = window.prompt(words("Reading above the characters"), known ? readingOf(known) : "");
  if (reading === null) return;
  const content = reading.trim()
    ? { type: "ruby", attrs: { pairs: [[base, reading.trim()]] } }
    : { type: "text", text: base };
  editor.chain().focus().insertContentAt({ from, to }, content).run();
}

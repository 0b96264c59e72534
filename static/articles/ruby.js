// Furigana: <ruby>漢字<rt>かんじ</rt></ruby>, kept as it is written elsewhere and pasted here.
import { Node } from "../django_prose_editor/editor.js";

const words = window.gettext;

export const RubyText = Node.create({
  name: "rubyText",
  inline: true,
  content: "text*",
  marks: "",
  defining: true,
  parseHTML: () => [{ tag: "rt" }],
  renderHTML: () => ["rt", 0],
});

export const Ruby = Node.create({
  name: "ruby",
  group: "inline",
  inline: true,
  content: "(text | rubyText)*",
  marks: "",
  parseHTML: () => [{ tag: "ruby" }, { tag: "rp", ignore: true }],
  renderHTML: () => ["ruby", 0],
  addMenuItems({ menu, buttons }) {
    menu.defineItem({
      name: "ruby",
      groups: "ruby",
      button: buttons.text("ルビ", words("Reading above the characters")),
      enabled: (editor) => !editor.state.selection.empty,
      command: putReading,
    });
  },
});

function putReading(editor) {
  const { from, to } = editor.state.selection;
  const base = editor.state.doc.textBetween(from, to);
  const reading = base && window.prompt(words("Reading above the characters"), "");
  if (!reading) return;
  const content = [{ type: "text", text: base }, { type: "rubyText", content: [{ type: "text", text: reading }] }];
  editor.chain().focus().insertContentAt({ from, to }, { type: "ruby", content }).run();
}

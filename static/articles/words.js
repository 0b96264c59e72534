// The editor's own words in the reader's language. Loaded before the editor, which asks for `gettext` when it starts.
"use strict";

window.gettext = (text) => {
  if (!window.articleWords) {
    const source = document.getElementById("editor-words");
    window.articleWords = source ? JSON.parse(source.textContent) : {};
  }
  return window.articleWords[text] || text;
};

// The phone beside an article: light or dark, and the place one was reading survives a refresh.

let mode = "light";
let place = 0;

const screenOf = () => document.querySelector(".wa-screen");

function show() {
  const screen = screenOf();
  if (!screen) return;
  const root = screen.contentDocument?.documentElement;
  if (root) root.dataset.mode = mode;
  document.querySelectorAll("[data-mode]").forEach((button) => {
    button.setAttribute("aria-pressed", String(button.dataset.mode === mode));
  });
}

function watch() {
  const screen = screenOf();
  if (!screen) return;
  screen.addEventListener("load", () => {
    show();
    screen.contentWindow.scrollTo(0, place);
  });
  show();
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("button[data-mode]");
  if (!button) return;
  mode = button.dataset.mode;
  show();
});

document.addEventListener("htmx:beforeSwap", () => {
  place = screenOf()?.contentWindow?.scrollY || 0;
});
document.addEventListener("htmx:afterSwap", watch);
watch();

// The plan's form: show one empty place for an article at a time, and the tag only where it counts.
"use strict";

document.querySelectorAll("[data-places]").forEach((list) => {
  const places = Array.from(list.querySelectorAll("[data-place]"));
  const show = () => {
    let last = -1;
    places.forEach((place, index) => { if (place.querySelector("select").value) last = index; });
    places.forEach((place, index) => place.classList.toggle("wc-place-off", index > last + 1));
  };
  list.addEventListener("change", show);
  show();
});

document.querySelectorAll("[data-audience]").forEach((group) => {
  const tag = document.getElementById(group.dataset.audience);
  const show = () => {
    const chosen = group.querySelector("input:checked");
    tag.hidden = !chosen || chosen.value !== "tag";
  };
  group.addEventListener("change", show);
  show();
});

// The follower's phone: asks the sandbox every two seconds what this person sees, and draws it.
"use strict";

const POLL = 2000; // milliseconds between two looks at the sandbox
const TOAST = 6000; // milliseconds a notification stays
const TONES = 8; // colours of faces, .tone-0 … in the style sheet

const words = JSON.parse(document.body.dataset.words);
const language = document.documentElement.lang;
const at = (id) => document.getElementById(id);
const asked = new URLSearchParams(location.search);

const state = {
  person: Number(asked.get("person") || 0),
  appid: asked.get("appid") || "",
  view: { name: "list" }, // list, folder, chat {appid}, article {url, appid, from}
  chats: [],
  now: 0, // unix seconds, the sandbox's
  seenMessages: null, // ids known at the last look; null before the first
  drawn: "",
};

// ---- small things ----------------------------------------------------------

function make(tag, name, ...inside) {
  const node = document.createElement(tag);
  if (name) node.className = name;
  node.append(...inside.filter((one) => one !== null && one !== undefined));
  return node;
}

function press(name, action, ...inside) {
  const node = make("button", name, ...inside);
  node.type = "button";
  node.addEventListener("click", action);
  return node;
}

function tone(text) {
  let sum = 0;
  for (const letter of text) sum = (sum * 31 + letter.codePointAt(0)) % 9973;
  return `tone-${sum % TONES}`;
}

function face(name, key, extra = "") {
  return make("span", `face ${tone(key)} ${extra}`, [...name][0] || "?");
}

function beijing(seconds, options) {
  return new Intl.DateTimeFormat(language, { timeZone: "Asia/Shanghai", hourCycle: "h23", ...options }).format(seconds * 1000);
}

const clockTime = (seconds) => beijing(seconds, { hour: "2-digit", minute: "2-digit" });
const dayOf = (seconds) => beijing(seconds, { year: "numeric", month: "2-digit", day: "2-digit" });

function shortTime(seconds) {
  if (dayOf(seconds) === dayOf(state.now)) return clockTime(seconds);
  if (dayOf(seconds) === dayOf(state.now - 86400)) return words.yesterday;
  return beijing(seconds, { month: "numeric", day: "numeric" });
}

function longTime(seconds) {
  return dayOf(seconds) === dayOf(state.now)
    ? clockTime(seconds)
    : beijing(seconds, { month: "short", day: "numeric", hour: "2-digit", minute: "2-digit" });
}

function picture(source) {
  const image = document.createElement("img");
  image.src = source;
  image.alt = "";
  image.loading = "lazy";
  return image;
}

// ---- what was read, kept by the browser ---------------------------------------

const readKey = (chat) => `read/${chat.appid}/${state.person}`;
const readUntil = (chat) => Number(localStorage.getItem(readKey(chat)) || 0);
const unread = (chat) => chat.messages.filter((message) => message.at > readUntil(chat)).length;

function markRead(chat) {
  const last = chat.messages.at(-1);
  if (last) localStorage.setItem(readKey(chat), String(last.at));
}

// ---- the list of chats -----------------------------------------------------------

function lastWords(chat) {
  const message = chat.messages.at(-1);
  if (!message) return "";
  if (message.kind === "image") return message.text || words.picture;
  if (message.kind === "voice") return words.voice;
  return message.text;
}

const lastMoment = (chat) => (chat.messages.length ? chat.messages.at(-1).at : 0);

function chatRow(image, name, time, last, action) {
  const inside = [image, make("span", "chat-name", name), make("span", "chat-time", time), make("span", "chat-last", last)];
  return action ? press("chat", action, ...inside) : make("div", "chat", ...inside);
}

function serviceRow(chat) {
  const image = face(chat.name, chat.appid);
  const count = unread(chat);
  if (count) image.append(make("span", "badge", String(count)));
  return chatRow(image, chat.name, lastMoment(chat) ? shortTime(lastMoment(chat)) : "", lastWords(chat), () => go({ name: "chat", appid: chat.appid }));
}

// A subscription account never has a row of its own: one folder, no badge, no notification.
function folderRow(chats) {
  const newest = chats.reduce((best, chat) => (lastMoment(chat) > lastMoment(best) ? chat : best));
  const last = newest.messages.length ? `${newest.name}: ${lastWords(newest)}` : "";
  const time = lastMoment(newest) ? shortTime(lastMoment(newest)) : "";
  return chatRow(make("span", "face folder"), words.subscriptions, time, last, () => go({ name: "folder" }));
}

function friends() {
  const start = state.now - (state.now % 86400);
  return [1, 2, 3].map((number) => ({
    moment: Math.min(start - 86400 * (number - 1) - 3600 * number, state.now - 1800 * number),
    row: (moment) => {
      const name = words[`friend_${number}`];
      return chatRow(face(name, `friend/${number}`), name, shortTime(moment), words[`friend_${number}_says`], null);
    },
  }));
}

function drawList() {
  const following = state.chats.filter((chat) => chat.follows);
  const subscriptions = following.filter((chat) => chat.type === "subscription");
  const rows = friends();
  for (const chat of following.filter((chat) => chat.type === "service")) rows.push({ moment: lastMoment(chat), row: () => serviceRow(chat) });
  if (subscriptions.length) rows.push({ moment: Math.max(...subscriptions.map(lastMoment)), row: () => folderRow(subscriptions) });
  rows.sort((one, other) => other.moment - one.moment);
  return rows.map((entry) => entry.row(entry.moment));
}

// ---- one chat, and the folder --------------------------------------------------------

function cover(source, name) {
  return make("span", name, source ? picture(source) : null);
}

function card(chat, message) {
  const open = (article) => () => go({ name: "article", url: article.url, appid: chat.appid, from: state.view });
  const [first, ...others] = message.articles;
  const many = others.length > 0;
  const digest = !many && first.digest ? make("span", "digest", first.digest) : null;
  const node = make("div", many ? "card many" : "card", press("first", open(first), cover(first.cover, "cover"), make("span", "lead", first.title), digest));
  for (const article of others) node.append(press("also", open(article), make("span", "", article.title), cover(article.cover, "thumb")));
  return node;
}

function bubble(chat, message) {
  const inside = message.kind === "image" ? make("div", "pictures", ...message.pictures.map(picture)) : make("div", "bubble", message.kind === "voice" ? words.voice : message.text);
  return make("div", "line", face(chat.name, chat.appid, "small"), inside);
}

function messageNodes(chat, message) {
  const label = message.preview ? make("span", "tag", words.preview) : null;
  return [label, message.articles.length ? card(chat, message) : bubble(chat, message)].filter(Boolean);
}

function drawChat(appid) {
  const chat = state.chats.find((one) => one.appid === appid);
  if (!chat || !chat.messages.length) return [make("p", "empty", words.empty)];
  markRead(chat);
  const list = make("div", "messages");
  for (const message of chat.messages) list.append(make("p", "when", longTime(message.at)), ...messageNodes(chat, message));
  return [list];
}

function drawFolder() {
  const entries = state.chats
    .filter((chat) => chat.follows && chat.type === "subscription")
    .flatMap((chat) => chat.messages.map((message) => ({ chat, message })))
    .sort((one, other) => other.message.at - one.message.at);
  if (!entries.length) return [make("p", "empty", words.empty)];
  const list = make("div", "messages");
  for (const { chat, message } of entries) {
    const open = () => go({ name: "chat", appid: chat.appid, from: { name: "folder" } });
    list.append(press("sender", open, face(chat.name, chat.appid, "small"), chat.name, make("small", "", longTime(message.at))), ...messageNodes(chat, message));
  }
  return [list];
}

function drawArticle(view) {
  const frame = make("iframe", "reader");
  frame.setAttribute("sandbox", ""); // no script, no forms, no way out: the article is a stranger's HTML
  frame.title = nameOf(view.appid);
  frame.src = `${view.url}?lang=${language}`;
  return [frame];
}

const nameOf = (appid) => (state.chats.find((chat) => chat.appid === appid) || { name: "" }).name;

// ---- moving between views ---------------------------------------------------------------

function heading() {
  if (state.view.name === "list") return words.chats;
  if (state.view.name === "folder") return words.subscriptions;
  return nameOf(state.view.appid);
}

function drawView() {
  if (state.view.name === "folder") return drawFolder();
  if (state.view.name === "chat") return drawChat(state.view.appid);
  if (state.view.name === "article") return drawArticle(state.view);
  return drawList();
}

// Drawn again only when something changed: a poll must not take focus or the reader's place away.
function draw(force = false) {
  const signature = JSON.stringify([state.view, state.view.name === "article" ? null : state.chats, dayOf(state.now)]);
  if (!force && signature === state.drawn) return;
  state.drawn = signature;
  const content = at("content");
  content.replaceChildren(...drawView());
  content.parentElement.classList.toggle("reading", state.view.name === "article");
  content.scrollTop = state.view.name === "chat" ? content.scrollHeight : 0;
  at("heading").textContent = heading();
  at("back").hidden = state.view.name === "list";
}

function go(view) {
  state.view = view;
  draw(true);
  at("content").focus();
}

// ---- notifications: service accounts only --------------------------------------------------

function notify() {
  const known = state.seenMessages;
  const all = state.chats.filter((chat) => chat.follows && chat.type === "service").flatMap((chat) => chat.messages.map((message) => ({ chat, message })));
  state.seenMessages = new Set(all.map(({ message }) => message.id));
  const fresh = known && all.filter(({ message }) => !known.has(message.id)).at(-1);
  if (fresh && !(state.view.name === "chat" && state.view.appid === fresh.chat.appid)) showToast(fresh.chat);
}

function showToast(chat) {
  const toast = at("toast");
  toast.replaceChildren(face(chat.name, chat.appid, "small"), make("strong", "", chat.name), make("span", "words", lastWords(chat) || words.new_message));
  toast.onclick = () => {
    toast.hidden = true;
    go({ name: "chat", appid: chat.appid });
  };
  toast.hidden = false;
  setTimeout(() => { toast.hidden = true; }, TOAST);
}

// ---- the panel beside the phone ------------------------------------------------------------

async function ask(path, data) {
  const options = data ? { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(data) } : {};
  const answer = await fetch(`/_sandbox${path}`, options);
  if (!answer.ok) throw new Error((await answer.json()).error);
  return answer.json();
}

function accountLine(chat) {
  const about = make("small", "", make("span", "", words[chat.type]), " ", make("span", "", chat.follows ? words.following : words.not_following));
  const act = async () => {
    await ask(`/accounts/${chat.appid}/${chat.follows ? "unfollow" : "follow"}`, { number: state.person });
    await look();
  };
  return make("li", "", face(chat.name, chat.appid, "small"), make("span", "who", chat.name, about), press("", act, chat.follows ? words.unfollow : words.follow));
}

function drawPanel(accounts) {
  const signature = JSON.stringify([accounts, state.person, state.appid, state.chats.map((chat) => chat.follows)]);
  if (drawPanel.drawn === signature) return;
  drawPanel.drawn = signature;
  const choices = [["", words.any_account], ...accounts.map((account) => [account.appid, account.name])];
  at("account").replaceChildren(...choices.map(([appid, name]) => new Option(name, appid, false, appid === state.appid)));
  at("accounts").replaceChildren(...(accounts.length ? state.chats.map(accountLine) : [make("li", "note", words.no_account)]));
  at("bar-person").textContent = `${words.follower} ${state.person}`;
  drawPeople();
}

async function drawPeople() {
  at("people-part").hidden = !state.appid;
  if (!state.appid) return;
  const { followers } = await ask(`/followers?appid=${state.appid}`);
  at("people").replaceChildren(...followers.map((follower) => {
    const node = press("", () => become(follower.number), make("span", "", String(follower.number)), make("span", "openid", follower.openid));
    node.setAttribute("aria-current", String(follower.number === state.person));
    return node;
  }));
}

function become(person) {
  state.person = person;
  state.view = { name: "list" };
  state.seenMessages = null;
  remember();
  look();
}

function remember() {
  const query = new URLSearchParams(location.search);
  query.set("person", String(state.person));
  query.delete("openid");
  if (state.appid) query.set("appid", state.appid);
  else query.delete("appid");
  history.replaceState(null, "", `?${query}`);
}

async function find(wanted) {
  const { person } = await ask(`/phone/find?q=${encodeURIComponent(wanted)}&appid=${state.appid}`);
  at("search-note").hidden = person !== null;
  at("search-note").textContent = person === null ? words.not_found : "";
  if (person !== null) become(person);
}

// ---- the loop ----------------------------------------------------------------------------------

async function look() {
  try {
    const seen = await ask(`/phone/chats?person=${state.person}&appid=${state.appid}`);
    state.now = seen.now;
    state.chats = seen.chats;
    at("status-time").textContent = clockTime(seen.now);
    at("clock").textContent = beijing(seen.now, { dateStyle: "medium", timeStyle: "medium" });
    notify();
    draw();
    drawPanel(seen.accounts);
    at("offline").hidden = true;
  } catch (problem) {
    at("offline").hidden = false;
  }
}

at("back").addEventListener("click", () => go(state.view.from || { name: "list" }));
at("search").addEventListener("submit", (event) => {
  event.preventDefault();
  const wanted = at("who").value.trim();
  if (wanted) find(wanted);
});
at("account").addEventListener("change", (event) => {
  state.appid = event.target.value;
  state.seenMessages = null;
  remember();
  look();
});
at("panel-toggle").addEventListener("click", () => {
  const open = at("panel").classList.toggle("open");
  at("panel-toggle").setAttribute("aria-expanded", String(open));
});
for (const button of document.querySelectorAll("[data-advance]")) {
  button.addEventListener("click", async () => {
    await ask("/clock", { advance: Number(button.dataset.advance) });
    await look();
  });
}

if (asked.get("openid")) find(asked.get("openid"));
look();
setInterval(look, POLL);

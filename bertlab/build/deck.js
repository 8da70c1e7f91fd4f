// Cuts the sections of a deck to the height of a slide, then starts reveal.js.
// A section is filled from the top; the first child that does not fit, and all after it, go on to a
// further slide under the same heading. A box that alone is too high is cut between its own children;
// what cannot be cut (a listing, a picture) is made smaller, and at last scrolls.

const HEIGHT = 720, FOOT = 44;
const WHOLE = "pre, img, svg, details, p, li, h1, h2, h3, h4, h5, h6";
const AGAIN = /^H[1-6]$/;

const lowest = (section) => section.getBoundingClientRect().top + HEIGHT - FOOT;
const fits = (node, section) => node.getBoundingClientRect().bottom <= lowest(section) + 1;

// Everything of `box` from `child` on, in a copy of the box's outer tag; `start` keeps counting.
function tail(box, child) {
  const rest = box.cloneNode(false);
  if (box.tagName === "OL") {
    rest.start = (box.start || 1) + [...box.children].indexOf(child);
  }
  for (let node = child; node;) {
    const next = node.nextSibling;
    rest.append(node);
    node = next;
  }
  return rest;
}

// Whether a box may be cut between its children: not where words stand directly in it.
const divisible = (box) => !box.matches(WHOLE) && box.children.length > 0 &&
  ![...box.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim());

// Cut `box` where the slide ends. Returns the rest, to go on with, or null: then nothing is over, or
// the box has to go on as a whole. `first`: it begins the slide, so what cannot be cut is made to fit.
function cut(box, section, first) {
  if (box.tagName === "TABLE") return cutTable(box, section, first);
  const children = [...box.children];
  const over = children.findIndex((child) => !fits(child, section));
  if (over < 0) return null;
  const child = children[over];
  const opens = first && (over === 0 || (over === 1 && children[0].offsetHeight < 60)); // a caption
  const inner = divisible(child) ? cut(child, section, opens) : null;
  if (inner) {
    const rest = over + 1 < children.length ? tail(box, children[over + 1]) : box.cloneNode(false);
    rest.prepend(inner);
    return rest;
  }
  if (opens) {
    if (!fits(child, section) && !divisible(child)) shrink(child, section);
    return over + 1 < children.length ? tail(box, children[over + 1]) : null;
  }
  if (over === 0) return null;
  let at = over; // a question goes on to the next slide with all of its options
  while (at > 0 && children[at].tagName === "DETAILS") at -= 1;
  return tail(box, children[at || over]);
}

// A table is cut between its rows, and its head is said again.
function cutTable(table, section, first) {
  const rows = [...table.querySelectorAll(":scope > tbody > tr")];
  if (first && rows.length && !fits(table, section)) {
    table.style.zoom = 0.85;
    if (fits(table, section)) return null;
    table.style.zoom = 1;
  }
  const over = rows.findIndex((row) => !fits(row, section));
  if (over < 2) {
    if (first && over >= 0) shrink(table, section);
    return null;
  }
  const rest = table.cloneNode(false), body = document.createElement("tbody");
  for (const part of table.querySelectorAll(":scope > caption, :scope > thead")) {
    rest.append(part.cloneNode(true));
  }
  body.append(...rows.slice(over));
  rest.append(body);
  return rest;
}

function shrink(node, section) {
  for (const zoom of [0.85, 0.72]) {
    node.style.zoom = zoom;
    if (fits(node, section)) return;
  }
  const room = lowest(section) - node.getBoundingClientRect().top;
  const frame = document.createElement("div");
  frame.className = "scrolls";
  frame.tabIndex = 0;
  frame.setAttribute("role", "group");
  frame.setAttribute("aria-label", "Continues: scroll with the arrow keys");
  frame.style.maxHeight = `${Math.max(120, Math.floor(room) - 8)}px`;
  node.style.zoom = 0.85;
  node.replaceWith(frame);
  frame.append(node);
}

// A figure's title stands in the block below it: a picture that would leave it behind gets smaller.
function keepTitles(blocks, section) {
  for (const [at, block] of blocks.entries()) {
    const picture = block.querySelector(":scope > img"), title = blocks[at + 1];
    if (!picture || !title?.matches(".output") || !fits(block, section)) continue;
    for (const zoom of [0.85, 0.72]) {
      if (fits(title, section)) break;
      picture.style.zoom = zoom;
    }
    if (!fits(title, section)) picture.style.zoom = "";
  }
}

function paginate(section) {
  const heading = [...section.children].find((block) => block.classList.contains("heading"));
  for (let page = section, number = 2; page; number += 1) {
    const blocks = [...page.children];
    keepTitles(blocks, page);
    const opening = blocks[0] === heading || blocks[0]?.dataset.again ? 1 : 0;
    const over = blocks.findIndex((block) => !fits(block, page));
    if (over < 0) return;
    let from = over;
    const block = blocks[over];
    // words may be cut anywhere; what a cell shows stays whole, unless it begins the slide
    const rest = over > opening && !block.matches(".prose") ? null : cut(block, page, over <= opening);
    if (rest) {
      from = over + 1;
    } else if (over <= opening) {
      from = over + 1; // it has been made to fit
    } else if (blocks[over - 1].classList.contains("code") && over - 1 > opening) {
      from = over - 1; // code is not parted from the first thing it shows
    }
    const moved = [...(rest ? [rest] : []), ...blocks.slice(from)];
    if (!moved.length) return;
    const next = page.cloneNode(false);
    if (heading) next.append(again(heading, number));
    next.append(...moved);
    page.after(next);
    page = next;
  }
}

function again(heading, number) {
  const copy = heading.cloneNode(true);
  copy.dataset.again = "true";
  const text = copy.firstElementChild;
  if (AGAIN.test(text.tagName)) {
    const level = text.tagName === "H1" ? "h2" : text.tagName.toLowerCase();
    const title = document.createElement(level);
    title.append(...text.childNodes);
    title.insertAdjacentHTML("beforeend", ` <small>(${number})</small>`);
    text.replaceWith(title);
  }
  return copy;
}

// One column of slides for each `##` heading; the page keys walk through all of them in order.
function columns() {
  const slides = document.querySelector(".slides");
  let column = null;
  for (const section of [...slides.children]) {
    if (!column || Number(section.dataset.level) <= 2 && !section.querySelector("[data-again]")) {
      column = document.createElement("section");
      column.className = "stack";
      section.before(column);
    }
    column.append(section);
  }
}

async function start() {
  await Promise.all([...document.images].map((image) => image.decode().catch(() => {})));
  document.documentElement.classList.add("measuring");
  for (const section of [...document.querySelectorAll(".slides > section")]) paginate(section);
  document.documentElement.classList.remove("measuring");
  columns();
  await Reveal.initialize({
    width: 1280, height: HEIGHT, margin: 0.02, center: false, hash: true, slideNumber: "c/t",
    navigationMode: "linear", transition: "none", backgroundTransition: "none",
  });
  document.documentElement.dataset.ready = "true";
}

start();

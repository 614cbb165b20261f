// The lab without its button: a dial that is let go asks at once, and the answer takes the place of the old one.
// Without this script the form works as any other.
"use strict";

const form = document.getElementById("dials");
const PAUSE = 250; // [ms] between questions while a key is held down on a dial
let asking = null;
let last = -PAUSE;
let later = 0;

function words() {
  return new URLSearchParams(new FormData(form));
}

async function ask() {
  clearTimeout(later);
  last = performance.now();
  if (asking) asking.abort();
  const mine = (asking = new AbortController());
  const where = `/lab?${words()}`;
  const old = document.getElementById("answer");
  old.setAttribute("aria-busy", "true");
  // The first figure is asked for beside the page: the answer is found once for both, and drawn while the page is written.
  const isNarrow = form.elements.a || matchMedia("(max-width: 42rem)").matches;
  fetch(`/lab/figure-0.svg?${words()}&bare=1${isNarrow ? "&narrow=1" : ""}`, { signal: mine.signal }).catch(() => null);
  try {
    const reply = await fetch(where, { signal: mine.signal });
    const page = new DOMParser().parseFromString(await reply.text(), "text/html");
    const answer = document.adoptNode(page.getElementById("answer"));
    await answer.querySelector("img")?.decode().catch(() => null); // the first figure comes with the rows, the others follow
    if (mine.signal.aborted) return;
    old.replaceWith(answer);
    history.replaceState(null, "", where);
    for (const link of document.querySelectorAll(".languages a")) {
      link.href = page.querySelector(`.languages a[lang="${link.lang}"]`).getAttribute("href");
    }
  } catch (fault) {
    if (fault.name !== "AbortError") location.assign(where);
  }
}

form.addEventListener("input", (event) => {
  if (event.target.type === "range") event.target.nextElementSibling.value = event.target.value;
});
form.addEventListener("change", () => {
  clearTimeout(later);
  later = setTimeout(ask, Math.max(0, last + PAUSE - performance.now()));
});
form.addEventListener("submit", (event) => {
  event.preventDefault();
  ask();
});

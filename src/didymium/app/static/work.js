// Work that is under way: the bar moves, and the page is loaded again when the answer is there.
// Without this script a link does the same.
"use strict";

const work = document.getElementById("work");
const bar = work.querySelector("progress");

async function look() {
  try {
    const job = await (await fetch(`/jobs/${work.dataset.job}`)).json();
    bar.max = Math.max(job.of, 1);
    bar.value = job.done;
    if (job.state !== "waiting" && job.state !== "running") return location.reload();
  } catch {
    // the server is away for a moment: look again later
  }
  setTimeout(look, 1000);
}

setTimeout(look, 1000);

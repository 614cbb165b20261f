// A dial that is moved says where it stands. Without this script it says where it stood when the page was asked.
"use strict";

for (const dial of document.querySelectorAll(".dial input")) {
  dial.addEventListener("input", () => {
    dial.nextElementSibling.value = dial.value;
  });
}

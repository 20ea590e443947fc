"use strict";
// Puts each mail into its frame as soon as it comes near, in the language, width and light that are chosen.
const mails = JSON.parse(document.getElementById("all-mails").textContent);
const pictures = JSON.parse(document.getElementById("all-pictures").textContent);
const form = document.querySelector("form.choices");
const near = new Set();

function chosen(name) {
  return new FormData(form).get(name);
}

function drawn(html) {
  let text = html.replaceAll("(prefers-color-scheme: dark)", chosen("scheme") === "dark" ? "all" : "not all");
  for (const [address, picture] of Object.entries(pictures)) {
    text = text.replaceAll(address, picture);
  }
  return text;
}

function fit(frame) {
  const page = frame.contentDocument && frame.contentDocument.documentElement;
  if (page) {
    frame.style.height = "0";
    frame.style.height = page.scrollHeight + "px";
  }
}

function show(article) {
  const variants = mails[article.dataset.mail];
  const variant = variants[chosen("locale")] || Object.values(variants)[0];
  article.querySelector(".subject").textContent = variant.subject;
  article.querySelector(".preheader").textContent = variant.preheader;
  article.querySelector(".size").textContent = variant.size;
  const frame = article.querySelector("iframe");
  const text = article.querySelector("pre");
  const isText = chosen("part") === "text";
  frame.hidden = isText;
  text.hidden = !isText;
  frame.style.display = isText ? "none" : "block";
  text.textContent = isText ? variant.text : "";
  if (!isText) {
    frame.onload = () => fit(frame);
    frame.srcdoc = drawn(variant.html);
  }
}

const observer = new IntersectionObserver((entries) => {
  for (const entry of entries) {
    if (entry.isIntersecting && !near.has(entry.target)) {
      near.add(entry.target);
      show(entry.target);
    }
  }
}, { rootMargin: "1500px" });

form.addEventListener("change", () => {
  document.documentElement.style.setProperty("--mail-width", chosen("width") + "px");
  near.forEach(show);
});
window.addEventListener("resize", () => document.querySelectorAll(".sheet iframe").forEach(fit));
document.querySelectorAll(".shown").forEach((article) => observer.observe(article));

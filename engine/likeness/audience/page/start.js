// The form works without this: a photo that is too large is named before it is sent, and a second press sends nothing.
const form = document.querySelector("form");
const photo = document.querySelector("#photo");
const tooLarge = document.querySelector("#too-large");
const button = form.querySelector("button");

photo.addEventListener("change", () => {
  const large = photo.files.length > 0 && photo.files[0].size > Number(form.dataset.most);
  tooLarge.hidden = !large;
  button.disabled = large;
});
form.addEventListener("submit", () => { button.disabled = true; });
// Back from the next page, the form is as it was left.
addEventListener("pageshow", () => { button.disabled = false; });

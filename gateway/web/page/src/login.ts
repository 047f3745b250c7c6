// The form works without this. With it, the place that was asked for ("#/device/...") is still there after signing in, and
// an impatient second press sends nothing.

const form = document.querySelector('form')!;
const button = document.querySelector('button')!;

form.addEventListener('submit', () => {
    form.action = new URL(`login${location.hash}`, document.baseURI).href; // a redirect keeps what stands behind the #
    button.disabled = true;
});
window.addEventListener('pageshow', () => (button.disabled = false)); // back from where the form led

/* The admin UI works without this; with it: a drawer on small screens, and shift to select a range of rows. */

const drawer = document.querySelector('.drawer');
const narrow = matchMedia('(max-width: 799px)');
const fold = () => {
  if (drawer) drawer.open = !narrow.matches;
};
narrow.addEventListener('change', fold);
fold();

document.addEventListener('click', ({ target }) => {
  for (const menu of document.querySelectorAll('.switcher[open], .menu-button[open]')) {
    if (!menu.contains(target)) menu.open = false;
  }
});

document.addEventListener('keydown', ({ key }) => {
  if (key !== 'Escape') return;
  const menus = [...document.querySelectorAll('.switcher[open], .menu-button[open]')];
  // The drawer only when there is nothing in it to close first.
  if (menus.length === 0 && narrow.matches && drawer?.open) menus.push(drawer);
  for (const menu of menus) {
    // What is hidden can't have the focus.
    if (menu.contains(document.activeElement)) menu.querySelector('summary').focus();
    menu.open = false;
  }
});

/* A part that looks again gets nothing where the page has no such part, as when the session is over: it stays then. */
document.addEventListener('htmx:before:swap', (event) => {
  const { ctx, tasks } = event.detail;
  if (!ctx.select || tasks.some(({ fragment }) => fragment?.childElementCount > 0)) return;
  event.preventDefault();
  if (ctx.request.method === 'POST') location.reload();
});

/*
 * What is changed in place comes first: a form that leads away would break it off, and waits till it is done. Where it is
 * refused, the page is loaded anew to show how things are.
 */
const changes = ({ detail }) => detail.ctx.request?.method === 'POST';
let underWay = 0;
let held = null;
document.addEventListener('htmx:before:request', (event) => {
  if (changes(event)) underWay++;
});
document.addEventListener('htmx:finally:request', (event) => {
  if (!changes(event) || --underWay > 0 || held === null) return;
  const { form, submitter } = held;
  held = null;
  if (form.isConnected) form.requestSubmit(submitter);
});
document.addEventListener('submit', (event) => {
  if (underWay === 0 || event.target.hasAttribute('hx-post')) return;
  event.preventDefault();
  held = { form: event.target, submitter: event.submitter };
});
document.addEventListener('htmx:response:error', (event) => {
  if (changes(event)) location.reload();
});

let last = null;
document.addEventListener('click', (event) => {
  const box = event.target;
  if (!(box instanceof HTMLInputElement) || box.name !== 'ids') return;
  const boxes = [...document.querySelectorAll('input[name=ids]')];
  if (event.shiftKey && last !== null && boxes.includes(last)) {
    const [from, to] = [boxes.indexOf(last), boxes.indexOf(box)].sort((a, b) => a - b);
    for (const each of boxes.slice(from, to + 1)) each.checked = box.checked;
  }
  last = box;
  count();
});

document.addEventListener('change', ({ target }) => {
  if (!target.matches('[data-select-all]')) return;
  for (const box of document.querySelectorAll('input[name=ids]')) box.checked = target.checked;
  count();
});

function count() {
  const chosen = document.querySelectorAll('input[name=ids]:checked').length;
  const bar = document.querySelector('.bulk');
  if (!bar) return;
  bar.classList.toggle('active', chosen > 0);
  const text = bar.querySelector('[data-chosen]');
  if (text) text.textContent = chosen === 0 ? 'Nothing selected' : `${chosen} selected`;
}
count();

for (const button of document.querySelectorAll('[data-copy]')) {
  button.hidden = false;
  button.addEventListener('click', async () => {
    await navigator.clipboard.writeText(document.querySelector(button.dataset.copy).textContent);
    button.textContent = 'Copied';
  });
}

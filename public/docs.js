/* The documentation works without this; with it: one language for all samples, copying, and trying a request. */

const LANGUAGE = 'docs-language';

function showLanguage(language) {
  for (const input of document.querySelectorAll('.samples input[type=radio]')) input.checked = input.value === language;
}

function remembered() {
  try {
    return localStorage.getItem(LANGUAGE);
  } catch {
    return null;
  }
}

function remember(language) {
  try {
    localStorage.setItem(LANGUAGE, language);
  } catch {
    // A browser that keeps nothing: the choice holds until the page is left.
  }
}

document.addEventListener('change', ({ target }) => {
  if (!target.matches('.samples input[type=radio]')) return;
  const before = target.getBoundingClientRect().top;
  showLanguage(target.value);
  remember(target.value);
  // Samples above may have become longer or shorter: the one that was clicked stays where it was.
  scrollBy(0, target.getBoundingClientRect().top - before);
});
const language = remembered();
if (language) showLanguage(language);

for (const code of document.querySelectorAll('.code')) {
  if (code.closest('.try')) continue;
  const button = document.createElement('button');
  button.type = 'button';
  button.className = 'copy';
  button.textContent = 'Copy';
  button.setAttribute('aria-label', `Copy: ${code.getAttribute('aria-label')}`);
  button.addEventListener('click', async () => {
    await navigator.clipboard.writeText(code.querySelector('code').textContent);
    button.textContent = 'Copied';
    setTimeout(() => {
      button.textContent = 'Copy';
    }, 1500);
  });
  const frame = document.createElement('div');
  frame.className = 'copyable';
  code.replaceWith(frame);
  frame.append(code, button);
}

const contents = document.querySelector('.contents');
const narrow = matchMedia('(max-width: 799px)');
const fold = () => {
  contents.open = !narrow.matches;
};
narrow.addEventListener('change', fold);
fold();
contents.addEventListener('click', ({ target }) => {
  if (narrow.matches && target.closest('a')) contents.open = false;
});

const links = new Map([...contents.querySelectorAll('a')].map((link) => [link.hash.slice(1), link]));
const seen = new IntersectionObserver(
  (entries) => {
    for (const { target, isIntersecting } of entries) {
      if (!isIntersecting) continue;
      for (const link of links.values()) link.removeAttribute('aria-current');
      links.get(target.id)?.setAttribute('aria-current', 'true');
    }
  },
  { rootMargin: '-10% 0px -80% 0px' },
);
for (const id of links.keys()) {
  const section = document.getElementById(id);
  if (section) seen.observe(section);
}

const keyForm = document.getElementById('try-key');
const keyField = keyForm?.querySelector('label');
keyForm?.addEventListener('submit', (event) => event.preventDefault());

for (const form of document.querySelectorAll('.try form')) {
  form.hidden = false;
  form.closest('.try').addEventListener('toggle', ({ target }) => {
    if (!target.open) return;
    form.prepend(keyField);
  });
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    send(form);
  });
}

function addressOf(form) {
  let path = form.dataset.path;
  const query = new URLSearchParams();
  for (const field of form.querySelectorAll('[data-in]')) {
    if (field.dataset.in === 'path') path = path.replace(`{${field.name}}`, encodeURIComponent(field.value));
    else if (field.value !== '') query.set(field.name, field.value);
  }
  const text = query.toString();
  return text === '' ? path : `${path}?${text}`;
}

async function send(form) {
  const button = form.querySelector('button');
  const body = form.querySelector('[name=body]');
  const key = document.querySelector('[name=key]').value.trim();
  button.disabled = true;
  try {
    const response = await fetch(addressOf(form), {
      method: form.dataset.method,
      headers: {
        ...(key === '' ? {} : { Authorization: `Bearer ${key}` }),
        ...(body ? { 'Content-Type': 'application/json' } : {}),
      },
      ...(body ? { body: body.value } : {}),
      credentials: 'omit',
    });
    show(form, `${response.status} ${response.statusText}`, response.ok, pretty(await response.text()));
  } catch {
    show(form, 'No answer: the server could not be reached.', false, '');
  } finally {
    button.disabled = false;
  }
}

function pretty(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

function show(form, outcome, good, text) {
  const line = form.querySelector('.outcome');
  line.hidden = false;
  line.textContent = outcome;
  line.className = `outcome ${good ? 'good' : 'bad'}`;
  const code = form.querySelector('.code');
  code.hidden = text === '';
  code.querySelector('code').textContent = text;
}

import { aboutVisit, noteVisit } from './about.ts';
import { checkFields, clearMarks, holdButtons, show } from './ajax.ts';
import { controlsOf, type Entry, entriesOf, fieldsOf, ignored } from './fields.ts';
import { fingerprintOf, isLeftOut, nameOf } from './forms.ts';
import { guard } from './guard.ts';
import { giveUp, openOutbox, send } from './outbox.ts';
import { emit, on } from './page-api.ts';
import { type Outcome, post } from './post.ts';
import { readSettings, type Settings } from './settings.ts';
import { watchForms } from './watch.ts';

/*
 * The script that pages load (spec 3, "SDK"): sends what visitors write in forms, beside whatever the page does with
 * them. The page's own work always goes on: nothing here throws into it, waits for it, or changes what it made.
 */

/** Sent again unchanged this soon, by a double click or by a script of the page, a form is the same lead. */
const SAME_MS = 10_000;

function start({ base, url, days }: Settings): void {
  const { sites = [] } = window.LeadToSheet ?? {};
  if (sites.includes(url)) return;

  /** What forms held when they were last sent, and under which key. */
  const last = new WeakMap<Element, { held: string; at: number; key: string }>();
  let identity = {};

  /** What goes beside the fields. */
  function extras(key: string, more: object): Entry[] {
    noteVisit(days);
    return [
      ['_lts', JSON.stringify({ ...aboutVisit(), ...more })],
      ['_idempotency_key', key],
    ];
  }

  const ofForm = (form: HTMLFormElement) => ({
    ms: Math.round(performance.now()),
    ...guard(() => ({ form: nameOf(form) })),
    ...(!form.hasAttribute('data-lts-form') && guard(() => ({ key: fingerprintOf(form) }))),
  });

  /** Those of the visitor that the form does not have. */
  const withIdentity = (entries: Entry[]): Entry[] =>
    entries.concat(entriesOf(identity).filter(([name]) => !entries.some((each) => each[0] === name)));

  const announce = (form: HTMLFormElement | null, entries: Entry[]) =>
    emit('submit', { form, fields: new URLSearchParams(entries.filter(isText)) });

  function submitted(event: SubmitEvent): void {
    const form = event.target as HTMLFormElement;
    if (isLeftOut(form)) return;
    const { submitter } = event;
    const to = endpointOf(form, submitter, base);
    // Another script of ours on the page has taken it when the event is stopped.
    const inPlace = form.hasAttribute('data-lts-ajax') && !event.defaultPrevented;
    if (to && !inPlace) {
      ride(form);
      return;
    }
    const entries = withIdentity(fieldsOf(form, submitter)).filter(
      (entry) => isText(entry) || (inPlace && (entry[1] as File).size > 0),
    );
    if (!entries[0]) return;
    if (inPlace) {
      clearMarks(form);
      if (!submitter?.hasAttribute('formnovalidate') && !checkFields(form)) {
        event.preventDefault();
        return;
      }
    }
    const held = heldBy(form, entries);
    const at = Date.now();
    let key = newKey();
    const before = last.get(form);
    if (before?.held === held) {
      if (inPlace) key = before.key;
      else if (at - before.at < SAME_MS) return;
      // What was changed since takes the place of what may still be waiting.
    } else if (before && inPlace) giveUp(before.key);
    const parts = [...entries, ...extras(key, ofForm(form))];
    last.set(form, { held, at, key });
    announce(form, entries);
    if (!inPlace) {
      send(key, to ?? url, encoded(parts));
      return;
    }
    // Only now that nothing can go wrong any more.
    event.preventDefault();
    takeOver(form, to ?? url, key, parts);
  }

  /** The form goes to our server by itself: what we know goes with it. */
  function ride(form: HTMLFormElement): void {
    const add = ({ formData }: FormDataEvent) =>
      guard(() => {
        for (const [name, value] of extras(newKey(), ofForm(form))) {
          if (!formData.has(name)) formData.set(name, value);
        }
      });
    form.addEventListener('formdata', add, { once: true });
  }

  /** Sends the form in place of the browser. */
  function takeOver(form: HTMLFormElement, to: string, key: string, parts: Entry[]): void {
    const free = holdButtons(form);
    const plain = parts.every(isText);
    (plain ? send(key, to, encoded(parts)) : withFiles(to, parts))
      .then((outcome) => {
        free();
        if (outcome.kind === 'sent') last.delete(form);
        show(form, outcome, plain);
      })
      .catch(free);
  }

  /** Files are too large to be kept: nothing is sent later. */
  async function withFiles(to: string, parts: Entry[]): Promise<Outcome> {
    const body = new FormData();
    for (const [name, value] of parts) body.append(name, value);
    const outcome = await post(to, body);
    if (outcome.kind !== 'queued') emit(outcome.kind, outcome);
    return outcome;
  }

  async function submit(fields: object, more: object): Promise<{ id: string }> {
    const entries = withIdentity(entriesOf(fields));
    const key = newKey();
    announce(null, entries);
    const outcome = await send(key, url, encoded([...entries, ...extras(key, more)]));
    if (outcome.kind === 'sent') return { id: outcome.id };
    throw Object.assign(new Error('Not sent'), { code: outcome.kind }, outcome);
  }

  openOutbox(`lts-outbox ${url} `, (outcome) => emit(outcome.kind, outcome));
  watchForms(submitted, () => noteVisit(days));
  sites.push(url);
  window.LeadToSheet ??= {
    sites,
    submit(fields, { form } = {}) {
      const answer = submit(fields, { form });
      // Whoever does not look at the outcome gets no error for it.
      answer.catch(() => {});
      return answer;
    },
    identify: (fields) => {
      identity = { ...identity, ...fields };
    },
    on,
    ignore: (selector) => {
      if (guard(() => document.querySelector(selector)) !== undefined) ignored.push(selector);
    },
  };
}

/** The endpoint of ours that a form goes to by itself; null: it goes elsewhere. */
function endpointOf(form: HTMLFormElement, submitter: HTMLElement | null, base: string): string | null {
  const action = submitter?.getAttribute('formaction') ?? form.getAttribute('action') ?? '';
  const href = guard(() => new URL(action, document.baseURI).href);
  return href?.startsWith(`${base}/f/`) ? href : null;
}

const isText = (entry: Entry): entry is [string, string] => typeof entry[1] === 'string';

/** What a visitor typed: without what pages put in by themselves, such as a captcha's token. */
function heldBy(form: HTMLFormElement, entries: Entry[]): string {
  const hidden = controlsOf(form).map(({ type, name }) => (type === 'hidden' ? name : ''));
  const typed = entries.filter(([name]) => !hidden.includes(name) && !/captcha|turnstile/i.test(name));
  return JSON.stringify(typed.map(([name, value]) => [name, (value as File).name ?? value]));
}

/** As HTML forms are encoded. */
const encoded = (entries: Entry[]): string => new URLSearchParams(entries as [string, string][]).toString();

const newKey = (): string => crypto.getRandomValues(new Uint32Array(4)).join('-');

guard(() => {
  const settings = readSettings();
  if (settings) start(settings);
});

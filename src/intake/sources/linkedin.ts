import { createHmac } from 'node:crypto';
import {
  type FetchDesk,
  type Fetched,
  fieldsOf,
  type HookSender,
  listOf,
  memberOf,
  type SenderReading,
  textOf,
  timeOf,
} from '../hooks/sender.ts';
import { isObject } from '../normalise.ts';
import type { SourceAdapter } from './source.ts';

/** LinkedIn keeps each month's version of its API for a year. */
const VERSION = '202610';

const HEADER = { type: 'hmac', header: 'X-LI-Signature' } as const;

/**
 * LinkedIn's Lead Sync. https://learn.microsoft.com/linkedin/shared/api-guide/webhook-validation (`challengeCode`,
 * `X-LI-Signature`) and …/linkedin/marketing/lead-sync/leadsync: a call only names the response; it is fetched.
 * The page says "the POST body prefixed by hmacsha256=": senders were seen to prefix what is signed, the signature, or
 * neither. Each takes the client secret to make.
 */
const sender: HookSender = {
  setUp:
    'Save both here first. Then make a lead notification subscription through LinkedIn’s Lead Sync API with this address: LinkedIn makes sure of it at once, and again every two hours.',
  secrets: [
    { name: 'client_secret', label: 'Client secret', help: 'Of your LinkedIn app, with access to Lead Sync.' },
    {
      name: 'access_token',
      label: 'Access token',
      help: 'With r_marketing_leadgen_automation. LinkedIn’s end after 60 days: save a new one in time.',
    },
  ],
  checks: [{ ...HEADER, signed: 'hmacsha256={body}' }, { ...HEADER, prefix: 'hmacsha256=' }, HEADER],
  checkedWith: 'client_secret',
  reply: 'ok',
  read,
  sample:
    'LinkedIn sends test leads itself: preview the ad in Campaign Manager, open its form there, and send it. The lead is marked as a test.',
  challenge(query, { client_secret: secret }) {
    const challengeCode = query.get('challengeCode');
    if (challengeCode === null) return null;
    if (secret === undefined || challengeCode.length > 200) return { ok: false };
    const challengeResponse = createHmac('sha256', secret).update(challengeCode).digest('hex');
    return { ok: true, type: 'application/json', body: JSON.stringify({ challengeCode, challengeResponse }) };
  },
  fetch: fetchLead,
};

const RESPONSE = /^urn:li:leadGenFormResponse:([\w-]{1,100})$/;

function read(body: unknown): SenderReading {
  const isLead = memberOf(body, 'type') === 'LEAD_ACTION' && memberOf(body, 'leadAction') === 'CREATED';
  const id = RESPONSE.exec(textOf(memberOf(body, 'leadGenFormResponse')) ?? '')?.[1];
  if (!isLead || id === undefined) return { ignored: 'It names no new lead.' };
  return { fetch: [{ id, detail: { form: textOf(memberOf(body, 'leadGenForm')) } }] };
}

type Told = { id: string; detail: Readonly<Record<string, unknown>> };

async function fetchLead({ id, detail }: Told, { ask, base, secrets }: FetchDesk): Promise<Fetched> {
  const { access_token: token } = secrets;
  if (!token) return { ok: false, message: 'Save the access token.', final: false };
  const headers = {
    authorization: `Bearer ${token}`,
    'linkedin-version': VERSION,
    'x-restli-protocol-version': '2.0.0',
  };
  const found = await ask(`${base}/rest/leadFormResponses/${encodeURIComponent(id)}`, headers);
  if (!found.ok) return found;
  const urn = textOf(memberOf(found.told, 'versionedLeadGenFormUrn')) ?? textOf(detail.form);
  const formId = /urn:li:leadGenForm:(\d{1,30})/.exec(urn ?? '')?.[1] ?? null;
  const form = formId === null ? null : await ask(`${base}/rest/leadForms/${formId}`, headers);
  // Without the form nobody knows what was asked; one that is gone for good leaves the questions' numbers.
  if (form?.ok === false && !form.final) return form;
  return { ok: true, lead: leadOf(id, found.told, form?.ok ? form.told : null, formId) };
}

function leadOf(id: string, told: unknown, form: unknown, formId: string | null) {
  const questions = new Map(
    listOf(memberOf(form, 'content', 'questions')).map((each) => [textOf(memberOf(each, 'questionId')), each]),
  );
  const answers = listOf(memberOf(told, 'formResponse', 'answers')).map((answer) => {
    const number = textOf(memberOf(answer, 'questionId'));
    const question = questions.get(number);
    return [nameOf(question) ?? `Question ${number}`, saidBy(answer, question)] as const;
  });
  const isPaid = memberOf(told, 'leadType') === 'SPONSORED';
  const isTest = memberOf(told, 'testLead') === true;
  const fields = fieldsOf([...answers, ...(isTest ? [['Test lead', true] as const] : [])]);
  const name = textOf(memberOf(form, 'name'));
  return {
    event: id,
    form: formId === null ? null : { id: formId, name: name ?? `LinkedIn form ${formId}` },
    input: {
      fields,
      submitted_at: timeOf(memberOf(told, 'submittedAt')),
      ...(isPaid ? { paid_source: 'linkedin' as const } : {}),
    },
  };
}

function nameOf(question: unknown): string | null {
  return textOf(memberOf(question, 'name')) ?? localized(memberOf(question, 'question'));
}

/** The first language of a text. */
function localized(text: unknown): string | null {
  const languages = memberOf(text, 'localized');
  return isObject(languages) ? textOf(Object.values(languages)[0]) : null;
}

function saidBy(answer: unknown, question: unknown): unknown {
  const text = memberOf(answer, 'answerDetails', 'textQuestionAnswer', 'answer');
  if (text !== undefined) return text;
  const options = new Map(
    listOf(memberOf(question, 'questionDetails', 'multipleChoiceQuestionDetails', 'options')).map((each) => [
      textOf(memberOf(each, 'id')),
      localized(memberOf(each, 'text')),
    ]),
  );
  const chosen = listOf(memberOf(answer, 'answerDetails', 'multipleChoiceAnswer', 'options'));
  const texts = chosen.map((each) => options.get(textOf(each)) ?? each);
  return texts.length === 1 ? texts[0] : texts;
}

export const linkedin: SourceAdapter = {
  id: 'linkedin',
  label: 'LinkedIn',
  overflow: 'keep-first',
  defaultForm: 'LinkedIn',
  hook: sender,
};

/** @jsxImportSource preact */
import type { HookKind } from '../../../contract/hook.ts';
import type { Hook, HookCall } from '../../../store/hooks.ts';
import { CopyBlock } from '../components/copy.tsx';
import { PostForm, SelectField, Submit, TextField } from '../components/form.tsx';
import { Banner, Card, PageTitle } from '../components/parts.tsx';
import { Status } from '../components/status.tsx';
import { cut, SOURCE_WORDS } from '../lead-words.ts';
import { CallList } from './hook-calls-view.tsx';
import { type CheckErrors, CheckForm, type CheckTexts } from './hook-check-view.tsx';
import { MappingForm, type MappingTexts } from './hook-mapping-view.tsx';

interface When {
  zone: string;
  now: number;
}

interface NewHookProps {
  action: string;
  csrf: string;
  kinds: readonly HookKind[];
  texts: { kind: string; name: string };
  errors: Partial<Record<'kind' | 'name', string>>;
}

export function NewHook({ action, csrf, kinds, texts, errors }: NewHookProps) {
  return (
    <>
      <PageTitle title="New webhook" lead="An address of its own, for one service that sends leads." />
      <PostForm action={action} csrf={csrf}>
        <SelectField
          name="kind"
          label="Leads come from"
          value={texts.kind}
          choices={kinds.map((kind) => ({
            value: kind,
            text: kind === 'webhook' ? 'Any service that can call an address' : SOURCE_WORDS[kind],
          }))}
          error={errors.kind}
        />
        <TextField
          name="name"
          label="Name"
          value={texts.name}
          required
          help="Also the name of the form of its leads, unless the service names one."
          error={errors.name}
        />
        <Submit text="Make the address" />
      </PostForm>
    </>
  );
}

export interface HookPageProps extends When {
  hook: Hook;
  url: string;
  /** The address of this page, and of the page of sources. */
  here: string;
  sources: string;
  csrf: string;
  calls: readonly HookCall[];
  waiting: { count: number; problem: string | null };
  /** null: a custom webhook, which is set up in full. */
  sender: { setUp: string; secrets: readonly { name: string; label: string; help: string }[] } | null;
  name: string;
  check: CheckTexts;
  mapping: MappingTexts;
  /** By field; '' for what is wrong as a whole. */
  errors: CheckErrors;
}

export function HookPage(props: HookPageProps) {
  const { hook, url, here, sources, csrf, sender, name, errors, waiting } = props;
  const missing = sender?.secrets.filter((secret) => !Object.hasOwn(hook.secrets, secret.name)) ?? [];
  return (
    <>
      <PageTitle title={cut(hook.name, 120)} lead={`Leads from: ${SOURCE_WORDS[hook.kind]}`} />
      {missing.length > 0 ? (
        <Banner tone="waiting" title="It takes no calls yet">
          <p>Still to be saved below: {missing.map(({ label }) => label).join(', ')}.</p>
        </Banner>
      ) : null}
      {waiting.problem === null ? null : (
        <Banner
          tone="bad"
          title={`${waiting.count === 1 ? 'A lead waits' : `${waiting.count} leads wait`} to be fetched`}
        >
          <p>{waiting.problem} It is tried again by itself.</p>
        </Banner>
      )}
      <div class="grid">
        <Card title="Address" action={<Status is={hook.active ? 'active' : 'disabled'} />}>
          <div class="stacked">
            <p>{sender?.setUp ?? 'Whoever knows it can send leads: give it to the sending service alone.'}</p>
            <CopyBlock id="hook-url" text={url} label="The address to call" />
            {sender === null ? <CopyBlock id="hook-curl" text={curl(url)} label="A command that sends a lead" /> : null}
          </div>
        </Card>
        {sender === null ? (
          <CheckForm {...props} action={`${here}/check`} texts={props.check} hasSecret={'secret' in hook.secrets} />
        ) : (
          <SecretsForm {...props} secrets={sender.secrets} />
        )}
      </div>
      <MappingForm
        action={`${here}/mapping`}
        csrf={csrf}
        of={sender === null ? 'body' : 'answers'}
        texts={props.mapping}
        error={errors.mapping}
      />
      <CallList {...props} />
      <Card title="Name, pause, delete">
        <div class="stacked">
          <PostForm action={here} csrf={csrf}>
            <TextField name="name" label="Name" value={name} required error={errors.name} />
            <Submit text="Save name" />
          </PostForm>
          <PostForm action={`${here}/switch`} csrf={csrf} class="inline">
            <input type="hidden" name="active" value={hook.active ? 'no' : 'yes'} />
            <button type="submit" class="button">
              {hook.active ? 'Switch off' : 'Switch on'}
            </button>
          </PostForm>
          <details class="ask">
            <summary class="button danger">Delete</summary>
            <PostForm action={`${here}/delete`} csrf={csrf}>
              <p>The address is gone for good, with the calls that are kept. Its leads stay.</p>
              <Submit text="Delete the webhook" danger />
            </PostForm>
          </details>
        </div>
      </Card>
      <p>
        <a href={sources}>All sources</a>
      </p>
    </>
  );
}

const curl = (url: string) =>
  `curl ${url} \\\n  -H 'Content-Type: application/json' \\\n  -d '{"Name": "Alice", "Email": "alice@example.com"}'`;

type SecretList = NonNullable<HookPageProps['sender']>['secrets'];

function SecretsForm({ here, csrf, hook, errors, secrets }: HookPageProps & { secrets: SecretList }) {
  return (
    <Card title="Secrets">
      <PostForm action={`${here}/secrets`} csrf={csrf}>
        {secrets.map(({ name, label, help }) => (
          <TextField
            key={name}
            name={name}
            label={label}
            type="password"
            autocomplete="off"
            help={Object.hasOwn(hook.secrets, name) ? `${help} One is saved; leave this empty to keep it.` : help}
            error={errors[name]}
          />
        ))}
        <Submit text="Save secrets" />
      </PostForm>
    </Card>
  );
}

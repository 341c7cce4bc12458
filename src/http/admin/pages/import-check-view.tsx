/** @jsxImportSource preact */
import { count } from '../components/parts.tsx';
import { UnderWay } from '../components/under-way.tsx';
import { type CheckWork, SHOWN_PROBLEMS } from '../import-work.ts';
import { Problems } from './imports-view.tsx';

/** The dry run: how far it is, then what the import would come to. */
export function CheckPart({ here, csrf, check }: { here: string; csrf: string; check: CheckWork | null }) {
  if (check === null) return <div id="import-check" />;
  const { finding } = check;
  if (finding === null) {
    return (
      <UnderWay
        id="import-check"
        class="work notice"
        look={here}
        stop={`${here}/stop`}
        csrf={csrf}
        title="Checking all rows"
        bar={{ done: check.done, total: Math.max(1, check.total ?? 1), label: 'How much of the file is checked' }}
      >
        Nothing is stored by this. <a href={here}>Look again</a>
      </UnderWay>
    );
  }
  if (finding.kind !== 'checked') {
    const text = finding.kind === 'stopped' ? 'The check was stopped.' : 'The file could not be checked to its end.';
    return (
      <div id="import-check" class="work notice" role="status">
        <strong>{text}</strong>
      </div>
    );
  }
  const { good, bad, problems } = finding.checked;
  return (
    <div id="import-check">
      <div class="work notice" role="status">
        <strong>
          {count(good)} {good === 1 ? 'row becomes a lead' : 'rows become leads'}, {count(bad)}{' '}
          {bad === 1 ? 'is wrong' : 'are wrong'}.
        </strong>
        <p class="help">
          {bad === 0
            ? 'Every row can be imported.'
            : 'Rows that are wrong are left out of an import, and stop nothing.'}
        </p>
      </div>
      <Problems problems={problems.slice(0, SHOWN_PROBLEMS)} bad={bad}>
        <a class="button small" href={`${here}/report`}>
          Download the report
        </a>
      </Problems>
    </div>
  );
}

/** @jsxImportSource preact */
import { count } from './parts.tsx';

/** One day, and how many of each series. */
export interface DayBar {
  /** `2026-11-22` */
  day: string;
  /** As many as there are series. */
  values: readonly number[];
}

/** As many as have a colour of their own; what is more belongs to "Other". */
export const MAX_SERIES = 4;
const COLOURS = ['bar', 'bar second', 'bar third', 'bar other'] as const;

/** A bar with its gap; the drawing is stretched to the width there is. */
const STEP = 10;
const GAP = 2;
const HEIGHT = 100;

/**
 * Bars by day, one series upon the other. Drawn on the server: the words are beside the drawing, so that they keep
 * their size at any width, and all numbers are in a table that everybody can open.
 */
export function DayChart({
  title,
  series,
  days,
}: {
  title: string;
  series: readonly string[];
  days: readonly DayBar[];
}) {
  const totals = days.map(({ values }) => values.reduce((sum, value) => sum + value, 0));
  const total = totals.reduce((sum, value) => sum + value, 0);
  const top = niceTop(Math.max(...totals, 0));
  const first = days[0];
  const last = days.at(-1);
  return (
    <figure class="day-chart">
      <ul class="legend">
        {series.map((name, n) => (
          <li key={name}>
            <svg class="chart swatch" viewBox="0 0 10 10" aria-hidden="true">
              <rect class={colour(n)} width="10" height="10" rx="2" />
            </svg>
            {name}
          </li>
        ))}
      </ul>
      <div class="plot">
        <ol class="scale" aria-hidden="true">
          <li>{count(top)}</li>
          <li>{top % 2 === 0 ? count(top / 2) : ''}</li>
          <li>0</li>
        </ol>
        <svg
          class="chart days"
          viewBox={`0 0 ${days.length * STEP} ${HEIGHT}`}
          preserveAspectRatio="none"
          role="img"
          aria-label={`${title}: ${count(total)} in all, at most ${count(Math.max(...totals, 0))} a day. The numbers are in the table below.`}
        >
          {[0, HEIGHT / 2, HEIGHT].map((y) => (
            <line
              key={y}
              class="axis"
              x1="0"
              x2={days.length * STEP}
              y1={y}
              y2={y}
              vector-effect="non-scaling-stroke"
            />
          ))}
          {days.map((day, n) => (
            <Bar key={day.day} day={day} at={n * STEP} top={top} series={series} />
          ))}
        </svg>
        <p class="ends" aria-hidden="true">
          <span>{first ? dayText(first.day) : ''}</span>
          <span>{last ? dayText(last.day) : ''}</span>
        </p>
      </div>
      <DayTable title={title} series={series} days={days} />
    </figure>
  );
}

function Bar({ day, at, top, series }: { day: DayBar; at: number; top: number; series: readonly string[] }) {
  const said = series.flatMap((name, n) => (day.values[n] ? [`${name} ${count(day.values[n])}`] : []));
  let reached = 0;
  return (
    <g>
      <title>{`${dayText(day.day)}: ${said.join(', ') || 'none'}`}</title>
      <rect class="hit" x={at} y="0" width={STEP} height={HEIGHT} />
      {day.values.map((value, n) => {
        if (value === 0) return null;
        const height = (value / top) * HEIGHT;
        reached += height;
        return (
          <rect
            key={series[n]}
            class={colour(n)}
            x={at + GAP / 2}
            y={round(HEIGHT - reached)}
            width={STEP - GAP}
            height={round(height)}
          />
        );
      })}
    </g>
  );
}

/** Days on which nothing came are left out. */
function DayTable({ title, series, days }: { title: string; series: readonly string[]; days: readonly DayBar[] }) {
  const told = days.filter(({ values }) => values.some((value) => value > 0)).toReversed();
  if (told.length === 0) return null;
  return (
    <details class="chart-table">
      <summary>Numbers</summary>
      <div class="table-frame">
        <table>
          <caption class="unseen">{title}</caption>
          <thead>
            <tr>
              <th scope="col">Day</th>
              {series.map((name) => (
                <th key={name} scope="col" class="number">
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {told.map(({ day, values }) => (
              <tr key={day}>
                <td>{dayText(day)}</td>
                {series.map((name, n) => (
                  <td key={name} class="number">
                    {count(values[n] ?? 0)}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </details>
  );
}

/** A line in a table: how many a day, without words of its own but the text alternative. */
export function Sparkline({ values, label }: { values: readonly number[]; label: string }) {
  const top = Math.max(...values, 1);
  // One shape for all bars: a page may have hundreds of these.
  const bars = values.map((value, n) => {
    const height = round(value === 0 ? 0.75 : Math.max(2, (value / top) * 20));
    return `M${n * 4} 20v-${height}h3v${height}z`;
  });
  return (
    <svg
      class="chart spark"
      viewBox={`0 0 ${values.length * 4} 20`}
      preserveAspectRatio="none"
      role="img"
      aria-label={label}
    >
      <path class="bar" d={bars.join('')} />
    </svg>
  );
}

/** How a whole is divided, as one bar. The words stand beside it. */
export function ShareBar({ parts }: { parts: readonly { tone: 'good' | 'waiting' | 'bad'; n: number }[] }) {
  const total = parts.reduce((sum, { n }) => sum + n, 0);
  if (total === 0) return null;
  let at = 0;
  return (
    <svg class="chart share" viewBox="0 0 1000 10" preserveAspectRatio="none" aria-hidden="true">
      {parts.map(({ tone, n }) => {
        if (n === 0) return null;
        // What is there is seen, however small its share.
        const width = Math.max(8, (n / total) * 1000);
        const x = Math.min(at, 1000 - width);
        at += width;
        return <rect key={tone} class={tone} x={round(x)} y="0" width={round(width)} height="10" />;
      })}
    </svg>
  );
}

const colour = (n: number) => COLOURS[Math.min(n, COLOURS.length - 1)];
const round = (n: number) => Math.round(n * 100) / 100;

/** The round number at or above the largest, which the axis ends with: 2, 4, 10, 20, 40, 50, 100 … */
export function niceTop(most: number): number {
  if (most <= 2) return 2;
  const unit = 10 ** Math.floor(Math.log10(most));
  return [1, 2, 4, 5, 6, 8, 10].map((step) => step * unit).find((top) => top >= most) ?? most;
}

const DAY = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', timeZone: 'UTC' });

/** `22 Nov`, of `2026-11-22`. */
export function dayText(day: string): string {
  return DAY.format(Date.parse(`${day}T00:00:00Z`));
}

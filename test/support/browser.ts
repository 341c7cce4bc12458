import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

const CHROMIUM = '/usr/bin/chromium';

/** Why no browser can be started here, or null. With CI=true a missing one is an error. */
export const missingBrowser: string | null = existsSync(CHROMIUM)
  ? null
  : `no ${CHROMIUM}: install Debian's package chromium to run the browser tests`;

if (missingBrowser !== null) {
  if (process.env.CI === 'true') throw new Error(missingBrowser);
  console.error(missingBrowser);
}

/** A real Chromium, which calls nobody but the pages that are opened in it. */
export function launchBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: CHROMIUM,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}

/** The sizes and themes that every page is looked at in. */
export const VIEWS = [1440, 390].flatMap((width) =>
  (['light', 'dark'] as const).map((colorScheme) => ({ width, colorScheme })),
);

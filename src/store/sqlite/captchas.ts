import { eq } from 'drizzle-orm';
import type { CaptchaStore } from '../captchas.ts';
import type { Context } from './context.ts';
import { keptTable } from './kept-table.ts';
import { captcha } from './schema-hosted.ts';

/** All captchas, in memory: there is at most one to a site. */
export function createCaptchas({ orm, writer }: Context): CaptchaStore & { drop(): void } {
  const { all, drop } = keptTable(() =>
    orm
      .select()
      .from(captcha)
      .all()
      .map(({ siteId, ...own }) => [siteId, own]),
  );
  return {
    drop,
    get: (siteId) => all().get(siteId) ?? null,
    set: (siteId, change) =>
      writer.run((turn) => {
        turn.onCommit(drop);
        if (change === null) {
          orm.delete(captcha).where(eq(captcha.siteId, siteId)).run();
          return;
        }
        const row = { siteId, ...change };
        orm.insert(captcha).values(row).onConflictDoUpdate({ target: captcha.siteId, set: row }).run();
      }),
  };
}

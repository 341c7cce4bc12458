import { eq } from 'drizzle-orm';
import type { Captcha, CaptchaStore } from '../captchas.ts';
import type { Context } from './context.ts';
import { captcha } from './schema-hosted.ts';

/** All captchas, in memory: there is at most one to a site. */
export function createCaptchas({ orm, writer }: Context): CaptchaStore & { drop(): void } {
  let known: Map<string, Captcha> | null = null;
  const drop = () => {
    known = null;
  };
  const all = () => {
    known ??= new Map(
      orm
        .select()
        .from(captcha)
        .all()
        .map(({ siteId, ...own }) => [siteId, own]),
    );
    return known;
  };
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

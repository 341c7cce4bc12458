import { describe, expect, test } from 'bun:test';
import type { NewFile } from '../../../src/store/files.ts';
import type { NewLead } from '../../../src/store/store.ts';
import { newLead } from '../../support/leads.ts';
import type { MakeWorld } from '../store.suite.ts';
import { accept } from './accept.ts';

const fileOf = (id: string, size = 10): NewFile => ({ id, name: `${id}.pdf`, size, type: 'application/pdf', path: id });

/** A lead with these files, all of one field. */
function leadWith(files: readonly NewFile[], field = 'CV'): NewLead {
  const named = files.map(({ id, name, size, type }) => ({
    field,
    name,
    size,
    content_type: type,
    url: `/files/${id}`,
  }));
  return newLead({ Name: 'Alice' }, { files, body: { files: named } });
}

export function describeFiles(world: MakeWorld): void {
  describe('files', () => {
    test('they are stored with their lead, name its field to the form, and count at once', async () => {
      const { store, siteId, again } = await world();
      expect(store.files.usage()).toEqual({ files: 0, bytes: 0 });
      const files = [fileOf('file_b', 7), fileOf('file_a', 5)];
      const [lead] = await accept(store, siteId, leadWith(files));
      expect(lead?.body.files.map(({ field, name }) => [field, name])).toEqual([
        ['CV', 'file_b.pdf'],
        ['CV', 'file_a.pdf'],
      ]);
      const at = { siteId, leadId: lead?.id ?? '', createdAt: lead?.createdAt ?? 0 };
      expect(store.files.get('file_a')).toEqual({ ...fileOf('file_a', 5), ...at, isHere: true });
      expect(store.files.ofLead(siteId, at.leadId).map(({ id }) => id)).toEqual(['file_a', 'file_b']);
      expect(store.files.known(['file_b', 'file_x']).map(({ id }) => id)).toEqual(['file_b']);
      expect(store.files.after('file_a', 5).map(({ id }) => id)).toEqual(['file_b']);
      expect([...(store.forms.outlines(siteId)[0]?.fields ?? [])]).toEqual(['Name', 'CV']);
      expect(store.files.usage()).toEqual({ files: 2, bytes: 12 });
      const other = await again();
      expect(other.files.usage()).toEqual({ files: 2, bytes: 12 });
      await other.close();
    });

    test('of a request that is refused or repeated none is stored', async () => {
      const { store, siteId } = await world();
      const refused = { ...leadWith([fileOf('file_a')]), form: { by: 'id', id: 'frm_none' } as const };
      await store.leads.accept({ siteId, items: [{ lead: refused }], idempotency: null });
      const once = (id: string, bodyHash: string) =>
        store.leads.accept({
          siteId,
          items: [{ lead: leadWith([fileOf(id)]) }],
          idempotency: { key: 'k', bodyHash },
        });
      await once('file_b', 'same');
      expect((await once('file_c', 'same')).kind).toBe('replayed');
      expect((await once('file_d', 'other')).kind).toBe('key_reused');
      expect(store.files.after('', 10).map(({ id }) => id)).toEqual(['file_b']);
      expect(store.files.usage()).toEqual({ files: 1, bytes: 10 });
    });

    test('with its lead a file is given up, and counts until its bytes are gone', async () => {
      const { store, siteId } = await world();
      const [gone, kept] = await accept(store, siteId, leadWith([fileOf('file_a')]), leadWith([fileOf('file_b')]));
      await store.leads.remove(siteId, [gone?.id ?? ''], { rows: false });
      expect(store.files.ofLead(siteId, gone?.id ?? '')).toEqual([]);
      expect(store.files.ofLead(siteId, kept?.id ?? '')).toHaveLength(1);
      expect(store.files.ownerless(10)).toMatchObject([{ id: 'file_a', leadId: null }]);
      expect(store.files.usage().files).toBe(2);
      await store.files.forget(['file_a']);
      expect(store.files.ownerless(10)).toEqual([]);
      expect(store.files.get('file_a')).toBeNull();
      expect(store.files.usage()).toEqual({ files: 1, bytes: 10 });
    });

    test('another site’s lead gives up nothing of ours, and has none of our files', async () => {
      const { store, siteId } = await world();
      const other = await store.sites.create({ name: 'Other' });
      const [lead] = await accept(store, siteId, leadWith([fileOf('file_a')]));
      await store.leads.remove(other.id, [lead?.id ?? ''], { rows: false });
      expect(store.files.ownerless(10)).toEqual([]);
      expect(store.files.ofLead(other.id, lead?.id ?? '')).toEqual([]);
    });
  });
}

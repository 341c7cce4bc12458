import { Elysia } from 'elysia';
import { SubmissionCreate } from '../../src/contract/submission.ts';
import { registerFormats } from '../../src/intake/time.ts';

/*
 * What the durable endpoint is measured against: the same framework parses and validates the same body and sends it
 * back. Compiled like the product, and no part of it.
 */
registerFormats();
const app = new Elysia({ normalize: false }).post('/echo', ({ body }) => body, { body: SubmissionCreate });
const server = Bun.serve({ port: 0, hostname: '127.0.0.1', development: false, fetch: app.fetch });
process.stdout.write(`${JSON.stringify({ port: server.port })}\n`);

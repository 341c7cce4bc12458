import { Kind, type ObjectOptions, type Static, type TSchema, Type, TypeRegistry } from '@sinclair/typebox';
import { type IdPrefix, idPattern } from '../lib/ids.ts';

/** A value that is `null` where there is none: absent values are never missing. Spec 2, "Submission". */
export const Nullable = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()]);

export const Id = (prefix: IdPrefix, description: string) =>
  Type.String({ pattern: idPattern(prefix), description, examples: [`${prefix}_01jd8x4k2m3n4p5q6r7st`] });

/** RFC 3339 in UTC with milliseconds, as every time that leaves the server. */
export const Time = (description: string) =>
  Type.String({ format: 'date-time', description, examples: ['2026-11-22T14:05:00.000Z'] });

const ONE_OF = 'OneOf';
TypeRegistry.Set<{ enum: string[] }>(ONE_OF, (schema, value) => schema.enum.includes(value as string));

/** One of a few words. As an `enum`, which every client generator reads; TypeBox's own unions become `anyOf`. */
export const OneOf = <const T extends readonly string[]>(
  values: T,
  description: string,
  options: { default?: T[number] } = {},
) => Type.Unsafe<T[number]>({ [Kind]: ONE_OF, type: 'string', enum: [...values], description, ...options });

/**
 * A map from any name to values of one kind. As `additionalProperties`: what TypeBox's own Record becomes
 * (`patternProperties`) is not read by all clients of MCP.
 */
export const MapOf = <T extends TSchema>(value: T, options: ObjectOptions = {}) =>
  Type.Unsafe<Record<string, Static<T>>>(Type.Object({}, { ...options, additionalProperties: value }));

/** A map from any name to whatever JSON has. */
export const FreeMap = (options: ObjectOptions = {}) =>
  Type.Unsafe<Record<string, unknown>>(Type.Object({}, { ...options, additionalProperties: true }));

/** The plain JSON of `{ "data": … }`. */
export const Data = <T extends TSchema>(schema: T) => Type.Object({ data: schema }, { additionalProperties: false });

/** The same for all there are of something. */
export const DataList = <T extends TSchema>(item: T, description: string) =>
  Type.Object({ data: Type.Array(item, { description }) }, { additionalProperties: false });

export type { Static };

/*
 * What a Content-Type header says that a body is, in whatever case it is written, its parameters aside.
 */

/** JSON, or one of its kinds: `application/ld+json`. RFC 6839, 3.1. */
export const isJson = (type: string) => /^application\/(?:[\w.+-]+\+)?json\s*(?:;|$)/i.test(type);

export const isUrlencoded = (type: string) => /^application\/x-www-form-urlencoded\b/i.test(type);

export const isMultipart = (type: string) => /^multipart\/form-data\b/i.test(type);

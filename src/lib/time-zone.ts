/**
 * The IANA time zone a text names, in the spelling of the time zone database; null when it names none.
 * Fixed offsets such as `+02:00` are no zones: they know no summer time.
 */
export function timeZoneOf(text: string): string | null {
  if (!/^[A-Za-z]/.test(text)) return null;
  const wanted = text.toLowerCase();
  const listed = timeZones().find((zone) => zone.toLowerCase() === wanted);
  if (listed !== undefined) return listed;
  try {
    // Also knows older names, which stay valid.
    new Intl.DateTimeFormat('en', { timeZone: text });
    return text;
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}

/** The zones to offer. */
export function timeZones(): string[] {
  return ['UTC', ...Intl.supportedValuesOf('timeZone')];
}

/** A command that sends a first lead, ready to paste into a shell. */
export function curlLine(publicUrl: string, key: string): string {
  const body = JSON.stringify({ fields: { Email: 'alice@example.com', 'Full name': 'Alice' } });
  return [
    `curl ${publicUrl}/api/v1/submissions \\`,
    `  -H 'Authorization: Bearer ${key}' \\`,
    `  -H 'Content-Type: application/json' \\`,
    `  -d '${body}'`,
  ].join('\n');
}

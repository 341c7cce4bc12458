/** Files embedded as text: `import sql from './x.sql' with { type: 'text' }`. */
declare module '*.sql' {
  const text: string;
  // biome-ignore lint/style/noDefaultExport: an import attribute of the bundler, which has only a default.
  export default text;
}
